// SPDX-License-Identifier: Apache-2.0
// Every process that made a call: living ones, the latest dead ones, and sums of the rest.
// Ownership: owns its state; snapshots share immutable parts of it.
// Threads: collector thread only.
// Failure: none; memory is bounded by Limits plus the number of living processes.
#ifndef FOOTPRINT_DAEMON_COLLECT_PROCESS_TABLE_H_
#define FOOTPRINT_DAEMON_COLLECT_PROCESS_TABLE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "daemon/collect/command_set.h"
#include "daemon/model/snapshot.h"

namespace footprint::collect {

struct ImageId {
  model::LifeId life;
  uint32_t number = 0;
  auto operator<=>(const ImageId&) const = default;
};

// One program image and what was counted for it.
struct ImageState {
  model::Image info;         // counts is unused
  model::Counts ended;       // of threads that are gone
  model::Counts spilled;     // of living threads, from the last walk of the spill map
  std::set<uint32_t> slots;  // that hold its threads, closed ones too
  uint32_t open_slots = 0;
  uint32_t orphans = 0;
  bool changed = true;
  bool queued = false;  // among the dead, waiting to be folded
  std::shared_ptr<const model::Image> published;

  // More may come, or has yet to move to `ended`.
  bool Held() const { return !slots.empty() || orphans != 0 || spilled != model::Counts{}; }
};

class ProcessTable {
 public:
  struct Limits {
    size_t dead_images = 512;
    size_t commands = 4096;
  };
  // `exists` tells whether a pid is in use now.
  ProcessTable(Limits limits, uint32_t own_pid, std::function<bool(uint32_t)> exists);

  // The image, or null.
  ImageState* Find(const ImageId& id);
  // The image, made if need be by `describe`.
  ImageState& Get(const ImageId& id, const model::LifeId& parent, uint64_t start_ns,
                  const std::function<model::Image()>& describe);
  // Latest image of a life; null when it is not in the table.
  const model::Image* LatestImage(const model::LifeId& life) const;
  // Dead for more than one pass, so that no image of it can be on its way.
  bool LongDead(const model::LifeId& life) const;
  void ForEachImage(const std::function<void(const ImageId&, ImageState&)>& visit);

  // Recomputes who lives, and folds what the limits have no room for. `pinned` lives are kept
  // whole.
  void Settle(const std::vector<model::LifeId>& pinned);

  // The table as immutable values; `counts_of` sums up an image that changed.
  void Publish(model::Snapshot& snapshot,
               const std::function<model::Counts(const ImageState&)>& counts_of);

 private:
  struct LifeState {
    model::Life info;  // images and folded_* are unused
    std::map<uint32_t, ImageState> images;
    CommandSet folded_images{kCommandsPerLife};
    CommandSet folded_descendants{kCommandsPerLife};
    std::vector<model::LifeId> children;
    uint64_t dead_since = 0;  // pass; 0: alive
    bool changed = true;
    std::shared_ptr<const model::Life> published;
  };
  static constexpr size_t kCommandsPerLife = 256;

  LifeState* FindLife(const model::LifeId& id);
  void Adopt(LifeState& life);
  bool Alive(const LifeState& life);
  void QueueDead(LifeState& life);
  void FoldDead();
  void FoldImage(LifeState& life, uint32_t number);
  void FoldLife(const model::LifeId& id);
  void PublishLife(LifeState& life,
                   const std::function<model::Counts(const ImageState&)>& counts_of);

  const Limits limits_;
  const uint32_t own_pid_;
  const std::function<bool(uint32_t)> exists_;
  uint64_t pass_ = 1;
  std::map<model::LifeId, LifeState> lives_;
  std::set<std::pair<model::LifeId, model::LifeId>> parentless_;  // parent not in lives_, life
  std::deque<ImageId> dead_;                                      // oldest first
  std::set<model::LifeId> pinned_;
  CommandSet commands_;
};

}  // namespace footprint::collect

#endif  // FOOTPRINT_DAEMON_COLLECT_PROCESS_TABLE_H_
