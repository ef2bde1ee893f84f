// Runs a program and harms one of the system calls by which it changes files below given directories:
// the n-th, counted over all of its threads. Nothing is built into the program for it.
//
//   syscall-injector --under DIR [--under DIR]... --report FILE [--fault FAULT --at N] -- PROGRAM ARG...
//
// FAULT  kill    SIGKILL in place of the call
//        tear    half of it, then SIGKILL; only writes are counted
//        EIO     the call fails so, and was not done
//        ENOSPC  the same
//
// Without a fault the calls are only counted. FILE gets a line for each, `N NAME PATH`, the harmed one
// with `!` before it. The exit status is the program's, 128 + its signal, or 125 for an error here.
//
// strace injects faults too, but counts the calls of each thread from 1: a program that begins a
// thread for each burst of work is hit at its first calls only. Children of the program are left alone.
#ifdef __linux__
#define _GNU_SOURCE
#include <asm/unistd.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <sys/user.h>
#elif !defined(__aarch64__)
#error "write down how a system call is refused on this processor"
#endif

// Where a call names a file: one or two descriptors or paths, by their arguments' numbers.
enum place { FD, PATH, AT, PATHS, ATS, LINK, LINK_AT, OPEN, OPEN_AT };

struct call {
  long number;
  const char *name;
  enum place place;
};

static const struct call calls[] = {
    {__NR_write, "write", FD},
    {__NR_pwrite64, "pwrite", FD},
    {__NR_writev, "writev", FD},
    {__NR_fsync, "fsync", FD},
    {__NR_fdatasync, "fdatasync", FD},
    {__NR_ftruncate, "ftruncate", FD},
    {__NR_fallocate, "fallocate", FD},
    {__NR_fchmod, "fchmod", FD},
    {__NR_truncate, "truncate", PATH},
    {__NR_openat, "openat", OPEN_AT},
    {__NR_mkdirat, "mkdirat", AT},
    {__NR_unlinkat, "unlinkat", AT},
    {__NR_fchmodat, "fchmodat", AT},
#ifdef __NR_fchmodat2
    {__NR_fchmodat2, "fchmodat2", AT},
#endif
#ifdef __NR_renameat
    {__NR_renameat, "renameat", ATS},
#endif
    {__NR_renameat2, "renameat2", ATS},
    {__NR_linkat, "linkat", ATS},
    {__NR_symlinkat, "symlinkat", LINK_AT},
#ifdef __x86_64__
    {__NR_open, "open", OPEN},
    {__NR_creat, "creat", PATH},
    {__NR_mkdir, "mkdir", PATH},
    {__NR_rmdir, "rmdir", PATH},
    {__NR_unlink, "unlink", PATH},
    {__NR_chmod, "chmod", PATH},
    {__NR_rename, "rename", PATHS},
    {__NR_link, "link", PATHS},
    {__NR_symlink, "symlink", LINK},
#endif
};

enum fault { NONE, KILL, TEAR, FAIL };

static struct {
  const char *directories[16];
  int directory_count;
  int report;
  enum fault fault;
  int code;
  long at;
} options;

static pid_t program;
static long counted;
// The thread whose call is refused or torn until it leaves the kernel.
static pid_t harmed;

static void fail(const char *what) {
  fprintf(stderr, "syscall-injector: %s: %s\n", what, strerror(errno));
  if (program > 0) kill(program, SIGKILL);
  exit(125);
}

// What the calls are about

static void read_text(pid_t thread, uint64_t address, char *text, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/mem", thread);
  int memory = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t count = memory < 0 ? -1 : pread(memory, text, size - 1, (off_t)address);
  if (count < 0 && memory >= 0) {
    // The text may stand just before the end of a mapping.
    size_t rest = 4096 - address % 4096;
    count = pread(memory, text, rest < size - 1 ? rest : size - 1, (off_t)address);
  }
  if (memory >= 0) close(memory);
  text[count < 0 ? 0 : count] = 0;
}

static void read_link(const char *path, char *target, size_t size) {
  ssize_t count = readlink(path, target, size - 1);
  target[count < 0 ? 0 : count] = 0;
}

static void path_of_descriptor(pid_t thread, int descriptor, char *path, size_t size) {
  char link[64];
  if (descriptor == AT_FDCWD) {
    snprintf(link, sizeof link, "/proc/%d/cwd", thread);
  } else {
    snprintf(link, sizeof link, "/proc/%d/fd/%d", thread, descriptor);
  }
  read_link(link, path, size);
}

static void path_at(pid_t thread, int directory, uint64_t address, char *path, size_t size) {
  char name[2048], base[2048];
  read_text(thread, address, name, sizeof name);
  if (name[0] == '/') {
    snprintf(path, size, "%s", name);
    return;
  }
  path_of_descriptor(thread, directory, base, sizeof base);
  snprintf(path, size, "%s/%s", base, name);
}

static int is_watched(const char *path) {
  for (int index = 0; index < options.directory_count; index++) {
    size_t count = strlen(options.directories[index]);
    if (strncmp(path, options.directories[index], count) == 0 &&
        (path[count] == '/' || path[count] == 0))
      return 1;
  }
  return 0;
}

static int changes_by_opening(uint64_t flags) { return (flags & (O_CREAT | O_TRUNC)) != 0; }

// Whether the call changes a file that is watched; fills in which.
static int find_file(pid_t thread, const struct call *call, const uint64_t *args, char *path,
                     size_t size) {
  switch (call->place) {
    case FD:
      path_of_descriptor(thread, (int)args[0], path, size);
      return is_watched(path);
    case OPEN:
      if (!changes_by_opening(args[1])) return 0;
      path_at(thread, AT_FDCWD, args[0], path, size);
      return is_watched(path);
    case OPEN_AT:
      if (!changes_by_opening(args[2])) return 0;
      path_at(thread, (int)args[0], args[1], path, size);
      return is_watched(path);
    case PATH:
      path_at(thread, AT_FDCWD, args[0], path, size);
      return is_watched(path);
    case AT:
      path_at(thread, (int)args[0], args[1], path, size);
      return is_watched(path);
    case LINK:
      path_at(thread, AT_FDCWD, args[1], path, size);
      return is_watched(path);
    case LINK_AT:
      path_at(thread, (int)args[1], args[2], path, size);
      return is_watched(path);
    case PATHS:
      path_at(thread, AT_FDCWD, args[1], path, size);
      if (is_watched(path)) return 1;
      path_at(thread, AT_FDCWD, args[0], path, size);
      return is_watched(path);
    case ATS:
      path_at(thread, (int)args[2], args[3], path, size);
      if (is_watched(path)) return 1;
      path_at(thread, (int)args[0], args[1], path, size);
      return is_watched(path);
  }
  return 0;
}

// What is done to them

#if defined(__x86_64__)
static void refuse(pid_t thread) {
  struct user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, thread, 0, &registers) < 0) fail("registers");
  registers.orig_rax = -1;
  if (ptrace(PTRACE_SETREGS, thread, 0, &registers) < 0) fail("registers");
}
static void halve(pid_t thread) {
  struct user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, thread, 0, &registers) < 0) fail("registers");
  registers.rdx /= 2;
  if (ptrace(PTRACE_SETREGS, thread, 0, &registers) < 0) fail("registers");
}
static void answer(pid_t thread, int code) {
  struct user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, thread, 0, &registers) < 0) fail("registers");
  registers.rax = (unsigned long long)-code;
  if (ptrace(PTRACE_SETREGS, thread, 0, &registers) < 0) fail("registers");
}
#else
struct registers {
  uint64_t x[31], sp, pc, state;
};
static void access_registers(int request, pid_t thread, struct registers *registers) {
  struct iovec part = {registers, sizeof *registers};
  if (ptrace(request, thread, NT_PRSTATUS, &part) < 0) fail("registers");
}
static void refuse(pid_t thread) {
  int none = -1;
  struct iovec part = {&none, sizeof none};
  if (ptrace(PTRACE_SETREGSET, thread, NT_ARM_SYSTEM_CALL, &part) < 0) fail("system call");
}
static void halve(pid_t thread) {
  struct registers registers;
  access_registers(PTRACE_GETREGSET, thread, &registers);
  registers.x[2] /= 2;
  access_registers(PTRACE_SETREGSET, thread, &registers);
}
static void answer(pid_t thread, int code) {
  struct registers registers;
  access_registers(PTRACE_GETREGSET, thread, &registers);
  registers.x[0] = (uint64_t)-code;
  access_registers(PTRACE_SETREGSET, thread, &registers);
}
#endif

static void report(const char *name, const char *path, int is_harmed) {
  char line[2300];
  int count = snprintf(line, sizeof line, "%s%ld %s %s\n", is_harmed ? "!" : "", counted, name, path);
  if (write(options.report, line, (size_t)count) != count) fail("report");
}

static void enter(pid_t thread, long number, const uint64_t *args) {
  const struct call *call = NULL;
  for (size_t index = 0; index < sizeof calls / sizeof *calls; index++)
    if (calls[index].number == number) call = &calls[index];
  char path[2200];
  if (call == NULL || !find_file(thread, call, args, path, sizeof path)) return;
  // Only a write can be torn.
  if (options.fault == TEAR && (strcmp(call->name, "write") != 0 || args[2] < 2)) return;
  counted++;
  int is_harmed = options.fault != NONE && counted == options.at;
  report(call->name, path, is_harmed);
  if (!is_harmed) return;
  if (options.fault == FAIL) {
    refuse(thread);
    harmed = thread;
  } else if (options.fault == TEAR) {
    halve(thread);
    harmed = thread;
  } else {
    kill(program, SIGKILL);
  }
}

static void leave(pid_t thread) {
  if (thread != harmed) return;
  harmed = 0;
  if (options.fault == FAIL) {
    answer(thread, options.code);
  } else {
    kill(program, SIGKILL);
  }
}

// Watching the program

static void stop_at_system_call(pid_t thread) {
  struct __ptrace_syscall_info info;
  memset(&info, 0, sizeof info);
  if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) < 0) return;
  if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
    uint64_t args[6];
    memcpy(args, info.entry.args, sizeof args);
    enter(thread, (long)info.entry.nr, args);
  } else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
    leave(thread);
  }
}

static void go_on(pid_t thread, int status) {
  int number = WSTOPSIG(status), event = status >> 16, delivered = 0;
  if (number == (SIGTRAP | 0x80)) {
    stop_at_system_call(thread);
  } else if (event == PTRACE_EVENT_STOP && number != SIGTRAP) {
    ptrace(PTRACE_LISTEN, thread, 0, 0);
    return;
  } else if (event == 0) {
    delivered = number;
  }
  // The thread may be gone by now.
  ptrace(PTRACE_SYSCALL, thread, 0, delivered);
}

static int watch(void) {
  while (1) {
    int status;
    pid_t thread = waitpid(-1, &status, __WALL);
    if (thread < 0 && errno == EINTR) continue;
    if (thread < 0) fail("wait");
    if (WIFSTOPPED(status)) {
      go_on(thread, status);
    } else if (thread == program) {
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
  }
}

static void forward(int number) {
  if (program > 0) kill(program, number);
}

static void start(char **arguments) {
  program = fork();
  if (program < 0) fail("fork");
  if (program == 0) {
    raise(SIGSTOP);
    execv(arguments[0], arguments);
    fail(arguments[0]);
  }
  int status;
  if (waitpid(program, &status, WUNTRACED) != program) fail("wait");
  long wanted = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  if (ptrace(PTRACE_SEIZE, program, 0, wanted) < 0) fail("ptrace");
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = forward;
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  kill(program, SIGCONT);
}

static void usage(void) {
  fputs("usage: syscall-injector --under DIR [--under DIR]... --report FILE\n"
        "         [--fault kill|tear|EIO|ENOSPC --at N] -- PROGRAM ARG...\n",
        stderr);
  exit(64);
}

static void set_fault(const char *name) {
  options.fault = FAIL;
  if (strcmp(name, "kill") == 0) {
    options.fault = KILL;
  } else if (strcmp(name, "tear") == 0) {
    options.fault = TEAR;
  } else if (strcmp(name, "EIO") == 0) {
    options.code = EIO;
  } else if (strcmp(name, "ENOSPC") == 0) {
    options.code = ENOSPC;
  } else {
    usage();
  }
}

int main(int count, char **arguments) {
  int index = 1;
  options.report = -1;
  for (; index + 1 < count && strcmp(arguments[index], "--") != 0; index += 2) {
    const char *name = arguments[index], *value = arguments[index + 1];
    if (strcmp(name, "--under") == 0 && options.directory_count < 16) {
      options.directories[options.directory_count++] = value;
    } else if (strcmp(name, "--report") == 0) {
      options.report = open(value, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    } else if (strcmp(name, "--fault") == 0) {
      set_fault(value);
    } else if (strcmp(name, "--at") == 0) {
      options.at = atol(value);
    } else {
      usage();
    }
  }
  if (index + 1 >= count || options.report < 0 || options.directory_count == 0) usage();
  start(arguments + index + 1);
  return watch();
}
#else
#include <stdio.h>
int main(void) {
  fputs("syscall-injector: only Linux lets a program's system calls be harmed\n", stderr);
  return 125;
}
#endif
