// SPDX-License-Identifier: Apache-2.0
// paced THREADS CALLS PAUSE: THREADS threads, each of which makes CALLS calls of four kinds, sleeps
// for PAUSE microseconds, and begins again, until it is killed. All are busy in every second, and
// yet the processors are not full. Says "ready" when all have begun.
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace {

constexpr size_t kStack = 128 * 1024;
std::atomic<long> begun{0};
long calls = 0;
long pause_us = 0;
int zero = -1;

void* Work(void*) {
  char byte;
  for (long round = 0;; ++round) {
    for (long i = 0; i < calls; i += 4) {
      syscall(SYS_getppid);
      syscall(SYS_read, zero, &byte, 1);
      syscall(SYS_close, -1);
      syscall(SYS_lseek, zero, 0, SEEK_CUR);
    }
    if (round == 0) ++begun;
    usleep(pause_us);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: paced THREADS CALLS PAUSE\n");
    return 2;
  }
  const long threads = atol(argv[1]);
  calls = atol(argv[2]);
  pause_us = atol(argv[3]);
  zero = open("/dev/zero", O_RDONLY);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStack);
  for (long i = 0; i < threads; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes, Work, nullptr) != 0) {
      fprintf(stderr, "paced: thread %ld does not start\n", i);
      return 1;
    }
  }
  while (begun < threads) usleep(1000);
  printf("ready\n");
  fflush(stdout);
  for (;;) pause();
}
