// SPDX-License-Identifier: Apache-2.0
// What the kernel side offers to a harvest, in abi structs, without libbpf: the seam
// that lets the collector be tested on slots made by hand.
// Threads: collector thread only.
#ifndef FOOTPRINT_DAEMON_KERNEL_SOURCE_H_
#define FOOTPRINT_DAEMON_KERNEL_SOURCE_H_

#include <linux/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bpf/abi/footprint.h"
#include "bpf/abi/notes.h"

namespace footprint::kernel {

struct HookState {
  std::string name;  // tracepoint: "sys_enter"
  bool attached = false;
  std::string reason;  // why not, and what that costs
  // Runs that the kernel skipped (bpf_prog_info.recursion_misses) and nothing made up for.
  uint64_t missed = 0;
};

class Source {
 public:
  virtual ~Source() = default;

  // Slots that there are until the next call of this: more than before, or fewer by free ones at
  // the end.
  virtual uint32_t SlotCount() = 0;
  // One of them. Its thread writes while we read.
  virtual fp_slot& Slot(uint32_t index) = 0;
  // Slots that there may be at most.
  virtual uint32_t SlotCapacity() const = 0;
  // Why the kernel refused more before that; "" while it did not.
  virtual std::string SlotsRefused() = 0;
  // Makes a closed slot free again. It must have been harvested.
  virtual void Free(uint32_t index) = 0;

  // Closes an open slot whose thread ended unseen.
  virtual void CloseDead(uint32_t index) = 0;

  // What fp_flight.exits is of a call whose end will be seen; 0: nobody sees calls leave.
  virtual uint32_t ExitsInForce() const = 0;

  // The kernel may send the next PRESSURE event from here on.
  virtual void BeginHarvest() = 0;
  // Hands over every waiting event and note, oldest first. Behind a note lie its texts.
  virtual void DrainEvents(const std::function<void(const fp_event&)>& sink,
                           const std::function<void(const fp_note&, size_t bytes)>& notes) = 0;
  // Notes that there was no room for: of so many images the names are unknown.
  virtual uint64_t NotesLost() const = 0;

  // Entries ever added; while unchanged and nothing is left there is nothing to walk.
  virtual uint64_t SpilledTotal() const = 0;
  virtual uint64_t OrphansTotal() const = 0;
  // Every entry; one that changes meanwhile is handed over as it was at one moment.
  virtual absl::Status WalkSpill(
      const std::function<void(const fp_spill_key&, const fp_spill&)>& sink) = 0;
  virtual absl::Status WalkOrphans(const std::function<void(const fp_orphan&)>& sink) = 0;
  // `tgid`: of the entry's identity.
  virtual void DeleteSpill(const fp_spill_key& key, const fp_ident& ident) = 0;
  virtual uint32_t SpillCapacity() const = 0;

  // Classes and commands ever announced; while unchanged there is nothing new to walk.
  virtual uint64_t ClassesTotal() const = 0;
  // Modules freed since the attach, + 1: fp_class_key.epoch of what is announced now.
  virtual uint32_t ModulesEpoch() const = 0;
  virtual absl::Status WalkClasses(const std::function<void(uint32_t, const fp_class&)>& sink) = 0;
  virtual absl::Status WalkCommands(
      const std::function<void(uint32_t, const fp_command&)>& sink) = 0;
  // For a class of an earlier epoch: its place is needed for others.
  virtual void ForgetClass(uint32_t id, const fp_class_key& key) = 0;

  virtual std::array<uint64_t, FP_LOSS_COUNT> Losses() const = 0;
  // What of these is known to be whose, and how often.
  virtual absl::Status WalkLosers(const std::function<void(const fp_loser&, uint64_t)>& sink) = 0;
  // Deletes an entry, and tells how often it was; 0: there is none. What its process loses
  // meanwhile is nobody's.
  virtual uint64_t TakeLoser(const fp_loser& key) = 0;
  virtual std::vector<HookState> Hooks() const = 0;
  // Memory of maps and programs by /proc/self/fdinfo (memlock), bytes.
  virtual uint64_t MemoryBytes() const = 0;
};

}  // namespace footprint::kernel

#endif  // FOOTPRINT_DAEMON_KERNEL_SOURCE_H_
