// SPDX-License-Identifier: Apache-2.0
// Every process that made a call: living ones, the latest dead ones, and sums of the rest.
// Ownership: owns its state; snapshots share immutable parts of it.
// Threads: collector thread only.
// Failure: none; memory is bounded by Limits, the number of living processes, and one row for each
// of these that had children.
#ifndef FOOTPRINT_DAEMON_COLLECT_PROCESS_TABLE_H_
#define FOOTPRINT_DAEMON_COLLECT_PROCESS_TABLE_H_

#include <linux/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/collect/command_set.h"
#include "daemon/collect/image_state.h"
#include "daemon/model/snapshot.h"

namespace footprint::collect {

class ProcessTable {
 public:
  struct Limits {
    size_t dead_images = 512;
    size_t dead_bytes = 6ull << 20;     // of these images' counts, packed
    size_t commands = 4096;             // rows for dead processes
    size_t command_bytes = 6ull << 20;  // of these rows
    size_t tree_bytes = 6ull << 20;     // of rows that are kept for the trees of living processes
  };
  // `exists` tells whether a pid is in use now. It is asked about lives of which no thread is
  // known, ever more rarely.
  ProcessTable(Limits limits, uint32_t own_pid, std::function<bool(uint32_t)> exists);

  // Processes that were there at the attach, with their parents: of those that make no call it is
  // known who descends from them all the same.
  void KnowOlder(std::map<uint32_t, uint32_t> parents) { older_ = std::move(parents); }
  // A process that had no room for a while has lost its birth and its image's number: they are
  // found by its pid, the number as that of an image of its own. `start_ns`: 0 where it is not
  // known.
  void FindStray(uint32_t pid, uint64_t start_ns, __u64& birth, __u32& image);
  // Calls whose object or errno is known no more.
  model::Losses dropped() const { return commands_.dropped(); }

  // The image, or null.
  ImageState* Find(const ImageId& id);
  // The image, made if need be by `describe`.
  ImageState& Get(const ImageId& id, const model::LifeId& parent, uint64_t start_ns,
                  const std::function<model::Image()>& describe);
  // One image in each of its cgroups.
  void ForImagesOf(const model::LifeId& life, uint32_t number,
                   const std::function<void(ImageState&)>& visit);
  // Dead for more than one pass, so that no image of it can be on its way.
  bool LongDead(const model::LifeId& life) const;
  // The life's leader has ended: whether it exists is asked again.
  void NoteExit(const model::LifeId& life);
  // Puts a loss down to whoever had that pid since the pass before the last one, in the images that
  // it can have been in. False: nobody is known.
  bool NoteLoss(uint32_t pid, model::Loss cause, uint64_t count);
  // Is a process of that pid known that has not ended?
  bool MayLose(uint32_t pid) const;
  void ForEachImage(const std::function<void(const ImageId&, ImageState&)>& visit);

  // Recomputes who lives, and folds what the limits have no room for. `pinned` lives are kept, with
  // their images up to that number: what a recording leaves out must be known by itself.
  void Settle(const std::map<model::LifeId, uint32_t>& pinned);

  // Sums up an image that changed; null: nothing was counted.
  using CountsOf = std::function<model::PackedPtr(const ImageState&)>;
  // The table as immutable values.
  void Publish(model::Snapshot& snapshot, const CountsOf& counts_of);

 private:
  // Rows of a life; few have any.
  struct Folded {
    CommandSet images, descendants;
  };
  struct LifeState {
    explicit LifeState(model::Life life) : info(std::move(life)) {}
    Folded& Rows() {
      if (folded == nullptr) folded = std::make_unique<Folded>();
      return *folded;
    }
    Published<model::Life> info;  // images and folded_* are as published last
    ImageMap images;
    ImageKey current;    // the latest number, where it was seen first last
    uint32_t stray = 0;  // number of the first image that was found by the pid alone; 0: none
    std::unique_ptr<Folded> folded;  // null: none
    std::vector<model::LifeId> children;
    uint64_t dead_since = 0;  // pass; 0: alive
    uint64_t look_at = 0;     // pass from which on it is asked whether it exists
    uint64_t wait = 1;        // passes to the look after that
    bool changed = true;
  };
  static constexpr size_t kCommandsPerLife = 256;
  static constexpr uint64_t kLongestWait = 16;  // passes

  // Lives that were folded, and which their children that come to be known later descend from.
  static constexpr size_t kForwarded = 16'384;

  LifeState* FindLife(const model::LifeId& id);
  const LifeState* FindLife(const model::LifeId& id) const;
  LifeState& Make(const model::LifeId& id, const model::LifeId& parent, uint64_t start_ns);
  // The last life of that pid which began before `birth`; null: none that began after the attach.
  const LifeState* Younger(uint32_t pid, uint64_t birth) const;
  model::LifeId Ancestor(model::LifeId parent, uint64_t birth) const;
  void Adopt(LifeState& life);
  bool Alive(LifeState& life);
  void QueueDead(LifeState& life);
  void FoldDead();
  void FoldImage(LifeState& life, const ImageKey& key);
  template <typename What>
  void AddToTree(CommandSet& rows, const What& more);
  void Shrink();
  void ShrinkTrees();
  void FoldLife(const model::LifeId& id);
  void PublishLife(LifeState& life, const CountsOf& counts_of);

  const Limits limits_;
  const uint32_t own_pid_;
  const std::function<bool(uint32_t)> exists_;
  uint64_t pass_ = 1;
  std::map<model::LifeId, LifeState> lives_;
  std::set<std::pair<model::LifeId, model::LifeId>> parentless_;  // parent not in lives_, life
  std::map<uint32_t, uint32_t> older_;                            // pid to its parent's
  std::map<model::LifeId, model::LifeId> forwarded_;              // folded life to its parent
  std::deque<model::LifeId> forwarded_order_;                     // oldest first
  std::deque<ImageId> dead_;                                      // oldest first
  size_t dead_bytes_ = 0;
  std::map<model::LifeId, uint32_t> pinned_;
  CommandSet commands_;
  size_t tree_bytes_ = 0;  // of all lives' rows
  std::shared_ptr<const model::NameSketch> folded_names_;
};

}  // namespace footprint::collect

#endif  // FOOTPRINT_DAEMON_COLLECT_PROCESS_TABLE_H_
