// The processes that listen at a port, on macOS; Linux reads /proc/net. Kept apart from the rest: it is all that
// Sluice needs of libproc's descriptors.

#include "CSluiceSystem.h"

#include <errno.h>

#if defined(__APPLE__)

#include <libproc.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/proc_info.h>

int sluice_process_user(pid_t pid, uint32_t *user) {
  struct proc_bsdshortinfo info;
  // The short form is given of other users' processes too.
  if (proc_pidinfo(pid, PROC_PIDT_SHORTBSDINFO, 0, &info, sizeof info) != sizeof info) return -1;
  *user = info.pbsi_uid;
  return 0;
}

static int listens(pid_t pid, uint16_t port) {
  int size = proc_pidinfo(pid, PROC_PIDLISTFDS, 0, NULL, 0);
  if (size <= 0) return 0;
  // Some more may be opened between the two calls.
  size += 32 * (int) sizeof(struct proc_fdinfo);
  struct proc_fdinfo *all = malloc((size_t) size);
  if (all == NULL) return 0;
  int count = proc_pidinfo(pid, PROC_PIDLISTFDS, 0, all, size) / (int) sizeof(struct proc_fdinfo);
  int found = 0;
  for (int index = 0; index < count && !found; index++) {
    if (all[index].proc_fdtype != PROX_FDTYPE_SOCKET) continue;
    struct socket_fdinfo info;
    int length = proc_pidfdinfo(
        pid, all[index].proc_fd, PROC_PIDFDSOCKETINFO, &info, sizeof info);
    if (length != sizeof info || info.psi.soi_kind != SOCKINFO_TCP) continue;
    struct tcp_sockinfo *tcp = &info.psi.soi_proto.pri_tcp;
    found = tcp->tcpsi_state == TSI_S_LISTEN
        && ntohs((uint16_t) tcp->tcpsi_ini.insi_lport) == port;
  }
  free(all);
  return found;
}

int sluice_port_users(uint16_t port, uint32_t *users, int capacity) {
  int size = proc_listpids(PROC_ALL_PIDS, 0, NULL, 0);
  if (size <= 0) return -1;
  size += 64 * (int) sizeof(pid_t);
  pid_t *all = malloc((size_t) size);
  if (all == NULL) return -1;
  int count = proc_listpids(PROC_ALL_PIDS, 0, all, size) / (int) sizeof(pid_t);
  int found = 0;
  for (int index = 0; index < count && found < capacity; index++) {
    if (all[index] <= 0 || !listens(all[index], port)) continue;
    if (sluice_process_user(all[index], &users[found]) == 0) found++;
  }
  free(all);
  return found;
}

#else

int sluice_process_user(pid_t pid, uint32_t *user) {
  (void) pid;
  (void) user;
  errno = ENOSYS;
  return -1;
}

int sluice_port_users(uint16_t port, uint32_t *users, int capacity) {
  (void) port;
  (void) users;
  (void) capacity;
  errno = ENOSYS;
  return -1;
}

#endif
