// SPDX-License-Identifier: Apache-2.0
// busy ROUNDS: a load of processes, threads and programs, for ROUNDS rounds on each of four
// workers. A round forks a child that execs this program again, starts a thread, and makes
// calls that succeed and fail. "busy" without arguments is that second program.
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace {

void* Thread(void*) {
  for (int i = 0; i < 53; i++) syscall(SYS_getuid);
  return nullptr;
}

void Round(char* self) {
  char* arguments[] = {self, nullptr};
  pthread_t thread;
  pid_t pid = fork();
  if (pid == 0) {
    execv("/proc/self/exe", arguments);
    _exit(127);
  }
  if (pthread_create(&thread, nullptr, Thread, nullptr) == 0) pthread_join(thread, nullptr);
  for (int i = 0; i < 211; i++) syscall(i % 2 ? SYS_getppid : SYS_close, -1);
  waitpid(pid, nullptr, 0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    Thread(nullptr);
    return 0;
  }
  for (int worker = 0; worker < 4; worker++) {
    if (fork() != 0) continue;
    for (long i = 0; i < atol(argv[1]); i++) Round(argv[0]);
    _exit(0);
  }
  while (wait(nullptr) > 0) {
  }
  return 0;
}
