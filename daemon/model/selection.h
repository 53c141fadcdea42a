// SPDX-License-Identifier: Apache-2.0
// Collects what a scope selects from a snapshot.
// Ownership: shares what it takes.   Threads: one.   Failure: none.
#ifndef FOOTPRINT_DAEMON_MODEL_SELECTION_H_
#define FOOTPRINT_DAEMON_MODEL_SELECTION_H_

#include <map>
#include <memory>
#include <vector>

#include "daemon/model/command_name.h"
#include "daemon/model/scope.h"

namespace footprint::model {

// Many small Counts are added at the end, pairwise, so that a system of thousands of processes is
// not merged one by one into a long vector.
class Selection {
 public:
  void Take(const std::shared_ptr<const Life>& life, const std::shared_ptr<const Image>& image);
  // Lives of a tree may each have folded the same command: one row.
  void Take(const std::shared_ptr<const Command>& command);
  // Calls that are not taken, and might have been: their cgroup is not known.
  void MissName(const Totals& totals);
  bool empty() const { return parts_.empty(); }

  Footprint Finish(const Snapshot& snapshot, const Scope& scope) &&;

 private:
  Counts AddUp(size_t begin, size_t end) const;

  std::map<CommandName, size_t> folded_;
  std::vector<RowCounts> parts_;
  std::vector<Row> rows_;
  uint64_t unnamed_calls_ = 0;
};

}  // namespace footprint::model

#endif  // FOOTPRINT_DAEMON_MODEL_SELECTION_H_
