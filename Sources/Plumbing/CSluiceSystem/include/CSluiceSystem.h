#ifndef CSLUICE_SYSTEM_H
#define CSLUICE_SYSTEM_H

// Functions that Swift cannot call by itself: variadic calls, GNU extensions that the import hides, and the
// few calls that Linux and macOS name differently. Results follow the C custom: -1 and errno,
// unless a comment says otherwise.

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Keeps freed memory for later allocations. Memory beyond `keep` bytes goes back to the system, and so
// does a single allocation of more than `map` bytes (mallopt(3); glibc only).
void sluice_keep_freed_memory(int keep, int map);

// Writes the text of an error number into `text`, always terminated.
void sluice_error_text(int code, char *text, size_t size);

// Makes the file's bytes survive a loss of power: 0 done, 1 done with plain fsync because the
// file system has no F_FULLFSYNC (macOS only).
int sluice_synchronize(int fd);

// open(2), which is variadic.
int sluice_open(const char *path, int flags, uint32_t mode);

// rename(2) that fails with EEXIST instead of replacing.
int sluice_rename_exclusive(const char *from, const char *to);
// Both paths swap what they name, in one step.
int sluice_rename_exchange(const char *one, const char *other);

// Makes `to`, open, empty and writable, share the blocks of `from` until either is written to
// (FICLONE; Linux only, ENOTSUP elsewhere).
int sluice_clone_blocks(int from, int to);
// A clone of the file at `from`, attributes and all (clonefile, links not followed; macOS only,
// ENOTSUP elsewhere). Throws EEXIST when anything is at `to`.
int sluice_clone_file(const char *from, const char *to);

// write(2) that raises neither SIGPIPE nor SIGXFSZ: only the error number reports the fault.
ssize_t sluice_write(int fd, const void *bytes, size_t count);

// A write to this pipe without a reader raises no SIGPIPE, whichever thread writes (macOS only; on Linux
// the signal is the writing thread's, and sluice_write takes it back).
void sluice_quiet_pipe(int fd);

// A pipe whose ends are closed on exec and are never one of the three standard descriptors.
int sluice_pipe(int ends[2]);

// Non-blocking, closed on exec, without SIGPIPE.
int sluice_socket(int family);
int sluice_accept(int listener);
ssize_t sluice_send(int fd, const void *bytes, size_t count);
int sluice_set_nonblocking(int fd);
int sluice_socket_error(int fd);  // the pending SO_ERROR, 0 when there is none
int sluice_peer_user(int fd, uint32_t *user);

// Starts a program with exactly these descriptors as 0, 1 and 2, all signals at their defaults,
// in a process group of its own or, with `new_session`, in a session of its own.
// Returns 0 or an error number.
int sluice_spawn(
    pid_t *pid, const char *path, char *const arguments[], char *const environment[],
    const char *directory, int input, int output, int error, int new_session);

// Whether a child has ended, without reaping it.
int sluice_child_has_ended(pid_t pid);
// 1 reaped, 0 still running. `value` is the exit status or the signal's number.
int sluice_child_reap(pid_t pid, int *signalled, int *value);

// 0, or -1 with errno when the descriptor is no terminal.
int sluice_terminal_size(int fd, int *columns, int *rows);

// Linux only; ENOSYS elsewhere.
int sluice_pidfd_open(pid_t pid);
int sluice_pidfd_signal(int pidfd, int number);

// macOS only (Linux reads /proc): start of a living process, microseconds since 1970.
int sluice_process_start(pid_t pid, int64_t *microseconds);
// macOS only: the identifier of this boot, the own resident size, the own program's path.
int sluice_boot_session(char *text, size_t size);
int64_t sluice_resident_bytes(void);
int sluice_executable_path(char *text, size_t size);

// macOS only (Linux reads /proc): whom a process belongs to, 0 or -1; the users of the processes that
// listen at a TCP port, as far as this one may see them: how many, or -1.
int sluice_process_user(pid_t pid, uint32_t *user);
int sluice_port_users(uint16_t port, uint32_t *users, int capacity);

// Nanoseconds since some moment, counting the time that the machine slept.
uint64_t sluice_continuous_nanoseconds(void);

// From now on the signal's number is written as one byte to `fd`, in place of its default action.
int sluice_signal_forward(int number, int fd);
int sluice_signal_default(int number);
int sluice_signal_ignore(int number);

#endif
