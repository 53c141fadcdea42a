// SPDX-License-Identifier: Apache-2.0
// storm [PAUSE]: forks children that end at once, PAUSE µs (0) apart, until SIGTERM. Whenever a
// byte can be read from standard input, and at the end, prints one line: the forks so far.
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace {
volatile sig_atomic_t stop = 0;
}

int main(int argc, char** argv) {
  const int pause_us = argc > 1 ? atoi(argv[1]) : 0;
  long forks = 0;
  signal(SIGTERM, [](int) { stop = 1; });
  while (!stop) {
    pid_t pid = fork();
    if (pid == 0) _exit(0);
    if (pid < 0) return 1;
    forks++;
    // SIGTERM may cut the wait short; the child is still there then.
    while (waitpid(pid, nullptr, 0) < 0) {
    }
    if (pause_us > 0) usleep(pause_us);
    pollfd input = {STDIN_FILENO, POLLIN, 0};
    char byte;
    if (poll(&input, 1, 0) == 1 && read(STDIN_FILENO, &byte, 1) == 1) dprintf(1, "%ld\n", forks);
  }
  dprintf(1, "%ld\n", forks);
  return 0;
}
