// SPDX-License-Identifier: Apache-2.0
// Sums over dead program images, one per cgroup and command, in bounded memory.
// Ownership: owns its sums; what Rows() returns is shared and const.
// Threads: collector thread only.
// Failure: none; what Shrink has no room for is in coarser rows: nothing is dropped.
#ifndef FOOTPRINT_DAEMON_COLLECT_COMMAND_SET_H_
#define FOOTPRINT_DAEMON_COLLECT_COMMAND_SET_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/model/command_name.h"
#include "daemon/model/snapshot.h"

namespace footprint::collect {

class CommandSet {
 public:
  struct Limits {
    size_t rows = 0;
    size_t bytes = 0;
  };

  // A program may make as many different calls, objects and errnos as it likes: beyond this a row
  // keeps the calls alone, so that it does not take the room of the names of others.
  static constexpr size_t kMostRowBytes = 1 << 20;

  // Counts are shared with `more` for as long as nothing is added to the row.
  void Add(const model::Command& more);
  void Add(const CommandSet& more);
  // Rows that did not change since the last call are the same objects.
  std::vector<std::shared_ptr<const model::Command>> Rows() const;
  size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }
  // What rows have lost that were larger than kMostRowBytes: objects and errnos.
  model::Losses dropped() const { return dropped_ == nullptr ? model::Losses{} : *dropped_; }
  // Of all rows; what they share with other sets is counted here as well.
  size_t bytes() const { return bytes_; }
  bool Fits(const Limits& limits) const {
    return rows_.size() <= limits.rows && bytes_ <= limits.bytes;
  }

  // Where the limits are exceeded, folds rows into coarser ones until an eighth is free: those that
  // were not added to for longest first, those of cgroups `in_use` last. `sketch`: see NoteFold.
  void Shrink(const Limits& limits, const std::function<bool(const std::string&)>& in_use,
              model::NameSketch& sketch);
  // Folds all but the last `rows` that were added to as far as it goes. For the rows of one life,
  // which are asked for as a whole.
  void ShrinkTo(size_t rows);

 private:
  struct Entry {
    std::shared_ptr<const model::Command> row;
    uint64_t touched = 0;  // ordinal of the last addition
  };
  using Map = std::map<model::CommandName, Entry>;

  void AddAs(const model::CommandName& name, const model::Command& more);
  void DropDetailOf(model::Command& row);
  std::vector<Map::iterator> OldestFirst();

  Map rows_;
  uint64_t additions_ = 0;
  size_t bytes_ = 0;
  std::unique_ptr<model::Losses> dropped_;  // null: nothing
};

}  // namespace footprint::collect

#endif  // FOOTPRINT_DAEMON_COLLECT_COMMAND_SET_H_
