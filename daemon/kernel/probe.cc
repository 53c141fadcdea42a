// SPDX-License-Identifier: Apache-2.0
#include "daemon/kernel/probe.h"

#include <bpf/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "daemon/kernel/kernel_memory.h"
#include "daemon/kernel/object.h"
#include "daemon/kernel/walk.h"

namespace footprint::kernel {
namespace {

// The memory of a mmapable array map.
class SlotMapping {
 public:
  absl::Status Map(int fd, uint32_t slots) {
    const size_t page = sysconf(_SC_PAGESIZE);
    size_ = (sizeof(fp_slot) * slots + page - 1) / page * page;
    memory_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory_ == MAP_FAILED) return absl::ErrnoToStatus(errno, "map the slots");
    slots_ = {static_cast<fp_slot*>(memory_), slots};
    return absl::OkStatus();
  }
  ~SlotMapping() {
    if (memory_ != MAP_FAILED) munmap(memory_, size_);
  }
  std::span<fp_slot> slots() const { return slots_; }

 private:
  void* memory_ = MAP_FAILED;
  size_t size_ = 0;
  std::span<fp_slot> slots_;
};

class LoadedProbe : public Probe {
 public:
  LoadedProbe(std::unique_ptr<Object> object, const Options& options, ObjectKind kind,
              std::vector<HookState> hooks, std::string degraded)
      : object_(std::move(object)),
        globals_(object_->globals()),
        options_(options),
        kind_(kind),
        hooks_(std::move(hooks)),
        degraded_(std::move(degraded)) {}

  ~LoadedProbe() override {
    if (ring_ != nullptr) ring_buffer__free(ring_);
  }

  absl::Status Open() {
    if (absl::Status status = mapping_.Map(Fd("slots"), options_.slots); !status.ok()) {
      return status;
    }
    ring_ = ring_buffer__new(Fd("events"), &LoadedProbe::OnEvent, this, nullptr);
    if (ring_ == nullptr) return absl::ErrnoToStatus(errno, "map the ring buffer");
    *globals_.armed = 1;
    return absl::OkStatus();
  }

  std::string object() const override { return kind_ == ObjectKind::kCore ? "core" : "full"; }
  uint32_t possible() const override { return measured(); }
  uint32_t measured() const override {
    switch (options_.tier) {
      case FP_TIER_CALLS:
        return 0;
      case FP_TIER_ERRORS:
        return FP_MEASURE_ERRORS;
      case FP_TIER_LATENCY:
        return FP_MEASURE_ERRORS | FP_MEASURE_LATENCY;
      case FP_TIER_FULL:
        return FP_MEASURE_ERRORS | FP_MEASURE_LATENCY | FP_MEASURE_OBJECTS;
    }
    return 0;
  }
  absl::Status Measure(uint32_t what) override {
    if (what == measured()) return absl::OkStatus();
    return absl::FailedPreconditionError("not possible: the tier is fixed at start");
  }
  absl::Status IgnoreCgroup(uint64_t) override {
    return absl::FailedPreconditionError("not possible: cgroups cannot be ignored");
  }
  std::string degraded_because() const override { return degraded_; }
  int event_fd() const override { return ring_buffer__epoll_fd(ring_); }

  std::span<fp_slot> Slots() override { return mapping_.slots(); }

  void Free(uint32_t index) override {
    fp_slot& slot = mapping_.slots()[index];
    // The state goes last; the system call below orders it before the claim is open again.
    std::memset(reinterpret_cast<char*>(&slot) + sizeof(slot.state), 0,
                sizeof(slot) - sizeof(slot.state));
    __atomic_store_n(&slot.state, FP_SLOT_FREE, __ATOMIC_RELEASE);
    bpf_map_delete_elem(Fd("claims"), &index);
    *globals_.freed_total = *globals_.freed_total + 1;
  }

  void BeginHarvest() override { *globals_.pressure_sent = 0; }

  void DrainEvents(const std::function<void(const fp_event&)>& sink) override {
    sink_ = &sink;
    ring_buffer__consume(ring_);
    sink_ = nullptr;
  }

  uint64_t SpilledTotal() const override { return *globals_.spilled_total; }
  uint64_t OrphansTotal() const override { return *globals_.orphans_total; }
  absl::Status WalkSpill(
      const std::function<void(const fp_spill_key&, const fp_spill&)>& sink) override {
    return WalkMap<fp_spill_key, fp_spill>(Fd("spill"), "spill", sink);
  }
  absl::Status WalkOrphans(const std::function<void(const fp_orphan&)>& sink) override {
    return WalkMap<uint32_t, fp_orphan>(Fd("orphans"), "orphans",
                                        [&](uint32_t, const fp_orphan& orphan) { sink(orphan); });
  }
  void DeleteSpill(const fp_spill_key& key) override { bpf_map_delete_elem(Fd("spill"), &key); }
  uint32_t SpillCapacity() const override { return options_.spill_entries; }

  uint64_t ClassesTotal() const override { return *globals_.classes_total; }
  uint32_t ModulesEpoch() const override { return *globals_.modules_epoch; }
  absl::Status WalkClasses(const std::function<void(uint32_t, const fp_class&)>& sink) override {
    return WalkMap<uint32_t, fp_class>(Fd("classes"), "classes", sink);
  }
  absl::Status WalkCommands(const std::function<void(uint32_t, const fp_command&)>& sink) override {
    return WalkMap<uint32_t, fp_command>(Fd("commands"), "commands", sink);
  }
  void ForgetClass(uint32_t id, const fp_class_key& key) override {
    bpf_map_delete_elem(Fd("class_ids"), &key);  // first: from here on nobody finds the id
    bpf_map_delete_elem(Fd("classes"), &id);
  }

  std::array<uint64_t, FP_LOSS_COUNT> Losses() const override {
    std::array<uint64_t, FP_LOSS_COUNT> losses;
    for (int i = 0; i < FP_LOSS_COUNT; ++i) losses[i] = globals_.losses[i];
    return losses;
  }

  std::vector<HookState> Hooks() const override {
    std::vector<HookState> hooks = hooks_;
    for (size_t i = 0; i < hooks.size(); ++i) {
      if (!hooks[i].attached) continue;
      bpf_prog_info info{};
      uint32_t length = sizeof(info);
      const int fd = bpf_program__fd(
          bpf_object__find_program_by_name(object_->object(), HookNamed(hooks[i].name).program));
      if (bpf_obj_get_info_by_fd(fd, &info, &length) == 0) hooks[i].missed = info.recursion_misses;
    }
    return hooks;
  }

  uint64_t MemoryBytes() const override { return ObjectMemoryBytes(object_->object()); }

 private:
  static int OnEvent(void* context, void* data, size_t size) {
    const auto* self = static_cast<LoadedProbe*>(context);
    if (size >= sizeof(fp_event) && self->sink_ != nullptr) {
      (*self->sink_)(*static_cast<const fp_event*>(data));
    }
    return 0;
  }

  int Fd(const char* map) const { return bpf_object__find_map_fd_by_name(object_->object(), map); }

  std::unique_ptr<Object> object_;
  const Globals globals_;
  const Options options_;
  const ObjectKind kind_;
  const std::vector<HookState> hooks_;
  const std::string degraded_;
  SlotMapping mapping_;
  ring_buffer* ring_ = nullptr;
  const std::function<void(const fp_event&)>* sink_ = nullptr;
};

absl::Status CheckHookNames(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const bool known = std::any_of(std::begin(kHooks), std::end(kHooks),
                                   [&](const Hook& hook) { return name == hook.tracepoint; });
    if (!known) return absl::InvalidArgumentError(absl::StrCat("no hook \"", name, "\""));
  }
  return absl::OkStatus();
}

bool Attached(const std::vector<HookState>& hooks, const char* name) {
  return std::any_of(hooks.begin(), hooks.end(),
                     [&](const HookState& hook) { return hook.attached && hook.name == name; });
}

fp_tier TierOf(uint32_t measure) {
  if (measure == 0) return FP_TIER_CALLS;
  if (measure & FP_MEASURE_OBJECTS) return FP_TIER_FULL;
  return measure & FP_MEASURE_LATENCY ? FP_TIER_LATENCY : FP_TIER_ERRORS;
}

// Loads one object; without sys_exit it is loaded again at tier calls, because a
// higher tier would take every call for one that never returned.
absl::StatusOr<std::unique_ptr<Object>> LoadWithTier(ObjectKind kind, Options& options,
                                                     std::vector<HookState>& hooks,
                                                     std::string& degraded) {
  auto disabled = [&](const char* hook) {
    return std::find(options.disable_hooks.begin(), options.disable_hooks.end(), hook) !=
           options.disable_hooks.end();
  };
  if (disabled("sys_enter")) {
    return absl::UnavailableError("sys_enter is disabled by configuration: nothing to count");
  }
  if (options.tier > FP_TIER_CALLS && disabled("sys_exit")) {
    degraded = "sys_exit is disabled by configuration: tier calls";
    options.tier = FP_TIER_CALLS;
  }
  if (kind == ObjectKind::kCore && options.tier == FP_TIER_FULL) {
    degraded = "the core object does not see what is behind a descriptor: tier latency";
    options.tier = FP_TIER_LATENCY;
  }
  if (!options.may_read_kernel && kind != ObjectKind::kCore) {
    degraded =
        "kernel memory may not be read (lockdown=confidentiality?): files given to exec and what "
        "is behind a descriptor are unknown: tier latency";
    options.tier = std::min(options.tier, FP_TIER_LATENCY);
  }
  auto object = Object::Load(kind, options, hooks);
  if (object.ok() && options.tier > FP_TIER_CALLS && !Attached(hooks, "sys_exit")) {
    degraded = "sys_exit does not attach: tier calls";
    options.tier = FP_TIER_CALLS;
    object->reset();
    object = Object::Load(kind, options, hooks);
  }
  return object;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Probe>> Probe::Create(const Options& asked) {
  if (absl::Status status = CheckHookNames(asked.disable_hooks); !status.ok()) return status;
  Options wanted = asked;
  wanted.tier = TierOf(asked.measure);
  Options options = wanted;
  std::vector<HookState> hooks;
  std::vector<std::string> reasons;
  // At tier calls nothing leaves, so the exit program would only cost.
  if (options.tier == FP_TIER_CALLS) options.disable_hooks.push_back("sys_exit");

  std::string degraded;
  absl::StatusOr<std::unique_ptr<Object>> object = absl::UnavailableError("not tried");
  ObjectKind kind = ObjectKind::kCore;
  const auto attempt = [&](ObjectKind next) {
    kind = next;
    options.tier = wanted.tier;
    degraded.clear();
    object = LoadWithTier(kind, options, hooks, degraded);
  };
  if (options.object != ObjectChoice::kCore) {
    if (options.object != ObjectChoice::kPlain) attempt(ObjectKind::kFullTyped);
    if (!object.ok()) attempt(ObjectKind::kFull);
    if (!object.ok()) reasons.push_back(std::string(object.status().message()));
    if (!object.ok()) {
      options.may_read_kernel = false;
      attempt(ObjectKind::kFull);
    }
  }
  const bool any = options.object == ObjectChoice::kAuto || options.object == ObjectChoice::kCore;
  if (!object.ok() && any) attempt(ObjectKind::kCore);
  if (!object.ok()) {
    return absl::IsPermissionDenied(object.status())
               ? object.status()
               : absl::UnavailableError(object.status().message());
  }
  if (!degraded.empty()) reasons.push_back(degraded);
  auto probe = std::make_unique<LoadedProbe>(*std::move(object), options, kind, std::move(hooks),
                                             absl::StrJoin(reasons, "; "));
  if (absl::Status status = probe->Open(); !status.ok()) return status;
  return probe;
}

}  // namespace footprint::kernel
