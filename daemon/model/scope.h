// SPDX-License-Identifier: Apache-2.0
// Whose footprint: selects from a snapshot and sums.
// Ownership: values; a Footprint shares the snapshot's lives.   Threads: any.
// Failure: NOT_FOUND when nothing in the snapshot fits the scope.
#ifndef FOOTPRINT_DAEMON_MODEL_SCOPE_H_
#define FOOTPRINT_DAEMON_MODEL_SCOPE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/model/snapshot.h"

namespace footprint::model {

struct Scope {
  enum class Kind { kSystem, kPid, kTree, kCommand, kUnit };
  Kind kind = Kind::kSystem;
  uint32_t pid = 0;
  std::string pattern;  // command: see CommandMatches; unit: see UnitMatches
  // Pid and tree: this life and no later one of the same pid.
  std::optional<LifeId> life;
  // Tree: leave out the root's images up to this number.
  std::optional<uint32_t> skip_root_images_through;
};

// A row of a footprint: an image of a life, or a command's folded lives.
struct Row {
  std::shared_ptr<const Life> life;        // null for a folded row
  std::shared_ptr<const Image> image;      // null for a folded row
  std::shared_ptr<const Command> command;  // null for a live row
  Totals totals;                           // in a difference: of the window
  uint64_t folded = 0;                     // images in a folded row; in a difference: of the window
};

struct Footprint {
  Scope scope;
  Counts counts;
  // See completeness.h. `losses` is what can concern the scope: `own`, put down to its processes,
  // and `unplaced`, put down to none. `elsewhere` is put down to processes that are not of the
  // scope.
  Losses losses, own, unplaced, elsewhere;
  Losses pending;                     // of `unplaced`: the next pass may put it down to a process
  std::string units_unknown_because;  // "": units are known
  uint64_t unnamed_calls = 0;         // scopes by name: of processes whose name is not known
  std::shared_ptr<const NameSketch> folded_names;
  std::vector<Row> rows;        // by calls, descending
  uint64_t observer_calls = 0;  // scope system: the daemon's, not in counts
  uint64_t overflow_calls = 0;
  int64_t start_realtime_ns = 0, end_realtime_ns = 0;
  uint64_t start_boottime_ns = 0, end_boottime_ns = 0;
  std::shared_ptr<const Origin> origin;
  std::shared_ptr<const ObjectTable> objects;  // null: none are known
  // Of the whole system, at the end and at the beginning; null base: since the attach.
  ModuleTablePtr modules, modules_base;
  TierHistoryPtr tiers;
  uint64_t tier_changes_base = 0;  // TierHistory::total at the beginning
  Cost cost;                       // of the window, of the whole system
};

// The life that a pid or tree scope means now: the living one, else the latest.
absl::StatusOr<LifeId> Resolve(const Snapshot& snapshot, uint32_t pid);

// Footprint of `scope` since the attach.
absl::StatusOr<Footprint> Evaluate(const Snapshot& snapshot, const Scope& scope);

// The beginning of a window in which nothing matches yet: zero calls, now.
Footprint Nothing(const Snapshot& snapshot, const Scope& scope);

// What `end` has beyond `base`, two footprints of one scope. No number of it is negative.
Footprint Difference(const Footprint& end, const Footprint& base);

}  // namespace footprint::model

#endif  // FOOTPRINT_DAEMON_MODEL_SCOPE_H_
