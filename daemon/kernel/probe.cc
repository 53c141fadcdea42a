// SPDX-License-Identifier: Apache-2.0
#include "daemon/kernel/probe.h"

#include <bpf/bpf.h>
#include <sched.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "daemon/kernel/attempts.h"
#include "daemon/kernel/kernel_memory.h"
#include "daemon/kernel/lost_runs.h"
#include "daemon/kernel/object.h"
#include "daemon/kernel/perf_tracepoint.h"
#include "daemon/kernel/preempt_probe.h"
#include "daemon/kernel/walk.h"

namespace footprint::kernel {
namespace {

// Perf skips its programs on a CPU where some task was preempted inside a bpf(2) call. This thread
// makes such calls, and would wait there behind everybody: let it go ahead of all ordinary threads,
// those that it starts not. Where that is not permitted, what is skipped is counted.
void GoAheadOfOrdinaryThreads() {
  sched_param first{};
  first.sched_priority = 1;
  sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first);
}

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
    ring_ = ring_buffer__new(Fd("events"), &LoadedProbe::OnEvent, this, nullptr);
    if (ring_ == nullptr) return absl::ErrnoToStatus(errno, "map the ring buffer");
    // A slot that nobody closes when its thread ends, or takes another tid at an exec, would be
    // taken for that of the next thread on the same stack. Where the kernel skips runs, that could
    // happen unseen.
    const bool ends_seen =
        HookOf("sched_process_exit")->attached && HookOf("sched_process_exec")->attached;
    *globals_.frames = ends_seen && !options_.rescues ? 1 : 0;
    *globals_.armed = 1;
    return absl::OkStatus();
  }

  void HarvestFromThisThread() override {
    if (options_.rescues) GoAheadOfOrdinaryThreads();
  }

  std::string object() const override { return kind_ == ObjectKind::kCore ? "core" : "full"; }
  uint32_t possible() const override { return options_.possible; }
  uint32_t measured() const override { return *globals_.measured; }
  std::string degraded_because() const override { return degraded_; }
  int event_fd() const override { return ring_buffer__epoll_fd(ring_); }

  absl::Status Measure(uint32_t what) override {
    if ((what & ~options_.possible) != 0 || (what != 0 && !(what & FP_MEASURE_ERRORS))) {
      return absl::FailedPreconditionError("this kernel cannot measure that");
    }
    HookState* exit = HookOf(kSysExit);
    if (what != 0 && !exit->attached) {
      if (absl::Status status = object_->Attach(*exit); !status.ok()) return status;
      *globals_.exits = ++exits_;  // only now: what entered before may have left unseen
    }
    *globals_.measured = what;
    if (what == 0 && exit->attached) {
      *globals_.exits = 0;
      object_->Detach(*exit);
      exit->reason = "not needed at tier calls";
    }
    return absl::OkStatus();
  }

  absl::Status IgnoreCgroup(uint64_t id, bool ignored) override {
    const uint8_t value = 1;
    if (!ignored) {
      if (bpf_map_delete_elem(Fd("ignored_groups"), &id) != 0)
        return absl::OkStatus();  // not there
      *globals_.groups_ignored = *globals_.groups_ignored - 1;
      return absl::OkStatus();
    }
    if (bpf_map_update_elem(Fd("ignored_groups"), &id, &value, BPF_ANY) != 0) {
      return errno == E2BIG ? absl::ResourceExhaustedError("too many cgroups are to be ignored")
                            : absl::ErrnoToStatus(errno, "note a cgroup to be ignored");
    }
    *globals_.groups_ignored = *globals_.groups_ignored + 1;
    return absl::OkStatus();
  }

  uint32_t SlotCount() override { return object_->room().Refresh(); }
  fp_slot& Slot(uint32_t index) override { return object_->room().At(index); }
  uint32_t SlotCapacity() const override { return options_.slots; }
  std::string SlotsRefused() override { return object_->room().refusal(); }
  void Free(uint32_t index) override { object_->room().Free(index); }

  void CloseDead(uint32_t index) override {
    fp_slot& slot = Slot(index);
    uint32_t found = 0;
    const uint64_t task = slot.task;
    const int threads = Fd("threads");
    if (bpf_map_lookup_elem(threads, &task, &found) == 0 && found == index) {
      bpf_map_delete_elem(threads, &task);
    }
    __atomic_store_n(&slot.state, FP_SLOT_CLOSED, __ATOMIC_RELEASE);
  }

  uint32_t ExitsInForce() const override { return *globals_.exits; }
  void BeginHarvest() override { *globals_.pressure_sent = 0; }

  void DrainEvents(const std::function<void(const fp_event&)>& sink,
                   const std::function<void(const fp_note&, size_t)>& notes) override {
    sink_ = &sink;
    notes_ = &notes;
    ring_buffer__consume(ring_);
    sink_ = nullptr;
    notes_ = nullptr;
  }
  uint64_t NotesLost() const override { return *globals_.notes_lost; }

  uint64_t SpilledTotal() const override { return *globals_.spilled_total; }
  uint64_t OrphansTotal() const override { return *globals_.orphans_total; }
  absl::Status WalkSpill(
      const std::function<void(const fp_spill_key&, const fp_spill&)>& sink) override {
    return WalkMap<fp_spill_key, fp_spill>(Fd("spill"), "spill", sink);
  }
  absl::Status WalkOrphans(const std::function<void(const fp_orphan&)>& sink) override {
    return WalkMap<uint64_t, fp_orphan>(Fd("orphans"), "orphans",
                                        [&](uint64_t, const fp_orphan& orphan) { sink(orphan); });
  }
  void DeleteSpill(const fp_spill_key& key, const fp_ident& ident) override {
    if (bpf_map_delete_elem(Fd("spill"), &key) != 0) return;
    __atomic_fetch_sub(&globals_.spill_shares[ident.tgid % FP_SPILL_SHARES], 1, __ATOMIC_RELAXED);
    if (!ident.slotless) __atomic_fetch_sub(globals_.spill_apart, 1, __ATOMIC_RELAXED);
  }
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
    fp_class_key family = key;  // as join_family() in bpf/lib/class.bpf.h
    const bool socket = (key.traits & 0xf) == S_IFSOCK >> 12;
    family.traits |= socket ? uint64_t{FP_PROTOCOL_ANY} << 48 : uint64_t{FP_MINOR_ANY} << 32;
    bpf_map_delete_elem(Fd("families"), &family);
  }

  std::array<uint64_t, FP_LOSS_COUNT> Losses() const override {
    std::array<uint64_t, FP_LOSS_COUNT> losses;
    for (int i = 0; i < FP_LOSS_COUNT; ++i) losses[i] = globals_.losses[i];
    return losses;
  }

  absl::Status WalkLosers(const std::function<void(const fp_loser&, uint64_t)>& sink) override {
    return WalkMap<fp_loser, uint64_t>(Fd("losers"), "losers", sink);
  }
  uint64_t TakeLoser(const fp_loser& key) override {
    uint64_t count = 0;
    const int losers = Fd("losers");
    if (bpf_map_lookup_elem(losers, &key, &count) != 0) return 0;
    bpf_map_delete_elem(losers, &key);
    return count;
  }

  std::vector<HookState> Hooks() const override {
    for (HookState& hook : hooks_) {
      // A count that fell again, as threads pass the second program, would hide a loss behind it.
      if (hook.attached) hook.missed = MissedBy(hook.name, hook.missed);
    }
    return hooks_;
  }

  uint64_t MemoryBytes() const override {
    return ObjectMemoryBytes(object_->object()) + object_->room().MemoryBytes();
  }

 private:
  static int OnEvent(void* context, void* data, size_t size) {
    const auto* self = static_cast<LoadedProbe*>(context);
    if (size < sizeof(uint32_t) || self->sink_ == nullptr) return 0;
    if (*static_cast<const uint32_t*>(data) == FP_EVENT_NOTE) {
      if (size >= sizeof(fp_note)) (*self->notes_)(*static_cast<const fp_note*>(data), size);
    } else if (size >= sizeof(fp_event)) {
      (*self->sink_)(*static_cast<const fp_event*>(data));
    }
    return 0;
  }

  uint64_t MissedBy(const std::string& name, uint64_t seen) const {
    return LostRuns(object_->PerfProgram(name), object_->Program(name),
                    globals_.rescued[HookNamed(name).rescued], seen);
  }

  HookState* HookOf(const std::string& name) {
    const auto it = std::find_if(hooks_.begin(), hooks_.end(),
                                 [&](const HookState& hook) { return hook.name == name; });
    return it == hooks_.end() ? nullptr : &*it;
  }

  int Fd(const char* map) const { return bpf_object__find_map_fd_by_name(object_->object(), map); }

  std::unique_ptr<Object> object_;
  const Globals globals_;
  const Options options_;
  const ObjectKind kind_;
  mutable std::vector<HookState> hooks_;  // as of the last look
  const std::string degraded_;
  ring_buffer* ring_ = nullptr;
  uint32_t exits_ = 1;  // ordinal of the latest attachment of sys_exit
  const std::function<void(const fp_event&)>* sink_ = nullptr;
  const std::function<void(const fp_note&, size_t)>* notes_ = nullptr;
};

// abi_from_regs(), bpf/lib/regs.bpf.h: the core object has the registers alone to tell by.
#if defined(__x86_64__)
constexpr bool kInt80MayStandAnywhere = true;
#else
constexpr bool kInt80MayStandAnywhere = false;
#endif
constexpr char kInt80[] =
    "the core object cannot tell for sure which calls of 64-bit programs are int 0x80: such a "
    "program can make one count as the x86_64 call of that number";

bool Attached(const std::vector<HookState>& hooks, const char* name) {
  return std::any_of(hooks.begin(), hooks.end(),
                     [&](const HookState& hook) { return hook.attached && hook.name == name; });
}

// Narrows what is possible, and with it what is measured.
void Permit(Options& options, uint32_t possible, std::string why, std::string& degraded) {
  options.possible &= possible;
  if ((options.measure & ~possible) == 0) return;
  options.measure &= possible;
  degraded = std::move(why);
}

// Loads one object; without sys_exit it is loaded again for calls alone, because every
// call would be taken for one that never returned.
absl::StatusOr<std::unique_ptr<Object>> LoadWithTier(ObjectKind kind, Options& options,
                                                     std::vector<HookState>& hooks,
                                                     std::string& degraded) {
  auto disabled = [&](const char* hook) {
    return std::find(options.disable_hooks.begin(), options.disable_hooks.end(), hook) !=
           options.disable_hooks.end();
  };
  constexpr uint32_t kNoObjects = FP_MEASURE_ALL & ~FP_MEASURE_OBJECTS;
  if (disabled("sys_enter")) {
    return absl::UnavailableError("sys_enter is disabled by configuration: nothing to count");
  }
  if (disabled(kSysExit)) {
    Permit(options, 0, "sys_exit is disabled by configuration: tier calls", degraded);
  }
  if (kind == ObjectKind::kCore) {
    Permit(options, kNoObjects,
           "the core object does not see what is behind a descriptor: tier latency", degraded);
  } else if (!options.may_read_kernel) {
    Permit(options, kNoObjects, "what is behind a descriptor is unknown: tier latency", degraded);
    degraded = "kernel memory may not be read (lockdown=confidentiality?): files given to exec " +
               (degraded.empty() ? "are unknown" : "are unknown, " + degraded);
  }
  auto object = Object::Load(kind, options, hooks);
  if (object.ok() && options.measure != 0 && !Attached(hooks, kSysExit)) {
    Permit(options, 0, "sys_exit does not attach: tier calls", degraded);
    object->reset();
    object = Object::Load(kind, options, hooks);
  }
  return object;
}

}  // namespace

absl::Status CheckHookNames(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const bool known = std::any_of(std::begin(kHooks), std::end(kHooks),
                                   [&](const Hook& hook) { return name == hook.tracepoint; });
    if (!known) {
      return absl::InvalidArgumentError(absl::StrCat("disable_hooks: no hook \"", name, "\""));
    }
    if (name == "sys_enter") {
      return absl::InvalidArgumentError("disable_hooks: nothing is counted without sys_enter");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Probe>> Probe::Create(const Options& wanted) {
  if (absl::Status status = CheckHookNames(wanted.disable_hooks); !status.ok()) return status;
  Options options;
  std::vector<HookState> hooks;
  std::string degraded;
  std::unique_ptr<Object> object;
  const auto load = [&](const Attempt& attempt) {
    options = wanted;
    options.rescues = attempt.rescues;
    options.may_read_kernel = attempt.may_read_kernel;
    degraded.clear();
    auto loaded = LoadWithTier(attempt.kind, options, hooks, degraded);
    if (loaded.ok()) object = *std::move(loaded);
    return loaded.status();
  };
  const bool preemptible = TracepointsArePreemptible();
  const absl::StatusOr<Attempts> made = TryObjects(wanted.object, preemptible, load);
  if (!made.ok()) return made.status();
  const ObjectKind kind = made->last.kind;
  std::vector<std::string> reasons = made->reasons;
  if (!degraded.empty()) reasons.push_back(degraded);
  if (kind == ObjectKind::kCore && kInt80MayStandAnywhere) reasons.push_back(kInt80);
  if (preemptible && !options.rescues) reasons.push_back(WithoutPerf(made->without_perf));
  auto probe = std::make_unique<LoadedProbe>(std::move(object), options, kind, std::move(hooks),
                                             absl::StrJoin(reasons, "; "));
  if (absl::Status status = probe->Open(); !status.ok()) return status;
  return probe;
}

}  // namespace footprint::kernel
