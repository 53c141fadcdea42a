// SPDX-License-Identifier: Apache-2.0
// A harvest: reads the slots, names processes, closes lives, keeps the loss account.
// Ownership: borrows source, procfs and clock.   Threads: collector thread only.
// Failure: what cannot be read in one harvest is read in a later one; counts are
// cumulative in the kernel, so nothing is lost by that.
#ifndef FOOTPRINT_DAEMON_COLLECT_COLLECTOR_H_
#define FOOTPRINT_DAEMON_COLLECT_COLLECTOR_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/collect/counts_builder.h"
#include "daemon/collect/loss_book.h"
#include "daemon/collect/naming.h"
#include "daemon/collect/object_book.h"
#include "daemon/collect/process_table.h"
#include "daemon/collect/procfs.h"
#include "daemon/collect/program_book.h"
#include "daemon/kernel/cgroup_probe.h"
#include "daemon/kernel/source.h"
#include "daemon/model/snapshot.h"

namespace footprint::collect {

class Collector {
 public:
  // What happened, for readers of events.
  struct EventSink {
    std::function<void(model::Event)> append;
    std::function<void(uint64_t)> lost;
  };
  // A thread's claim: unique per boot.
  using Claim = std::pair<uint64_t, uint32_t>;

  Collector(kernel::Source& source, const Procfs& procfs, const base::Clock& clock,
            ProcessTable::Limits limits, uint32_t own_pid,
            std::shared_ptr<const model::Origin> origin, EventSink events, ObjectBook::Namer namer);

  // Reads events, slots and spill, and frees what is closed: what the kernel asks for
  // when room gets short. `pinned` lives keep their images up to that number.
  void Pass(const std::map<model::LifeId, uint32_t>& pinned);
  // Names of cgroups that are made from now on. Borrowed.
  void NameCgroupsBy(kernel::CgroupProbe* probe) { cgroup_probe_ = probe; }
  // Path of a cgroup by its id; "" where it is not known.
  std::string PathOfCgroup(uint64_t id) { return naming_.CgroupOf(id, 0); }
  // A pass, and its result. The caller completes what it knows better and publishes it.
  std::shared_ptr<model::Snapshot> Harvest(const std::map<model::LifeId, uint32_t>& pinned);

 private:
  struct Binding {
    Claim claim{};
    ImageId image;
    uint64_t changes = 0;
    uint32_t renamed = 0;
    bool open = false;
    bool fresh = false;          // changed since the pass before
    bool closed_before = false;  // seen closed by an earlier pass
  };

  ImageState& ImageOf(const fp_ident& ident, const Naming::Living& living, ImageId& id);
  void Rename(const fp_slot& slot, Binding& binding, ImageState& image);
  void NoteExitsInForce();
  void HarvestSlots();
  void Bind(uint32_t index, const fp_slot& slot, bool open);
  void Unbind(uint32_t index);
  void SweepDeadThreads();
  void HarvestSpill();
  std::vector<uint32_t> MoreOf(const fp_slot& slot);
  void AddSlot(CountsBuilder& builder, uint32_t index);
  std::optional<std::set<Claim>> OpenClaims();
  model::PackedPtr CountsOf(const ImageState& image);
  void NameCgroups();
  void DrainEvents();
  void OnEvent(const fp_event& event);
  void OnNote(const fp_note& note, size_t bytes);
  model::ProgramPtr KnownProgram(const ProgramBook::Key& image);
  void FindProgram(const model::LifeId& life, const fp_ident& ident, model::Image& image,
                   const Naming::Living& living);
  void Inherit();
  void Account(model::Snapshot& snapshot);
  void Advise(const model::Snapshot& snapshot);

  kernel::Source& source_;
  const Procfs& procfs_;
  const base::Clock& clock_;
  const uint32_t own_pid_;
  const std::shared_ptr<const model::Origin> origin_;
  const EventSink events_;
  Naming naming_;
  ObjectBook objects_;
  LossBook losses_;
  ProcessTable table_;
  ProgramBook programs_;
  // Image whose program is another's that is not known yet -> that one.
  std::map<ProgramBook::Key, ProgramBook::Key> heirs_;
  std::vector<Binding> bindings_;  // by slot
  uint64_t more_slots_ = 0;        // that hold cells of other slots' threads
  std::set<Claim> spill_seen_;     // claims in the previous walk of the spill map
  std::set<ImageId> with_orphans_;
  std::deque<std::pair<ImageId, int>> unnamed_;  // whose cgroup has no path yet, and looks so far
  kernel::CgroupProbe* cgroup_probe_ = nullptr;
  std::shared_ptr<const std::string> units_unknown_because_;
  uint64_t orphans_seen_ = 0, spilled_seen_ = 0;
  uint64_t spill_left_ = 0;  // entries after the last walk
  uint32_t exits_ = 0;       // Source::ExitsInForce() of this pass
  bool exit_hook_ = true;
  bool sees_all_threads_ = false;
  size_t swept_ = 0;    // slot that was looked at last for a thread that is gone
  std::string advice_;  // which setting to raise, since room ran out
  std::shared_ptr<const model::Origin> told_origin_;  // with the advice; null: there is none
  uint64_t orphans_advised_ = 0;
  uint64_t sequence_ = 0;
  uint64_t events_dropped_ = 0;
  uint64_t memory_bytes_ = 0;
};

}  // namespace footprint::collect

#endif  // FOOTPRINT_DAEMON_COLLECT_COLLECTOR_H_
