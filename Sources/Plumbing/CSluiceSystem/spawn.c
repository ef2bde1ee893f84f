#define _GNU_SOURCE
#define _DARWIN_C_SOURCE
#include "CSluiceSystem.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#if !defined(__APPLE__)
#include <sys/syscall.h>
#endif

static int set_actions(
    posix_spawn_file_actions_t *actions, const char *directory, int input, int output, int error) {
  int code = posix_spawn_file_actions_adddup2(actions, input, 0);
  if (code == 0) code = posix_spawn_file_actions_adddup2(actions, output, 1);
  if (code == 0) code = posix_spawn_file_actions_adddup2(actions, error, 2);
  if (code == 0 && directory) code = posix_spawn_file_actions_addchdir_np(actions, directory);
#if !defined(__APPLE__)
  // Also what a library has opened without O_CLOEXEC must not reach the child.
  if (code == 0) code = posix_spawn_file_actions_addclosefrom_np(actions, 3);
#endif
  return code;
}

static int set_attributes(posix_spawnattr_t *attributes, int new_session) {
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
  flags |= new_session ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
#if defined(__APPLE__)
  flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#endif
  int code = posix_spawnattr_setsigdefault(attributes, &all);
  if (code == 0) code = posix_spawnattr_setsigmask(attributes, &none);
  if (code == 0) code = posix_spawnattr_setpgroup(attributes, 0);
  if (code == 0) code = posix_spawnattr_setflags(attributes, flags);
  return code;
}

int sluice_spawn(
    pid_t *pid, const char *path, char *const arguments[], char *const environment[],
    const char *directory, int input, int output, int error, int new_session) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int code = posix_spawn_file_actions_init(&actions);
  if (code != 0) return code;
  code = posix_spawnattr_init(&attributes);
  if (code != 0) {
    posix_spawn_file_actions_destroy(&actions);
    return code;
  }
  code = set_actions(&actions, directory, input, output, error);
  if (code == 0) code = set_attributes(&attributes, new_session);
  if (code == 0) code = posix_spawn(pid, path, &actions, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return code;
}

int sluice_child_has_ended(pid_t pid) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  int code;
  do {
    code = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
  } while (code == -1 && errno == EINTR);
  return code == -1 ? -1 : info.si_pid == pid;
}

int sluice_child_reap(pid_t pid, int *signalled, int *value) {
  int status = 0;
  pid_t reaped;
  do {
    reaped = waitpid(pid, &status, WNOHANG);
  } while (reaped == -1 && errno == EINTR);
  if (reaped <= 0) return (int)reaped;
  *signalled = WIFSIGNALED(status);
  *value = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  return 1;
}

#if defined(__APPLE__) || !defined(SYS_pidfd_open)

int sluice_pidfd_open(pid_t pid) {
  errno = ENOSYS;
  return -1;
}

int sluice_pidfd_signal(int pidfd, int number) {
  errno = ENOSYS;
  return -1;
}

#else

int sluice_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int sluice_pidfd_signal(int pidfd, int number) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
}

#endif
