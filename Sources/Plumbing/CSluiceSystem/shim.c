#define _GNU_SOURCE
#define _DARWIN_C_SOURCE
#include "CSluiceSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__APPLE__)
#include <sys/clonefile.h>
#else
#include <linux/fs.h>
#include <malloc.h>
#include <sys/syscall.h>
#endif

void sluice_keep_freed_memory(int keep, int map) {
#if defined(__GLIBC__)
  mallopt(M_TRIM_THRESHOLD, keep);
  mallopt(M_MMAP_THRESHOLD, map);
#else
  (void)keep;
  (void)map;
#endif
}

int sluice_terminal_size(int fd, int *columns, int *rows) {
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) == -1) return -1;
  *columns = size.ws_col;
  *rows = size.ws_row;
  return 0;
}

void sluice_error_text(int code, char *text, size_t size) {
#if defined(__APPLE__)
  strerror_r(code, text, size);
#else
  char buffer[128];
  snprintf(text, size, "%s", strerror_r(code, buffer, sizeof buffer));
#endif
}

// MARK: files

int sluice_synchronize(int fd) {
#if defined(__APPLE__)
  // fsync alone leaves the bytes in the drive's cache, which may reorder and lose them.
  if (fcntl(fd, F_FULLFSYNC) == 0) return 0;
  // Two numbers on Darwin; a file system answers with either.
  if (errno != ENOTSUP && errno != EOPNOTSUPP && errno != EINVAL && errno != ENOTTY) return -1;
  return fsync(fd) == 0 ? 1 : -1;
#else
  return fsync(fd);
#endif
}

int sluice_open(const char *path, int flags, uint32_t mode) {
  return open(path, flags, (mode_t)mode);
}

int sluice_rename_exclusive(const char *from, const char *to) {
#if defined(__APPLE__)
  return renamex_np(from, to, RENAME_EXCL);
#else
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
#endif
}

int sluice_rename_exchange(const char *one, const char *other) {
#if defined(__APPLE__)
  return renamex_np(one, other, RENAME_SWAP);
#else
  return renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE);
#endif
}

int sluice_clone_blocks(int from, int to) {
#if defined(__APPLE__)
  errno = ENOTSUP;
  return -1;
#else
  return ioctl(to, FICLONE, from);
#endif
}

int sluice_clone_file(const char *from, const char *to) {
#if defined(__APPLE__)
  return clonefile(from, to, CLONE_NOFOLLOW);
#else
  errno = ENOTSUP;
  return -1;
#endif
}

// Takes back a signal that the last call has raised for this thread while it was blocked.
static void consume_pending(int number) {
  sigset_t one, pending;
  sigemptyset(&one);
  sigaddset(&one, number);
  if (sigpending(&pending) != 0 || !sigismember(&pending, number)) return;
#if defined(__APPLE__)
  int taken;
  sigwait(&one, &taken);
#else
  struct timespec none = {0, 0};
  while (sigtimedwait(&one, NULL, &none) == -1 && errno == EINTR) {
  }
#endif
}

ssize_t sluice_write(int fd, const void *bytes, size_t count) {
  sigset_t quiet, old, pending;
  sigemptyset(&quiet);
  sigaddset(&quiet, SIGPIPE);
  sigaddset(&quiet, SIGXFSZ);
  sigemptyset(&pending);
  sigpending(&pending);
  pthread_sigmask(SIG_BLOCK, &quiet, &old);
  ssize_t written = write(fd, bytes, count);
  int code = errno;
  if (written == -1 && code == EPIPE && !sigismember(&pending, SIGPIPE)) consume_pending(SIGPIPE);
  if (written == -1 && code == EFBIG && !sigismember(&pending, SIGXFSZ)) consume_pending(SIGXFSZ);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  errno = code;
  return written;
}

// MARK: pipes and sockets

int sluice_pipe(int ends[2]) {
  int raw[2];
#if defined(__APPLE__)
  if (pipe(raw) != 0) return -1;
#else
  if (pipe2(raw, O_CLOEXEC) != 0) return -1;
#endif
  ends[0] = fcntl(raw[0], F_DUPFD_CLOEXEC, 3);
  int code = errno;
  ends[1] = ends[0] == -1 ? -1 : fcntl(raw[1], F_DUPFD_CLOEXEC, 3);
  if (ends[0] != -1) code = errno;
  close(raw[0]);
  close(raw[1]);
  if (ends[0] != -1 && ends[1] != -1) return 0;
  if (ends[0] != -1) close(ends[0]);
  errno = code;
  return -1;
}

void sluice_quiet_pipe(int fd) {
#if defined(__APPLE__)
  fcntl(fd, F_SETNOSIGPIPE, 1);
#else
  (void)fd;
#endif
}

int sluice_set_nonblocking(int fd) {
  int flags = fcntl(fd, F_GETFL);
  return flags == -1 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

#if defined(__APPLE__)
static int prepare_socket(int fd) {
  if (fd == -1) return -1;
  int on = 1;
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && sluice_set_nonblocking(fd) == 0
      && setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on) == 0)
    return fd;
  int code = errno;
  close(fd);
  errno = code;
  return -1;
}
#endif

int sluice_socket(int family) {
#if defined(__APPLE__)
  return prepare_socket(socket(family, SOCK_STREAM, 0));
#else
  return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
#endif
}

int sluice_accept(int listener) {
#if defined(__APPLE__)
  return prepare_socket(accept(listener, NULL, NULL));
#else
  return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
#endif
}

ssize_t sluice_send(int fd, const void *bytes, size_t count) {
#if defined(__APPLE__)
  return send(fd, bytes, count, 0);
#else
  return send(fd, bytes, count, MSG_NOSIGNAL);
#endif
}

int sluice_socket_error(int fd) {
  int code = 0;
  socklen_t size = sizeof code;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno;
}

int sluice_peer_user(int fd, uint32_t *user) {
#if defined(__APPLE__)
  uid_t uid;
  gid_t gid;
  if (getpeereid(fd, &uid, &gid) != 0) return -1;
  *user = uid;
#else
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return -1;
  *user = peer.uid;
#endif
  return 0;
}
