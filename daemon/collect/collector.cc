// SPDX-License-Identifier: Apache-2.0
#include "daemon/collect/collector.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <ctime>
#include <utility>

namespace footprint::collect {
namespace {

static_assert(static_cast<int>(model::Loss::kEventsDropped) == FP_LOSS_EVENTS_DROPPED);
static_assert(static_cast<int>(model::Loss::kCommandDropped) == FP_LOSS_COMMAND_DROPPED);

// The kernel's account of map memory changes rarely, and costs a dozen small reads.
constexpr uint64_t kMemoryEvery = 64;
constexpr size_t kNamesAtATime = 64;  // cgroups that are asked for again in a pass
constexpr int kLooksAtTheDead = 3;  // until what the kernel told of their cgroup was read for sure

// UTC, as of RFC 3339.
std::string SecondOf(int64_t realtime_ns) {
  const time_t seconds = realtime_ns / 1'000'000'000;
  tm utc;
  char text[32] = "";
  if (gmtime_r(&seconds, &utc) != nullptr) strftime(text, sizeof(text), "%FT%TZ", &utc);
  return text;
}

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
  if (sees_all_threads_) table_.KnowOlder(procfs_.Parents());
  units_unknown_because_ = std::make_shared<std::string>(procfs_.UnitsUnknownBecause());
  for (const kernel::HookState& hook : source_.Hooks()) {
    if (hook.name == "sched_process_exit") exit_hook_ = hook.attached;
  }
}

ImageState& Collector::ImageOf(const fp_ident& as_seen, const Naming::Living& living, ImageId& id) {
  fp_ident ident = as_seen;
  table_.FindStray(ident.tgid, ident.start_ns, ident.life, ident.image);
  id = {.life = {.pid = ident.tgid, .birth = ident.life},
        .key = {.number = ident.image, .cgroup = ident.cgroup}};
  // Without a birth note a new process looks older than the attach. It must not inherit
  // from a dead one of the same pid; the loss `origin_unknown` says that this may happen.
  if (ident.life == 0 && table_.LongDead(id.life)) id.life.birth = ident.claim;
  model::LifeId parent = ParentOf(ident);
  if (parent.pid == 0 && living()) parent.pid = procfs_.ParentPid(ident.tgid);
  return table_.Get(id, parent, ident.start_ns != 0 ? ident.start_ns : ident.life, [&] {
    model::Image image = naming_.Describe(ident, living);
    FindProgram(id.life, ident, image, living);
    if (image.cgroup.empty() && ident.cgroup != 0) unnamed_.emplace_back(id, 0);
    return image;
  });
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
      naming_.SetCgroup(path, image->info.Change());
      image->changed = true;
    } else if (image->Held() || looked + 1 < kLooksAtTheDead) {
      unnamed_.emplace_back(id, looked + 1);
    }
  }
}

model::PackedPtr Collector::CountsOf(const ImageState& image) {
  // Most that end have counted all in threads that are gone.
  const bool gone = image.slots.empty() && image.orphans_in_flight == 0;
  if (gone && image.spilled == nullptr) return image.ended;
  CountsBuilder builder(exits_);
  for (const uint32_t index : image.slots) AddSlot(builder, index);
  model::Counts counts = builder.Build();
  counts.in_flight += image.orphans_in_flight;
  for (const model::PackedPtr& more : {image.ended, image.spilled}) {
    if (more != nullptr) model::Add(counts, more->Unpack());
  }
  return model::PackedCounts::Pack(counts);
}

void Collector::OnEvent(const fp_event& as_seen) {
  if (as_seen.kind == FP_EVENT_PRESSURE) return;
  fp_event event = as_seen;
  table_.FindStray(event.ident.tgid, event.ident.start_ns, event.ident.life, event.ident.image);
  const int64_t age = clock_.BoottimeNs() - event.when;
  model::Event out{.realtime_ns = clock_.RealtimeNs() - age,
                   .life = {event.ident.tgid, event.ident.life},
                   .parent = ParentOf(event.ident),
                   .image = naming_.Describe(event.ident, Naming::kGone)};
  FindProgram(out.life, event.ident, out.image, Naming::kGone);
  // Nothing else may tell of what has no slot, where the spill map has no room either: so its
  // losses find it.
  if (event.ident.slotless && (event.kind == FP_EVENT_FORK || event.kind == FP_EVENT_EXEC)) {
    ImageId id;
    ImageOf(event.ident, Naming::kGone, id);
  }
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
        out.object = std::make_shared<const model::ObjectClass>(*object);
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
  source_.DrainEvents([this](const fp_event& event) { OnEvent(event); },
                      [this](const fp_note& note, size_t bytes) { OnNote(note, bytes); });
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
              " slots are threads': raise slot_memory_mib, or slots where that is set";
  } else if (snapshot.losses[model::Loss::kCallsUnattributed] != 0) {
    advice_ = "what does not fit into slots had no room: raise spill_entries";
  } else {
    return;
  }
  spdlog::warn("room ran out: {}", advice_);
  auto told = std::make_shared<model::Origin>(*origin_);
  told->degraded_because += told->degraded_because.empty() ? "" : "; ";
  // Kept, since what was lost stays lost: with its time, it is no word of now.
  told->degraded_because += "room ran out at " + SecondOf(snapshot.realtime_ns) + ": " + advice_;
  told_origin_ = std::move(told);
}

void Collector::Account(model::Snapshot& snapshot) {
  losses_.Tell(snapshot);
  snapshot.losses = model::Sum(snapshot.losses, table_.dropped());
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
  snapshot.names_lost = source_.NotesLost();
  snapshot.own_cpu_ns = clock_.OwnCpuNs();
  snapshot.resident_bytes = procfs_.OwnResidentBytes();
  if (sequence_ % kMemoryEvery == 1) memory_bytes_ = source_.MemoryBytes();
  snapshot.kernel_bytes = memory_bytes_;
}

void Collector::Pass(const std::map<model::LifeId, uint32_t>& pinned) {
  // In this order: a PRESSURE event sent while the slots are read must stay in the ring,
  // where it wakes us for the next pass.
  objects_.Refresh();
  DrainEvents();
  source_.BeginHarvest();
  bindings_.resize(source_.SlotCount());  // what it lost was free
  SweepDeadThreads();
  NoteExitsInForce();
  HarvestSlots();
  HarvestSpill();
  // A note is submitted before its slot opens: of every image that was read it has come by now.
  DrainEvents();
  Inherit();
  programs_.Age();
  losses_.Read(table_);
  NameCgroups();
  table_.Settle(pinned);
}

std::shared_ptr<model::Snapshot> Collector::Harvest(
    const std::map<model::LifeId, uint32_t>& pinned) {
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
