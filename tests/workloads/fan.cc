// SPDX-License-Identifier: Apache-2.0
// fan ERRORS COUNT...: one process for each COUNT, all at once; each makes COUNT getppid
// and ERRORS close(-1), which fail with EBADF. Ends when all have ended.
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  long errors = atol(argv[1]);
  for (int i = 2; i < argc; i++) {
    pid_t pid = fork();
    if (pid < 0) return 1;
    if (pid > 0) continue;
    long count = atol(argv[i]);
    for (long n = 0; n < count; n++) syscall(SYS_getppid);
    for (long n = 0; n < errors; n++) syscall(SYS_close, -1);
    _exit(0);
  }
  for (int i = 2; i < argc; i++)
    if (wait(nullptr) < 0) return 1;
  return 0;
}
