// SPDX-License-Identifier: Apache-2.0
// swap turns N: one descriptor number is a file, a socket, a pipe and closed, N times over, with
//   one fcntl on each.
// swap race N: one thread puts a file, a socket and a pipe behind one number, over and over, while
//   another calls fcntl on it N times.
// Numbers 100 and up are used.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace {

constexpr int kNumber = 100;

int Turns(const int (&sources)[3], long count) {
  bool good = true;
  for (long i = 0; i < count; i++) {
    for (const int source : sources) {
      good &= dup2(source, kNumber) == kNumber;
      good &= fcntl(kNumber, F_GETFL) >= 0;
    }
    close(kNumber);
    good &= fcntl(kNumber, F_GETFL) < 0;
  }
  return good ? 0 : 1;
}

int Race(const int (&sources)[3], long count) {
  bool good = true;
  std::atomic<bool> ended = false;
  dup2(sources[0], kNumber);
  std::thread mover([&] {
    while (!ended) {
      for (const int source : sources) dup2(source, kNumber);
    }
  });
  for (long i = 0; i < count; i++) good &= fcntl(kNumber, F_GETFL) >= 0;
  ended = true;
  mover.join();
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  int ends[2];
  if (pipe(ends) != 0) return 1;
  const int sources[3] = {open("/dev/zero", O_RDWR), socket(AF_UNIX, SOCK_DGRAM, 0), ends[0]};
  const long count = atol(argv[2]);
  return strcmp(argv[1], "race") == 0 ? Race(sources, count) : Turns(sources, count);
}
