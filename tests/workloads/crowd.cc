// SPDX-License-Identifier: Apache-2.0
// crowd THREADS PROGRAM [ARGUMENT...]: THREADS threads wait, then one more, not the leader, execs.
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

namespace {

std::atomic<long> waiting{0};

void* Wait(void*) {
  waiting++;
  return pause() == 0 ? nullptr : &waiting;
}

void* Exec(void* argv) {
  auto* words = static_cast<char**>(argv);
  execv(words[0], words);
  _exit(127);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const long threads = atol(argv[1]);
  pthread_t id;
  for (long i = 0; i < threads; i++)
    if (pthread_create(&id, nullptr, Wait, nullptr) != 0) return 1;
  while (waiting < threads) usleep(1000);
  if (pthread_create(&id, nullptr, Exec, argv + 2) != 0) return 1;
  pause();
  return 1;
}
