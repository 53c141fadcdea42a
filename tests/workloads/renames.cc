// SPDX-License-Identifier: Apache-2.0
// renames COUNT: COUNT getppid, then the process names itself "fp_renamed", a thread of it names
// itself "fp_thread", and each makes COUNT getppid; then the thread names its leader
// "fp_by_thread", which makes COUNT more. Says the number of a process before each step, and reads
// a byte.
#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

long count = 0;

void Calls() {
  for (long i = 0; i < count; ++i) syscall(SYS_getppid);
}

void Step() {
  printf("%d\n", static_cast<int>(getpid()));
  fflush(stdout);
  char byte;
  if (read(0, &byte, 1) != 1) _exit(1);
}

void* NameItself(void*) {
  prctl(PR_SET_NAME, "fp_thread");
  Calls();
  return nullptr;
}

void* NameLeader(void*) {
  const std::string path = "/proc/self/task/" + std::to_string(getpid()) + "/comm";
  const int file = open(path.c_str(), O_WRONLY);
  if (file < 0 || write(file, "fp_by_thread", 12) != 12) _exit(1);
  close(file);
  return nullptr;
}

void InThread(void* (*work)(void*)) {
  pthread_t thread;
  if (pthread_create(&thread, nullptr, work, nullptr) != 0) _exit(1);
  pthread_join(thread, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  count = atol(argv[1]);
  Calls();
  Step();
  prctl(PR_SET_NAME, "fp_renamed");
  Calls();
  InThread(NameItself);
  Step();
  InThread(NameLeader);
  Calls();
  Step();
  return 0;
}
