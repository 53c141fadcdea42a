// SPDX-License-Identifier: Apache-2.0
#include "daemon/collect/collector.h"

#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>

namespace footprint::collect {
namespace {

static_assert(static_cast<int>(model::Loss::kEventsDropped) == FP_LOSS_EVENTS_DROPPED);
static_assert(static_cast<int>(model::Loss::kCommandDropped) == FP_LOSS_COMMAND_DROPPED);

// The kernel's account of map memory changes rarely, and costs a dozen small reads.
constexpr uint64_t kMemoryEvery = 64;
constexpr size_t kSweptAtATime = 32;
constexpr size_t kNamesAtATime = 64;  // cgroups that are asked for again in a pass
constexpr int kLooksAtTheDead = 3;  // until what the kernel told of their cgroup was read for sure

uint32_t StateOf(const fp_slot& slot) { return __atomic_load_n(&slot.state, __ATOMIC_ACQUIRE); }

// No signal is sent: tgkill(2) with signal 0 only looks.
bool ThreadExists(uint32_t tgid, uint32_t tid) {
  return syscall(SYS_tgkill, tgid, tid, 0) == 0 || errno != ESRCH;
}

// For identities whose process may have ended or moved on.
const Naming::Living kGone = [] { return false; };

model::LifeId ParentOf(const fp_ident& ident) {
  return {.pid = ident.parent_tgid, .birth = ident.parent_life};
}

}  // namespace

Collector::Collector(kernel::Source& source, const Procfs& procfs, const base::Clock& clock,
                     ProcessTable::Limits limits, uint32_t own_pid,
                     std::shared_ptr<const model::Origin> origin, EventSink events,
                     ObjectBook::Namer namer)
    : source_(source),
      procfs_(procfs),
      clock_(clock),
      own_pid_(own_pid),
      origin_(std::move(origin)),
      events_(std::move(events)),
      naming_(procfs),
      objects_(source, std::move(namer)),
      losses_(source),
      table_(limits, own_pid, [this](uint32_t pid) { return procfs_.Exists(pid); }) {
  sees_all_threads_ = procfs_.InFirstPidNamespace();
  units_unknown_because_ = std::make_shared<std::string>(procfs_.UnitsUnknownBecause());
  for (const kernel::HookState& hook : source_.Hooks()) {
    if (hook.name == "sched_process_exit") exit_hook_ = hook.attached;
  }
}

ImageState& Collector::ImageOf(const fp_ident& ident, const Naming::Living& living, ImageId& id) {
  id = {.life = {.pid = ident.tgid, .birth = ident.life},
        .key = {.number = ident.image, .cgroup = ident.cgroup}};
  // Without a birth note a new process looks older than the attach. It must not inherit
  // from a dead one of the same pid; the loss `origin_unknown` says that this may happen.
  if (ident.life == 0 && table_.LongDead(id.life)) id.life.birth = ident.claim;
  model::LifeId parent = ParentOf(ident);
  if (parent.pid == 0 && living()) parent.pid = procfs_.ParentPid(ident.tgid);
  return table_.Get(id, parent, ident.start_ns != 0 ? ident.start_ns : ident.life, [&] {
    model::Image image = naming_.Describe(ident, living);
    const model::Image* above = table_.LatestImage(parent);
    // A fork runs its parent's program until it execs. /proc may name the program of the exec
    // already, while the slot is still that of the fork.
    const bool inherits = image.number == 0 && ident.life != 0 && above != nullptr;
    if (inherits && !above->exe.empty()) image.exe = above->exe;
    if (image.cgroup.empty() && ident.cgroup != 0) unnamed_.emplace_back(id, 0);
    return image;
  });
}

void Collector::Bind(uint32_t index, const fp_slot& slot, bool open) {
  Binding& binding = bindings_[index];
  binding = {.claim = {slot.ident.claim, slot.ident.tid}, .image = {}, .changes = 0, .open = open};
  const auto living = [&slot] { return StateOf(slot) == FP_SLOT_OPEN; };
  ImageState& image = ImageOf(slot.ident, living, binding.image);
  image.slots.insert(index);
  image.open_slots += open;
  image.changed = true;
}

// Further slots of this one, as far as they are within reach: one that is not is so young that the
// next pass counts it.
std::vector<uint32_t> Collector::MoreOf(const fp_slot& slot) {
  std::vector<uint32_t> more;
  const auto add = [&](uint32_t number) {
    if (number != 0 && number <= bindings_.size()) more.push_back(number - 1);
  };
  add(__atomic_load_n(&slot.more, __ATOMIC_ACQUIRE));
  if (more.empty()) return more;
  const fp_slot& first = source_.Slot(more.front());
  for (int i = 1; i < FP_MORE; ++i) add(__atomic_load_n(&first.others[i], __ATOMIC_ACQUIRE));
  return more;
}

void Collector::AddSlot(CountsBuilder& builder, uint32_t index) {
  const fp_slot& slot = source_.Slot(index);
  for (const uint32_t more : MoreOf(slot)) builder.AddMore(source_.Slot(more));
  builder.AddSlot(slot);
}

// Moves what the slot holds to its image for good, and frees it.
void Collector::Unbind(uint32_t index) {
  Binding& binding = bindings_[index];
  ImageState* image = table_.Find(binding.image);
  if (image != nullptr) {
    CountsBuilder builder;
    AddSlot(builder, index);
    model::Add(image->ended, builder.Build());
    image->slots.erase(index);
    image->changed = true;
  }
  for (const uint32_t more : MoreOf(source_.Slot(index))) source_.Free(more);
  source_.Free(index);
  binding = {};
}

void Collector::HarvestSlots() {
  more_slots_ = 0;
  // From the last one down: what is freed last is taken first, and slots at the end should be left.
  for (uint32_t i = bindings_.size(); i-- > 0;) {
    const fp_slot& slot = source_.Slot(i);
    const uint32_t state = StateOf(slot);
    more_slots_ += state == FP_SLOT_MORE;
    if (state == FP_SLOT_FREE || state == FP_SLOT_MORE) continue;
    const bool open = state == FP_SLOT_OPEN;
    Binding& binding = bindings_[i];
    if (binding.claim != Claim{slot.ident.claim, slot.ident.tid}) {
      // Half of an identity: the other half is on its way to memory, and there by the next pass.
      if (slot.seal != fp_seal(&slot.ident)) continue;
      Bind(i, slot, open);
    }

    ImageState* image = table_.Find(binding.image);
    const uint64_t changes = __atomic_load_n(&slot.changes, __ATOMIC_RELAXED);
    // Once more after a change: what was counted may get to memory after the word of it.
    if (image != nullptr && (changes != binding.changes || binding.open != open || binding.fresh)) {
      image->changed = true;
      binding.fresh = changes != binding.changes;
      binding.changes = changes;
    }
    if (image != nullptr && binding.open && !open) --image->open_slots;
    binding.open = open;
    if (open) continue;
    // The thread's last counts may still be on their way to memory when its state says
    // closed (arm64 keeps no order between them); by the next pass they have arrived.
    if (binding.closed_before) {
      Unbind(i);
    } else {
      binding.closed_before = true;
    }
  }
}

// Without the exit hook nobody closes slots: look for their threads. With it none should be left
// over; a few are looked at in each pass all the same, so that none is shown alive for ever.
void Collector::SweepDeadThreads() {
  if (!sees_all_threads_) return;
  const size_t most = exit_hook_ ? std::min(kSweptAtATime, bindings_.size()) : bindings_.size();
  for (size_t n = 0; n < most; ++n) {
    if (++swept_ >= bindings_.size()) swept_ = 0;
    const fp_slot& slot = source_.Slot(swept_);
    // A thread in an execve may have its leader's tid already.
    if (StateOf(slot) != FP_SLOT_OPEN || slot.flight.deferred == FP_DEFERRED_EXEC) continue;
    const Claim claim{slot.ident.claim, slot.ident.tid};
    if (ThreadExists(slot.ident.tgid, slot.tid)) continue;
    // It may have ended, and another taken its place, between the two looks.
    if (StateOf(slot) == FP_SLOT_OPEN && claim == Claim{slot.ident.claim, slot.ident.tid}) {
      source_.CloseDead(swept_);
    }
  }
}

// Claims that may still count, as of now; and how many orphans each image has.
std::set<Collector::Claim> Collector::OpenClaims() {
  std::set<Claim> open;
  for (const Binding& binding : bindings_) {
    if (binding.claim != Claim{}) open.insert(binding.claim);
  }
  std::map<ImageId, std::pair<uint32_t, uint32_t>> orphans;  // all, in a call
  const auto status = source_.WalkOrphans([&](const fp_orphan& orphan) {
    const fp_ident& ident = orphan.ident;
    if (ident.claim == 0) return;  // about to be filled in
    open.insert({ident.claim, ident.tid});
    ImageId id;
    // An orphan may exec while we look; its slot-less state cannot be asked cheaply.
    ImageOf(ident, kGone, id);
    ++orphans[id].first;
    orphans[id].second += __atomic_load_n(&orphan.flight.key, __ATOMIC_RELAXED) != 0;
  });
  if (!status.ok()) spdlog::warn("{}", status.ToString());
  for (const ImageId& id : with_orphans_) {
    if (ImageState* image = table_.Find(id); image != nullptr && !orphans.contains(id)) {
      image->orphans = image->orphans_in_flight = 0;
      image->changed = true;
    }
  }
  with_orphans_.clear();
  for (const auto& [id, count] : orphans) {
    ImageState& image = *table_.Find(id);
    image.changed |= image.orphans_in_flight != count.second;
    image.orphans = count.first;
    image.orphans_in_flight = count.second;
    with_orphans_.insert(id);
  }
  return open;
}

void Collector::HarvestSpill() {
  const uint64_t orphans = source_.OrphansTotal();
  const uint64_t spilled = source_.SpilledTotal();
  const bool idle = orphans == orphans_seen_ && with_orphans_.empty() && spilled == spilled_seen_ &&
                    spill_left_ == 0;
  if (idle) return;
  orphans_seen_ = orphans;
  spilled_seen_ = spilled;

  // Open claims first: an entry whose claim had ended before the walk is final. One that
  // the previous walk did not see may belong to a claim younger than the list.
  const std::set<Claim> open = OpenClaims();
  std::set<Claim> seen;
  std::map<ImageId, std::pair<CountsBuilder, CountsBuilder>> sums;  // living, ended
  std::vector<std::pair<fp_spill_key, uint32_t>> final;             // and their processes
  spill_left_ = 0;
  const auto status = source_.WalkSpill([&](const fp_spill_key& key, const fp_spill& value) {
    const Claim claim{key.claim, key.tid};
    if (value.ident.claim == 0) {
      ++spill_left_;  // about to be filled in
      return;
    }
    const bool ended = !open.contains(claim) && spill_seen_.contains(claim);
    ImageId id;
    ImageOf(value.ident, kGone, id);
    auto& [living_sum, ended_sum] = sums[id];
    (ended ? ended_sum : living_sum).AddSpill(key, value);
    if (ended) {
      final.emplace_back(key, value.ident.tgid);
    } else {
      ++spill_left_;
      seen.insert(claim);
    }
  });
  if (!status.ok()) {
    // Half a walk must not replace a whole one.
    spdlog::warn("{}", status.ToString());
    ++spill_left_;
    return;
  }
  table_.ForEachImage([&](const ImageId& id, ImageState& image) {
    const auto it = sums.find(id);
    if (it == sums.end() && image.spilled == model::Counts{}) return;
    image.changed = true;
    image.spilled = {};
    if (it == sums.end()) return;
    image.spilled = it->second.first.Build();
    model::Add(image.ended, it->second.second.Build());
  });
  for (const auto& [key, tgid] : final) source_.DeleteSpill(key, tgid);
  spill_seen_ = std::move(seen);
}

// What was not known at the first look may be in a later one: a living process tells its own.
void Collector::NameCgroups() {
  for (size_t looks = std::min(kNamesAtATime, unnamed_.size()); looks > 0; --looks) {
    auto [id, looked] = unnamed_.front();
    unnamed_.pop_front();
    ImageState* image = table_.Find(id);
    if (image == nullptr) continue;
    const std::string path = naming_.CgroupOf(id.key.cgroup, image->Held() ? id.life.pid : 0);
    if (!path.empty()) {
      Naming::SetCgroup(path, image->info);
      image->changed = true;
    } else if (image->Held() || looked + 1 < kLooksAtTheDead) {
      unnamed_.emplace_back(id, looked + 1);
    }
  }
}

model::Counts Collector::CountsOf(const ImageState& image) {
  CountsBuilder builder;
  for (const uint32_t index : image.slots) AddSlot(builder, index);
  model::Counts counts = builder.Build();
  counts.in_flight += image.orphans_in_flight;
  model::Add(counts, image.ended);
  model::Add(counts, image.spilled);
  return counts;
}

void Collector::OnEvent(const fp_event& event) {
  if (event.kind == FP_EVENT_PRESSURE) return;
  const int64_t age = clock_.BoottimeNs() - event.when;
  model::Event out{.realtime_ns = clock_.RealtimeNs() - age,
                   .life = {event.ident.tgid, event.ident.life},
                   .parent = ParentOf(event.ident),
                   .image = naming_.Describe(event.ident, kGone)};
  switch (event.kind) {
    case FP_EVENT_FORK:
      out.kind = model::Event::Kind::kFork;
      break;
    case FP_EVENT_EXEC:
      out.kind = model::Event::Kind::kExec;
      break;
    case FP_EVENT_EXIT:
      table_.NoteExit(out.life);
      out.kind = model::Event::Kind::kExit;
      out.has_wait_status = event.ident.start_ns != 0;
      out.wait_status = event.status;
      break;
    case FP_EVENT_CLASS:
      out.kind = model::Event::Kind::kObject;
      if (const model::ObjectClass* object = objects_.Find(event.status); object != nullptr) {
        out.object = *object;
      }
      break;
    default:
      return;
  }
  events_.append(std::move(out));
}

void Collector::DrainEvents() {
  if (cgroup_probe_ != nullptr) {
    cgroup_probe_->Drain(
        [this](uint64_t id, const std::string& path) { naming_.cgroups().Note(id, path); });
  }
  source_.DrainEvents([this](const fp_event& event) { OnEvent(event); });
  const uint64_t dropped = source_.Losses()[FP_LOSS_EVENTS_DROPPED];
  if (dropped != events_dropped_) events_.lost(dropped - events_dropped_);
  events_dropped_ = dropped;
}

// Says once which setting to raise. Threads that had no slot for the moment that it takes to add
// some are none of it.
void Collector::Advise(const model::Snapshot& snapshot) {
  const uint64_t orphans = source_.OrphansTotal();
  const bool slotless = std::exchange(orphans_advised_, orphans) != orphans;
  const std::string refused = source_.SlotsRefused();
  if (!advice_.empty()) return;
  if (slotless && !refused.empty()) {
    advice_ = "the kernel has no memory for more slots (" + refused +
              "): raise the daemon's limit (MemoryHigh, MemoryMax of its unit)";
  } else if (slotless && bindings_.size() >= source_.SlotCapacity()) {
    advice_ = "all " + std::to_string(source_.SlotCapacity()) +
              " slots are threads': raise slot_memory_mib (or slots)";
  } else if (snapshot.losses[model::Loss::kCallsUnattributed] != 0) {
    advice_ = "what does not fit into slots had no room: raise spill_entries";
  } else {
    return;
  }
  spdlog::warn("room ran out: {}", advice_);
  auto told = std::make_shared<model::Origin>(*origin_);
  told->degraded_because += told->degraded_because.empty() ? "" : "; ";
  told->degraded_because += "room ran out: " + advice_;
  told_origin_ = std::move(told);
}

void Collector::Account(model::Snapshot& snapshot) {
  losses_.Tell(snapshot.losses, snapshot.unplaced);
  for (const kernel::HookState& hook : source_.Hooks()) {
    // Nobody knows whose calls they would have been.
    snapshot.losses.count[static_cast<int>(model::Loss::kProgramMissed)] += hook.missed;
    snapshot.unplaced.count[static_cast<int>(model::Loss::kProgramMissed)] += hook.missed;
    snapshot.hooks.push_back({hook.name, hook.attached, hook.reason, hook.missed});
  }
  for (const Binding& binding : bindings_) snapshot.slots_used += binding.claim != Claim{};
  snapshot.slots_used += more_slots_;
  snapshot.slots_total = source_.SlotCapacity();
  snapshot.spill_used = spill_left_;
  snapshot.spill_total = source_.SpillCapacity();
  Advise(snapshot);
  if (told_origin_ != nullptr) snapshot.origin = told_origin_;
  snapshot.own_cpu_ns = clock_.OwnCpuNs();
  snapshot.resident_bytes = procfs_.OwnResidentBytes();
  if (sequence_ % kMemoryEvery == 1) memory_bytes_ = source_.MemoryBytes();
  snapshot.kernel_bytes = memory_bytes_;
}

void Collector::Pass(const std::vector<model::LifeId>& pinned) {
  // In this order: a PRESSURE event sent while the slots are read must stay in the ring,
  // where it wakes us for the next pass.
  objects_.Refresh();
  DrainEvents();
  source_.BeginHarvest();
  bindings_.resize(source_.SlotCount());  // what it lost was free
  SweepDeadThreads();
  HarvestSlots();
  HarvestSpill();
  losses_.Read(table_);
  NameCgroups();
  table_.Settle(pinned);
}

std::shared_ptr<model::Snapshot> Collector::Harvest(const std::vector<model::LifeId>& pinned) {
  Pass(pinned);
  auto snapshot = std::make_shared<model::Snapshot>();
  snapshot->sequence = ++sequence_;
  snapshot->realtime_ns = clock_.RealtimeNs();
  snapshot->boottime_ns = clock_.BoottimeNs();
  snapshot->origin = origin_;
  snapshot->units_unknown_because = units_unknown_because_;
  table_.Publish(*snapshot, [this](const ImageState& image) { return CountsOf(image); });
  // After the counts: no class in them is younger than the table.
  objects_.Refresh();
  snapshot->objects = objects_.Table();
  // Last: a loss that happened while the slots were read belongs to this snapshot.
  Account(*snapshot);
  return snapshot;
}

}  // namespace footprint::collect
