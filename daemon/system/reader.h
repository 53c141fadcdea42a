// SPDX-License-Identifier: Apache-2.0
// Reads the static view of a system.
// Ownership: values, and a reading shared with who asked within the same second.
// Threads: any. Readings wait for each other: one at a time looks through the kernel's symbols.
// Failure: none, see system.h.
// Source: uname(2), /proc, /sys, /boot, /lib/modules, each below `root`.
#ifndef FOOTPRINT_DAEMON_SYSTEM_READER_H_
#define FOOTPRINT_DAEMON_SYSTEM_READER_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/features/features.h"
#include "daemon/system/system.h"

namespace footprint::system {

// What is asked of the kernel by system calls, so that a test can tell of another machine.
struct Machine {
  std::string root;  // before every path; "" for this system
  std::string release, version, machine;
  uint32_t page_size = 0;
};
Machine ThisMachine();

// `findings`: of features::Probe. `missing_capabilities`: see there; what is then not present may
// well be.
System Read(const Machine& machine, const std::vector<features::Finding>& findings,
            const std::string& missing_capabilities);

// For a daemon: hooks are tried once, since each trial attaches to every call of the system, and
// readings are not repeated faster than once a second, however many ask.
class Reader {
 public:
  std::shared_ptr<const System> Get();

 private:
  std::mutex mutex_;
  bool probed_ = false;
  std::vector<features::Finding> findings_;
  std::string missing_capabilities_;
  std::shared_ptr<const System> last_;
  std::chrono::steady_clock::time_point taken_;
};

}  // namespace footprint::system

#endif  // FOOTPRINT_DAEMON_SYSTEM_READER_H_
