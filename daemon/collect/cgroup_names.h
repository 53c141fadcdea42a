// SPDX-License-Identifier: Apache-2.0
// Paths of cgroups v2 by their ids, at a cost that does not depend on how many there are.
// Ownership: borrows Procfs.   Threads: collector thread only.
// Failure: what cannot be told now is "", and is asked for again: it is never remembered.
#ifndef FOOTPRINT_DAEMON_COLLECT_CGROUP_NAMES_H_
#define FOOTPRINT_DAEMON_COLLECT_CGROUP_NAMES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "daemon/collect/procfs.h"

namespace footprint::collect {

class CgroupNames {
 public:
  static constexpr size_t kBytes = 2 << 20;  // for all that is remembered

  // Reads the paths of at most `most` cgroups that are there already.
  CgroupNames(const Procfs& procfs, size_t most);

  // Notes what the kernel told when the cgroup was made.
  void Note(uint64_t id, const std::string& path);
  // `living`: a process that was in it, or 0. It is believed when it still is.
  std::string PathOf(uint64_t id, uint32_t living);
  size_t bytes() const { return recent_bytes_ + earlier_bytes_; }

 private:
  using Map = std::unordered_map<uint64_t, std::string>;
  static size_t BytesOf(const std::string& path);

  const Procfs& procfs_;
  // What was not asked for while `recent_` filled up is forgotten with `earlier_`.
  Map recent_, earlier_;
  size_t recent_bytes_ = 0, earlier_bytes_ = 0;
};

}  // namespace footprint::collect

#endif  // FOOTPRINT_DAEMON_COLLECT_CGROUP_NAMES_H_
