// SPDX-License-Identifier: Apache-2.0
// Sums over dead program images, one per command, in bounded memory.
// Ownership: owns its sums; what Rows() returns is shared and const.
// Threads: collector thread only.
// Failure: a command beyond the limit is added to the row "(other)": nothing is dropped.
#ifndef FOOTPRINT_DAEMON_COLLECT_COMMAND_SET_H_
#define FOOTPRINT_DAEMON_COLLECT_COMMAND_SET_H_

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "daemon/model/snapshot.h"

namespace footprint::collect {

class CommandSet {
 public:
  explicit CommandSet(size_t limit) : limit_(limit) {}

  void Add(const model::Command& more);
  void Add(const CommandSet& more);
  // Rows that did not change since the last call are the same objects.
  std::vector<std::shared_ptr<const model::Command>> Rows();
  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    uint64_t images = 0;
    model::Counts counts;
    std::shared_ptr<const model::Command> published;  // null: changed since
  };
  using Key = std::tuple<std::string, std::string, std::string, bool>;  // unit, exe, comm, observer

  void Add(const Key& key, uint64_t images, const model::Counts& counts);

  size_t limit_;
  std::map<Key, Entry> entries_;
};

}  // namespace footprint::collect

#endif  // FOOTPRINT_DAEMON_COLLECT_COMMAND_SET_H_
