// SPDX-License-Identifier: Apache-2.0
// What a program is started with: its ignored and blocked signals and its limits.
//   inherit show             prints them, a line each
//   inherit as COMMAND...    changes some, and executes COMMAND
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <initializer_list>

namespace {

int Show() {
  sigset_t blocked;
  sigprocmask(SIG_BLOCK, nullptr, &blocked);
  for (int signal = 1; signal < NSIG; signal++) {
    struct sigaction action;
    if (sigaction(signal, nullptr, &action) != 0) continue;
    if (action.sa_handler == SIG_IGN) printf("ignored %d\n", signal);
    if (sigismember(&blocked, signal) == 1) printf("blocked %d\n", signal);
  }
  for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
    rlimit limit;
    if (getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) continue;
    printf("limit %d %llu %llu\n", resource, static_cast<unsigned long long>(limit.rlim_cur),
           static_cast<unsigned long long>(limit.rlim_max));
  }
  return 0;
}

int As(char** command) {
  for (int number : {SIGPIPE, SIGUSR1, SIGCHLD, SIGINT, SIGHUP, SIGTSTP, SIGRTMIN + 3})
    signal(number, SIG_IGN);
  sigset_t blocked;
  sigemptyset(&blocked);
  for (int number : {SIGUSR2, SIGTERM, SIGCONT, SIGRTMAX - 1}) sigaddset(&blocked, number);
  sigprocmask(SIG_BLOCK, &blocked, nullptr);
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = 333;
  setrlimit(RLIMIT_NOFILE, &limit);
  execv(command[0], command);
  perror(command[0]);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], "show") == 0) return Show();
  if (argc > 2 && strcmp(argv[1], "as") == 0) return As(argv + 2);
  fprintf(stderr, "usage: inherit show | as COMMAND...\n");
  return 2;
}
