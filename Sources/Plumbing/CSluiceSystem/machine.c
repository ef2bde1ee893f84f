// The machine, its clock and the processes on it, as far as Linux has them in /proc and macOS in calls.

#define _GNU_SOURCE
#define _DARWIN_C_SOURCE
#include "CSluiceSystem.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#if defined(__APPLE__)
#include <libproc.h>
#include <mach-o/dyld.h>
#include <mach/mach_time.h>
#include <sys/proc_info.h>
#include <sys/sysctl.h>
#include <sys/time.h>
#endif

uint64_t sluice_continuous_nanoseconds(void) {
#if defined(__APPLE__)
  static mach_timebase_info_data_t base;  // every thread stores the same value
  if (base.denom == 0) mach_timebase_info(&base);
  return (uint64_t)((__uint128_t)mach_continuous_time() * base.numer / base.denom);
#else
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#endif
}

#if defined(__APPLE__)

int sluice_process_start(pid_t pid, int64_t *microseconds) {
  // proc_pidinfo(PROC_PIDTBSDINFO) says EPERM of another user's process; sysctl tells it to everybody.
  int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, pid};
  struct kinfo_proc info;
  size_t size = sizeof info;
  if (sysctl(name, 4, &info, &size, NULL, 0) != 0) return -1;
  // No such process: nothing is written, and the call succeeds.
  if (size < sizeof info || info.kp_proc.p_stat == SZOMB) {
    errno = ESRCH;
    return -1;
  }
  struct timeval start = info.kp_proc.p_starttime;
  *microseconds = (int64_t)start.tv_sec * 1000000 + (int64_t)start.tv_usec;
  return 0;
}

int sluice_boot_session(char *text, size_t size) {
  return sysctlbyname("kern.bootsessionuuid", text, &size, NULL, 0);
}

int64_t sluice_resident_bytes(void) {
  struct proc_taskinfo info;
  int size = proc_pidinfo(getpid(), PROC_PIDTASKINFO, 0, &info, sizeof info);
  return size == (int)sizeof info ? (int64_t)info.pti_resident_size : 0;
}

int sluice_executable_path(char *text, size_t size) {
  uint32_t capacity = (uint32_t)size;
  return _NSGetExecutablePath(text, &capacity);
}

#else

static int unavailable(void) {
  errno = ENOSYS;
  return -1;
}

int sluice_process_start(pid_t pid, int64_t *microseconds) { return unavailable(); }
int sluice_boot_session(char *text, size_t size) { return unavailable(); }
int64_t sluice_resident_bytes(void) { return 0; }
int sluice_executable_path(char *text, size_t size) { return unavailable(); }

#endif
