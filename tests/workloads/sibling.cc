// SPDX-License-Identifier: Apache-2.0
// sibling PROGRAM [ARGUMENTS...]: forks a child, which makes a sibling of its own by CLONE_PARENT;
// that one makes a call and executes PROGRAM. Ends when both have.
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const pid_t child = fork();
  if (child == 0) {
    const long made = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
    if (made == 0) {
      syscall(SYS_getppid);
      execv(argv[1], argv + 1);
      _exit(1);
    }
    _exit(made < 0);
  }
  for (int i = 0; i < 2; i++) {
    int status = -1;
    if (wait(&status) < 0 || status != 0) return 1;
  }
  return 0;
}
