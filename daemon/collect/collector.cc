// SPDX-License-Identifier: Apache-2.0
#include "daemon/collect/collector.h"

#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <map>

#include "daemon/collect/counts_builder.h"

namespace footprint::collect {
namespace {

static_assert(static_cast<int>(model::Loss::kEventsDropped) == FP_LOSS_EVENTS_DROPPED);
static_assert(static_cast<int>(model::Loss::kCommandDropped) == FP_LOSS_COMMAND_DROPPED);

// The kernel's account of map memory changes rarely, and costs a dozen small reads.
constexpr uint64_t kMemoryEvery = 64;

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
      table_(limits, own_pid, [this](uint32_t pid) { return procfs_.Exists(pid); }),
      bindings_(source.Slots().size()) {
  for (const kernel::HookState& hook : source_.Hooks()) {
    if (hook.name == "sched_process_exit") exit_hook_ = hook.attached;
  }
}

ImageState& Collector::ImageOf(const fp_ident& ident, const Naming::Living& living, ImageId& id) {
  id = {.life = {.pid = ident.tgid, .birth = ident.life}, .number = ident.image};
  // Without a birth note a new process looks older than the attach. It must not inherit
  // from a dead one of the same pid; the loss `origin_unknown` says that this may happen.
  if (ident.life == 0 && table_.LongDead(id.life)) id.life.birth = ident.claim;
  model::LifeId parent = ParentOf(ident);
  if (parent.pid == 0 && living()) parent.pid = procfs_.ParentPid(ident.tgid);
  return table_.Get(id, parent, ident.start_ns != 0 ? ident.start_ns : ident.life, [&] {
    model::Image image = naming_.Describe(ident, living);
    const model::Image* above = table_.LatestImage(parent);
    // A fork runs its parent's program until it execs.
    if (image.exe.empty() && image.number == 0 && above != nullptr) image.exe = above->exe;
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

// Moves what the slot holds to its image for good, and frees it.
void Collector::Unbind(uint32_t index) {
  Binding& binding = bindings_[index];
  ImageState* image = table_.Find(binding.image);
  if (image != nullptr) {
    CountsBuilder builder;
    builder.AddSlot(source_.Slots()[index]);
    model::Add(image->ended, builder.Build());
    image->slots.erase(index);
    image->changed = true;
  }
  source_.Free(index);
  binding = {};
}

void Collector::HarvestSlots() {
  const std::span<fp_slot> slots = source_.Slots();
  for (uint32_t i = 0; i < slots.size(); ++i) {
    const fp_slot& slot = slots[i];
    const uint32_t state = StateOf(slot);
    if (state == FP_SLOT_FREE) continue;
    const bool open = state == FP_SLOT_OPEN;
    Binding& binding = bindings_[i];
    if (binding.claim != Claim{slot.ident.claim, slot.ident.tid}) Bind(i, slot, open);

    ImageState* image = table_.Find(binding.image);
    const uint64_t changes = __atomic_load_n(&slot.changes, __ATOMIC_RELAXED);
    if (image != nullptr && (changes != binding.changes || binding.open != open)) {
      image->changed = true;
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

// Without the exit hook nobody closes slots: look for their threads.
void Collector::SweepDeadThreads() {
  const std::span<fp_slot> slots = source_.Slots();
  for (uint32_t i = 0; i < slots.size(); ++i) {
    if (StateOf(slots[i]) != FP_SLOT_OPEN) continue;
    if (!ThreadExists(slots[i].ident.tgid, slots[i].ident.tid)) {
      __atomic_store_n(&slots[i].state, FP_SLOT_CLOSED, __ATOMIC_RELEASE);
    }
  }
}

// Claims that may still count, as of now; and how many orphans each image has.
std::set<Collector::Claim> Collector::OpenClaims() {
  std::set<Claim> open;
  for (const Binding& binding : bindings_) {
    if (binding.claim != Claim{}) open.insert(binding.claim);
  }
  std::map<ImageId, uint32_t> orphans;
  const auto status = source_.WalkOrphans([&](const fp_orphan& orphan) {
    const fp_ident& ident = orphan.ident;
    if (ident.claim == 0) return;  // about to be filled in
    open.insert({ident.claim, ident.tid});
    ImageId id;
    // An orphan may exec while we look; its slot-less state cannot be asked cheaply.
    ImageOf(ident, kGone, id);
    ++orphans[id];
  });
  if (!status.ok()) spdlog::warn("{}", status.ToString());
  for (const ImageId& id : with_orphans_) {
    if (ImageState* image = table_.Find(id); image != nullptr && !orphans.contains(id)) {
      image->orphans = 0;
      image->changed = true;
    }
  }
  with_orphans_.clear();
  for (const auto& [id, count] : orphans) {
    table_.Find(id)->orphans = count;
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
  std::vector<fp_spill_key> final;
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
      final.push_back(key);
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
  for (const fp_spill_key& key : final) source_.DeleteSpill(key);
  spill_seen_ = std::move(seen);
}

model::Counts Collector::CountsOf(const ImageState& image) {
  CountsBuilder builder;
  for (const uint32_t index : image.slots) builder.AddSlot(source_.Slots()[index]);
  model::Counts counts = builder.Build();
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
  source_.DrainEvents([this](const fp_event& event) { OnEvent(event); });
  const uint64_t dropped = source_.Losses()[FP_LOSS_EVENTS_DROPPED];
  if (dropped != events_dropped_) events_.lost(dropped - events_dropped_);
  events_dropped_ = dropped;
}

void Collector::Account(model::Snapshot& snapshot) {
  const auto losses = source_.Losses();
  for (int i = 0; i < FP_LOSS_COUNT; ++i) snapshot.losses.count[i] = losses[i];
  for (const kernel::HookState& hook : source_.Hooks()) {
    snapshot.losses.count[static_cast<int>(model::Loss::kProgramMissed)] += hook.missed;
    snapshot.hooks.push_back({hook.name, hook.attached, hook.reason, hook.missed});
  }
  for (const Binding& binding : bindings_) snapshot.slots_used += binding.claim != Claim{};
  snapshot.slots_total = bindings_.size();
  snapshot.spill_used = spill_left_;
  snapshot.spill_total = source_.SpillCapacity();
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
  if (!exit_hook_) SweepDeadThreads();
  HarvestSlots();
  HarvestSpill();
  table_.Settle(pinned);
}

std::shared_ptr<model::Snapshot> Collector::Harvest(const std::vector<model::LifeId>& pinned) {
  Pass(pinned);
  auto snapshot = std::make_shared<model::Snapshot>();
  snapshot->sequence = ++sequence_;
  snapshot->realtime_ns = clock_.RealtimeNs();
  snapshot->boottime_ns = clock_.BoottimeNs();
  snapshot->origin = origin_;
  table_.Publish(*snapshot, [this](const ImageState& image) { return CountsOf(image); });
  // After the counts: no class in them is younger than the table.
  objects_.Refresh();
  snapshot->objects = objects_.Table();
  // Last: a loss that happened while the slots were read belongs to this snapshot.
  Account(*snapshot);
  return snapshot;
}

}  // namespace footprint::collect
