// SPDX-License-Identifier: Apache-2.0
// The witness of counter.bpf.c, attached for as long as a value of this type lives.
// Ownership: owns the skeleton.   Threads: one.   Failure: fails the test.
#ifndef FOOTPRINT_TESTS_BPF_COUNTER_H_
#define FOOTPRINT_TESTS_BPF_COUNTER_H_

#include <cstdint>
#include <string>

struct counter_bpf;

namespace footprint::bpf_test {

class Counter {
 public:
  explicit Counter(uint64_t cgroup = 0);
  ~Counter();
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;

  // Calls entered since the attach, of the system and of the cgroup.
  uint64_t All() const { return Read(0); }
  uint64_t InCgroup() const { return Read(1); }
  // Runs that the kernel skipped: 0, or the witness is none.
  uint64_t Missed() const;

 private:
  uint64_t Read(uint32_t index) const;

  counter_bpf* skeleton_;
};

// A cgroup v2 directory of its own under the first cgroup2 mount.
class Cgroup {
 public:
  explicit Cgroup(const std::string& name);
  ~Cgroup();
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  int fd() const { return fd_; }
  uint64_t id() const;                               // the directory's inode number
  const std::string& path() const { return path_; }  // as in /proc/PID/cgroup: "/name"

 private:
  std::string directory_;
  std::string path_;
  int fd_ = -1;
};

}  // namespace footprint::bpf_test

#endif  // FOOTPRINT_TESTS_BPF_COUNTER_H_
