#define _GNU_SOURCE
#define _DARWIN_C_SOURCE
#include "CSluiceSystem.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

// Written before the first handler is installed, and never again: a handler may read it freely.
static volatile sig_atomic_t forward_to = -1;

static void forward(int number) {
  int code = errno;
  unsigned char byte = (unsigned char)number;
  // A full pipe loses the signal, as pending signals of the same number are merged anyway.
  ssize_t ignored = write(forward_to, &byte, 1);
  (void)ignored;
  errno = code;
}

static int set_disposition(int number, void (*handler)(int)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  return sigaction(number, &action, NULL);
}

int sluice_signal_forward(int number, int fd) {
  if (forward_to == -1) forward_to = fd;
  return set_disposition(number, forward);
}

int sluice_signal_default(int number) { return set_disposition(number, SIG_DFL); }

int sluice_signal_ignore(int number) { return set_disposition(number, SIG_IGN); }
