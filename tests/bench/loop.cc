// SPDX-License-Identifier: Apache-2.0
// loop COUNT SAMPLES KIND...: what a system call takes, in nanoseconds, on one processor. Each
// sample is COUNT calls of a kind; the kinds take turns. The first sample of a kind warms up and is
// not told. Prints JSON: for each kind its samples.
//   getppid     the cheapest call
//   read        one byte of /dev/zero
//   ioctl       SIOCGIFFLAGS of lo: an object and a command
//   distinct:N  N numbers that no kernel knows, in turn: each answers ENOSYS
//   objects:N   fcntl(F_GETFD) of N raw and netlink sockets, in turn: each is an object of its own
//   sleepers:N  getppid, while N threads sleep that made a call before the one that is timed began
#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace footprint::bench {
namespace {

// Numbers without a call that footprint counts apart: kernels may give them to one.
constexpr std::pair<long, long> kNoSuchCalls[] = {{480, 512}, {387, 423}};
constexpr size_t kStack = 128 * 1024;

// Makes so many calls.
using Calls = std::function<void(long)>;

Calls Getppid() {
  return [](long count) {
    for (long i = 0; i < count; ++i) syscall(SYS_getppid);
  };
}

Calls Read() {
  const int zero = open("/dev/zero", O_RDONLY);
  if (zero < 0) throw std::runtime_error("/dev/zero does not open");
  return [zero](long count) {
    char byte;
    for (long i = 0; i < count; ++i) syscall(SYS_read, zero, &byte, 1);
  };
}

Calls Distinct(long numbers) {
  std::vector<long> calls;
  for (const auto& [first, end] : kNoSuchCalls) {
    for (long call = first; call < end; ++call) {
      if (static_cast<long>(calls.size()) < numbers) calls.push_back(call);
    }
  }
  if (static_cast<long>(calls.size()) < numbers) throw std::runtime_error("no more numbers");
  return [calls](long count) {
    for (size_t i = 0, next = 0; i < static_cast<size_t>(count); ++i) {
      syscall(calls[next]);
      if (++next == calls.size()) next = 0;
    }
  };
}

Calls Ioctl() {
  const int udp = socket(AF_INET, SOCK_DGRAM, 0);
  if (udp < 0) throw std::runtime_error("no UDP socket");
  return [udp](long count) {
    ifreq request = {};
    strcpy(request.ifr_name, "lo");
    for (long i = 0; i < count; ++i) syscall(SYS_ioctl, udp, SIOCGIFFLAGS, &request);
  };
}

// One socket of each kind that this kernel has, at most `most`. Footprint tells 32 protocols of
// each family apart.
std::vector<int> Sockets(size_t most) {
  constexpr int kProtocols = 31;
  std::vector<int> sockets;
  for (const int family : {AF_INET, AF_INET6, AF_NETLINK}) {
    const int first = family == AF_NETLINK ? 0 : 1;
    for (int protocol = first; protocol < kProtocols && sockets.size() < most; ++protocol) {
      const int fd = socket(family, SOCK_RAW, protocol);
      if (fd >= 0) sockets.push_back(fd);
    }
  }
  return sockets;
}

Calls Objects(long number) {
  rlimit files = {};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const auto sockets = std::make_shared<std::vector<int>>(Sockets(static_cast<size_t>(number)));
  if (sockets->size() < static_cast<size_t>(number)) {
    throw std::runtime_error("this kernel has too few kinds of sockets");
  }
  return [sockets](long count) {
    const size_t last = sockets->size() - 1;
    for (size_t i = 0, next = 0; i < static_cast<size_t>(count); ++i) {
      syscall(SYS_fcntl, (*sockets)[next], F_GETFD);
      next = next == last ? 0 : next + 1;
    }
  };
}

int gate[2];
std::atomic<long> asleep{0};

void* Sleep(void*) {
  char byte;
  syscall(SYS_getppid);
  ++asleep;
  return read(gate[0], &byte, 1) == 1 ? nullptr : gate;
}

// They sleep until the process ends.
Calls Sleepers(long number) {
  if (pipe(gate) != 0) throw std::runtime_error("no pipe");
  void* stacks = mmap(nullptr, number * kStack, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (stacks == MAP_FAILED) throw std::runtime_error("no room for stacks");
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  for (long i = 0; i < number; ++i) {
    pthread_t thread;
    pthread_attr_setstack(&attributes, static_cast<char*>(stacks) + i * kStack, kStack);
    if (pthread_create(&thread, &attributes, Sleep, nullptr) != 0) {
      throw std::runtime_error("thread " + std::to_string(i) + " does not start");
    }
  }
  while (asleep < number) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return Getppid();
}

Calls CallsOf(const std::string& kind) {
  const size_t colon = kind.find(':');
  const std::string name = kind.substr(0, colon);
  const long number = colon == std::string::npos ? 0 : atol(kind.c_str() + colon + 1);
  if (kind == "getppid") return Getppid();
  if (kind == "read") return Read();
  if (kind == "ioctl") return Ioctl();
  if (number > 0 && name == "distinct") return Distinct(number);
  if (number > 0 && name == "objects") return Objects(number);
  if (number > 0 && name == "sleepers") return Sleepers(number);
  throw std::invalid_argument("no such kind: " + kind);
}

double Time(const Calls& calls, long count) {
  const auto begin = std::chrono::steady_clock::now();
  calls(count);
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - begin;
  return taken.count() / static_cast<double>(count);
}

void Pin() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &one);
  if (sched_setaffinity(0, sizeof(one), &one) != 0) throw std::runtime_error("cannot pin");
}

void Main(long count, int samples, const std::vector<std::string>& kinds) {
  std::vector<std::pair<std::string, Calls>> loops;
  for (const std::string& kind : kinds) loops.emplace_back(kind, CallsOf(kind));
  std::map<std::string, std::vector<double>> taken;
  std::string problem;
  // A thread of its own: with sleepers it is the last that comes.
  std::thread timed([&] {
    try {
      Pin();
      for (int sample = -1; sample < samples; ++sample) {
        for (const auto& [kind, calls] : loops) {
          const double ns = Time(calls, count);
          if (sample >= 0) taken[kind].push_back(ns);
        }
      }
    } catch (const std::exception& error) {
      problem = error.what();
    }
  });
  timed.join();
  if (!problem.empty()) throw std::runtime_error(problem);
  printf("%s\n", nlohmann::json(taken).dump().c_str());
  fflush(stdout);
}

}  // namespace
}  // namespace footprint::bench

int main(int argc, char** argv) {
  const long count = argc > 3 ? atol(argv[1]) : 0;
  const int samples = argc > 3 ? atoi(argv[2]) : 0;
  if (count < 1 || samples < 1) {
    fprintf(stderr, "usage: loop COUNT SAMPLES KIND...\n");
    return 2;
  }
  try {
    footprint::bench::Main(count, samples, {argv + 3, argv + argc});
    _exit(0);  // without waiting for those that sleep
  } catch (const std::exception& error) {
    fprintf(stderr, "loop: %s\n", error.what());
    return 1;
  }
}
