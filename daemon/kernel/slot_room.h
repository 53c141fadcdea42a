// SPDX-License-Identifier: Apache-2.0
// The blocks of slots: added as threads want them, given back when they stand empty.
// Ownership: owns its thread and the mappings; borrows descriptors and words of the object.
// Threads: the collector's, but for capacity() and the thread of its own that adds and gives back.
// Failure: Create() tells why the first blocks could not be made; a later one that cannot be made
// is noted in refusal(), and threads without a slot count in the spill map.
#ifndef FOOTPRINT_DAEMON_KERNEL_SLOT_ROOM_H_
#define FOOTPRINT_DAEMON_KERNEL_SLOT_ROOM_H_

#include <linux/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "bpf/abi/footprint.h"
#include "daemon/base/unique_fd.h"

struct ring_buffer;

namespace footprint::kernel {

class SlotRoom {
 public:
  // Descriptors of the maps of these names.
  struct Maps {
    int slots, free_slots, growth;
  };
  // Globals of the object: see bpf/lib/maps.bpf.h.
  struct Words {
    volatile uint64_t *taken_total, *freed_total, *closed_freed, *slots_total;
    volatile uint32_t* growth_wanted;
  };

  // Makes the first blocks, before any program is attached. `most`: slots that there may ever be.
  static absl::StatusOr<std::unique_ptr<SlotRoom>> Create(Maps maps, Words words, uint32_t most);
  ~SlotRoom();
  SlotRoom(const SlotRoom&) = delete;
  SlotRoom& operator=(const SlotRoom&) = delete;

  uint32_t capacity() const { return most_; }
  // Slots that there are from now to the next call: all that are not free are among them.
  uint32_t Refresh();
  fp_slot& At(uint32_t index) { return seen_[index / FP_BLOCK_SLOTS][index % FP_BLOCK_SLOTS]; }
  // Another thread may take the slot from here on.
  void Free(uint32_t index);
  // Bytes of kernel memory.
  uint64_t MemoryBytes() const { return bytes_; }
  // Why the kernel did not give memory for more; "" while it did.
  std::string refusal();

 private:
  struct Waiting {  // an update of the outer map that waits for RCU
    std::thread thread;
    std::shared_ptr<std::atomic<int>> error;  // -1: under way; else an errno
  };

  SlotRoom(Maps maps, Words words, uint32_t most);
  absl::Status Start();
  void Run();
  void Grow();
  void GiveBack();
  absl::Status AddBlock();
  std::set<uint32_t> TakeAllFree();
  void Remove(uint32_t block);
  std::pair<uint32_t, uint32_t> SlotsOf(uint32_t block) const;  // the first, and past the last
  uint64_t Left() const;
  uint64_t Headroom() const;
  bool Push(uint32_t index);

  const Maps maps_;
  const Words words_;
  const uint32_t most_;
  ring_buffer* ring_ = nullptr;
  base::UniqueFd stop_;
  std::atomic<uint64_t> bytes_ = 0;
  uint64_t block_bytes_ = 0;
  std::vector<Waiting> waiting_;
  int idle_looks_ = 0;
  fp_slot* nothing_ = nullptr;     // free slots, for the collector to see where a block is not
  std::vector<fp_slot*> seen_;     // the collector's
  std::mutex mutex_;               // guards what follows
  std::vector<fp_slot*> blocks_;   // null: was given back
  std::vector<fp_slot*> retired_;  // the collector may look at them until its next Refresh()
  std::string refusal_;
  std::thread thread_;
};

}  // namespace footprint::kernel

#endif  // FOOTPRINT_DAEMON_KERNEL_SLOT_ROOM_H_
