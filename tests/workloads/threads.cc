// SPDX-License-Identifier: Apache-2.0
// threads THREADS COUNT [FAILING]: THREADS threads that all live at once; each makes COUNT getppid,
// and FAILING close(-1) spread among them.
// Every number of calls is the same in every run: threads meet in user space and are
// joined without futexes, whose number depends on who comes first; and there is no ld.so.
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace {

std::atomic<long> done{0};
long count = 0, failing = 0;
int gate[2];

constexpr size_t kStack = 128 * 1024;  // the least that arm64 takes

// Waits without a call.
void Relax() {
#ifdef __x86_64__
  __builtin_ia32_pause();
#else
  asm volatile("yield");
#endif
}

void* Work(void*) {
  char byte;
  for (long i = 0; i < count || i < failing; i++) {
    if (i < count) syscall(SYS_getppid);
    if (i < failing) syscall(SYS_close, -1);
  }
  done++;
  return read(gate[0], &byte, 1) == 1 ? nullptr : &done;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) return 2;
  const long threads = atol(argv[1]);
  count = atol(argv[2]);
  if (argc == 4) failing = atol(argv[3]);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  // Stacks of its own: the C library unmaps what does not fit into its cache of them.
  void* stacks = mmap(nullptr, threads * kStack, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (stacks == MAP_FAILED) return 1;
  auto* ids = new pthread_t[threads];
  auto* bytes = new char[threads]();
  if (pipe(gate) != 0) return 1;
  for (long i = 0; i < threads; i++) {
    pthread_attr_setstack(&attributes, static_cast<char*>(stacks) + i * kStack, kStack);
    if (pthread_create(&ids[i], &attributes, Work, nullptr) != 0) return 1;
  }
  while (done < threads) Relax();
  if (write(gate[1], bytes, threads) != threads) return 1;
  for (long i = 0; i < threads; i++)
    while (pthread_tryjoin_np(ids[i], nullptr) == EBUSY) Relax();
  return 0;
}
