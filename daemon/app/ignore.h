// SPDX-License-Identifier: Apache-2.0
// What the configuration keeps from being counted.
// Ownership: borrows procfs.   Threads: collector thread only.
// Failure: a mistake in the configuration is told in words; a cgroup that the kernel side does not
// take is logged, once.
#ifndef FOOTPRINT_DAEMON_APP_IGNORE_H_
#define FOOTPRINT_DAEMON_APP_IGNORE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "daemon/app/config.h"
#include "daemon/collect/procfs.h"

namespace footprint::app {

// What is wrong with a name; "" when nothing is. An unknown system call names the nearest one.
std::string WrongSyscall(const std::string& name);
std::string WrongCommand(const std::string& comm);
std::string WrongUnit(const std::string& unit);

// "syscall:getppid", "command:redis-server", "unit:noise.service".
std::vector<std::string> DescribeIgnored(const Config& config);

// Finds the cgroups of ignored units as they come. A restarted unit is found at the next look, one
// at a new place within kWalkEveryNs; calls before that are counted.
class IgnoredUnits {
 public:
  static constexpr uint64_t kWalkEveryNs = 10'000'000'000;
  static constexpr size_t kMostCgroups = 8192;   // looked at in one walk
  static constexpr size_t kGonePlacesKept = 64;  // where units that went may come again

  // Begins, or ends, to ignore a cgroup.
  using Ignore = std::function<absl::Status(uint64_t id, bool ignored)>;
  IgnoredUnits(std::vector<std::string> units, const collect::Procfs& procfs, Ignore ignore)
      : units_(std::move(units)), procfs_(procfs), ignore_(std::move(ignore)) {}
  // At start and at every tick. Costs a look at each known place, and a walk through all cgroups
  // now and then; without units nothing.
  void Look(uint64_t boottime_ns);
  // Paths that are looked at each time.
  size_t places() const { return places_.size(); }

 private:
  void Note(uint64_t& known, uint64_t id);
  void ForgetGonePlaces();

  const std::vector<std::string> units_;  // units, or cgroup paths
  const collect::Procfs& procfs_;
  const Ignore ignore_;
  std::map<std::string, uint64_t> places_;  // path where one was seen -> its id; 0: it went
  uint64_t next_walk_ns_ = 0;
  bool complained_ = false;
};

}  // namespace footprint::app

#endif  // FOOTPRINT_DAEMON_APP_IGNORE_H_
