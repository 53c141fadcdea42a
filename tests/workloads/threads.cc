// SPDX-License-Identifier: Apache-2.0
// threads THREADS COUNT: THREADS threads that all live at once; each makes COUNT getppid.
// Every number of calls is the same in every run: threads meet in user space and are
// joined without futexes, whose number depends on who comes first.
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace {

std::atomic<long> done{0};
long count = 0;
int gate[2];

void* Work(void*) {
  char byte;
  for (long i = 0; i < count; i++) syscall(SYS_getppid);
  done++;
  return read(gate[0], &byte, 1) == 1 ? nullptr : &done;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const long threads = atol(argv[1]);
  count = atol(argv[2]);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  // Small, so that all stacks stay in the cache of the C library and none is unmapped.
  pthread_attr_setstacksize(&attributes, 32 * 1024);
  auto* ids = new pthread_t[threads];
  auto* bytes = new char[threads]();
  if (pipe(gate) != 0) return 1;
  for (long i = 0; i < threads; i++)
    if (pthread_create(&ids[i], &attributes, Work, nullptr) != 0) return 1;
  while (done < threads) __builtin_ia32_pause();
  if (write(gate[1], bytes, threads) != threads) return 1;
  for (long i = 0; i < threads; i++)
    while (pthread_tryjoin_np(ids[i], nullptr) == EBUSY) __builtin_ia32_pause();
  return 0;
}
