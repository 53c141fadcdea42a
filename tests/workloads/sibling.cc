// SPDX-License-Identifier: Apache-2.0
// sibling [-r] PROGRAM [ARGUMENTS...]: forks a child, which makes a sibling of its own by
// CLONE_PARENT; that one makes a call and executes PROGRAM. Ends when both have. With -r the child
// is a grandchild whose parent has ended, so that its sibling is a child of init or of a subreaper.
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

namespace {

// As a process without a child to wait for.
int MakeSibling(char** program) {
  const long made = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
  if (made == 0) {
    syscall(SYS_getppid);
    execv(program[0], program);
    _exit(1);
  }
  return made < 0;
}

int Reparented(char** program) {
  int ends[2];
  if (pipe(ends) != 0) return 1;
  const pid_t middle = fork();
  if (middle == 0) {
    const pid_t parent = getpid();
    if (fork() != 0) _exit(0);
    while (getppid() == parent) usleep(1000);
    _exit(MakeSibling(program));
  }
  // Nobody here can wait for them: the pipe ends with the last that has it.
  close(ends[1]);
  waitpid(middle, nullptr, 0);
  char byte;
  return read(ends[0], &byte, 1) == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 && std::strcmp(argv[1], "-r") == 0) return Reparented(argv + 2);
  if (argc < 2) return 2;
  const pid_t child = fork();
  if (child == 0) _exit(MakeSibling(argv + 1));
  for (int i = 0; i < 2; i++) {
    int status = -1;
    if (wait(&status) < 0 || status != 0) return 1;
  }
  return 0;
}
