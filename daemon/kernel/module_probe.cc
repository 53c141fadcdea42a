// SPDX-License-Identifier: Apache-2.0
#include "daemon/kernel/module_probe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "daemon/kernel/kernel_memory.h"
#include "daemon/kernel/libbpf_words.h"
#include "daemon/kernel/lost_runs.h"
#include "daemon/kernel/perf_tracepoint.h"
#include "daemon/kernel/preempt_probe.h"
#include "daemon/kernel/walk.h"
#include "modules_bpf.skel.h"
#include "modules_core_bpf.skel.h"

namespace footprint::kernel {
namespace {

constexpr uint32_t kRingBytes = 64 * 1024;
constexpr uint32_t kMarks = 4096;

struct ModuleHook {
  const char* name;  // of tracepoint and program
  fp_module_kind kind;
  const char* cost;
};
constexpr ModuleHook kModuleHooks[] = {
    {"module_free", FP_MODULE_FREE, "unloads are found in /proc/modules alone"},
    {"module_load", FP_MODULE_LOAD, "loads are found in /proc/modules alone"},
    {"module_put", FP_MODULE_PUT, "references are known from /proc/modules alone"},
    {"module_get", FP_MODULE_GET, "references are known from /proc/modules alone"},
    {"module_request", FP_MODULE_REQUEST, "what the kernel asks modprobe for is not seen"},
};

template <typename Skeleton>
class LoadedModules : public ModuleProbe {
 public:
  LoadedModules(Skeleton* skeleton, const char* name) : skeleton_(skeleton), name_(name) {}
  ~LoadedModules() override {
    if (ring_ != nullptr) ring_buffer__free(ring_);
    for (bpf_link* link : links_) bpf_link__destroy(link);
    Skeleton::destroy(skeleton_);
  }

  // Before LoadAndAttach(): each hook gets perf's program, too, or that fails.
  absl::Status Rescue() {
    if constexpr (requires { skeleton_->maps.marks; }) {
      // With fewer marks than mark_mask says, events would count twice.
      if (const int error = bpf_map__set_max_entries(skeleton_->maps.marks, kMarks)) {
        return StepFailed(name_, "set the number of marks", error);
      }
      rescued_ = reinterpret_cast<volatile uint64_t*>(&skeleton_->bss->rescued[0]);
      skeleton_->rodata->rescues = 1;
      skeleton_->rodata->mark_mask = kMarks - 1;
    }
    return absl::OkStatus();
  }

  absl::Status LoadAndAttach() {
    // A ring is a whole number of pages, which may be 64 KiB.
    const auto ring = std::max<uint32_t>(kRingBytes, sysconf(_SC_PAGESIZE));
    if (const int error = bpf_map__set_max_entries(skeleton_->maps.events, ring)) {
      return StepFailed(name_, "set the size of the ring", error);
    }
    ChoosePrograms();
    if (const int error = Skeleton::load(skeleton_)) return StepFailed(name_, "load", error);
    for (const ModuleHook& hook : kModuleHooks) {
      HookState state{.name = hook.name};
      const int error = Attach(hook, state);
      if (error != 0 && rescued_ != nullptr) {
        return StepFailed(name_, absl::StrCat("attach to ", hook.name), error);
      }
      hooks_.push_back(state);
    }
    if (links_.empty()) return absl::UnavailableError("no module tracepoint attaches");
    ring_ = ring_buffer__new(Fd("events"), &LoadedModules::OnEvent, this, nullptr);
    if (ring_ == nullptr) return StepFailed(name_, "map the ring buffer", errno);
    return absl::OkStatus();
  }

  std::string object() const override { return name_; }
  std::string degraded_because() const override { return degraded_; }
  void set_degraded_because(std::string why) { degraded_ = std::move(why); }
  int event_fd() const override { return ring_buffer__epoll_fd(ring_); }
  uint64_t MemoryBytes() const override { return ObjectMemoryBytes(skeleton_->obj); }

  uint64_t Changes() const override {
    return __atomic_load_n(&skeleton_->bss->changes, __ATOMIC_ACQUIRE);
  }
  uint32_t NextEpoch() override {
    return __atomic_fetch_add(&skeleton_->data->epoch, 1, __ATOMIC_SEQ_CST);
  }

  absl::Status WalkModules(
      const std::function<void(const fp_module_key&, const fp_module_counts&)>& sink) override {
    return WalkMap<fp_module_key, fp_module_counts>(Fd("modules"), "modules", sink);
  }
  absl::Status WalkCallers(const std::function<void(const fp_module_caller_key&,
                                                    const fp_module_caller&)>& sink) override {
    return WalkMap<fp_module_caller_key, fp_module_caller>(Fd("callers"), "callers", sink);
  }
  absl::Status WalkRequests(
      const std::function<void(const fp_request_key&, const fp_request&)>& sink) override {
    return WalkMap<fp_request_key, fp_request>(Fd("requests"), "requests", sink);
  }
  void DeleteModule(const fp_module_key& key) override { bpf_map_delete_elem(Fd("modules"), &key); }
  void DeleteCaller(const fp_module_caller_key& key) override {
    bpf_map_delete_elem(Fd("callers"), &key);
  }
  void DeleteRequest(const fp_request_key& key) override {
    bpf_map_delete_elem(Fd("requests"), &key);
  }

  void DrainEvents(const std::function<void(const fp_module_event&)>& sink) override {
    sink_ = &sink;
    ring_buffer__consume(ring_);
    sink_ = nullptr;
  }

  std::array<uint64_t, FP_MODULE_LOSS_COUNT> Losses() const override {
    std::array<uint64_t, FP_MODULE_LOSS_COUNT> losses;
    for (size_t i = 0; i < losses.size(); ++i) {
      losses[i] = __atomic_load_n(&skeleton_->bss->losses[i], __ATOMIC_RELAXED);
    }
    return losses;
  }

  std::vector<HookState> Hooks() const override {
    for (size_t i = 0; i < hooks_.size(); ++i) {
      HookState& hook = hooks_[i];
      if (hook.attached) hook.missed = MissedBy(kModuleHooks[i], hook.missed);
    }
    return hooks_;
  }

 private:
  void ChoosePrograms() {
    bpf_program* program;
    bpf_object__for_each_program(program, skeleton_->obj) {
      bpf_program__set_autoload(program, false);
    }
    for (const ModuleHook& hook : kModuleHooks) {
      bpf_program__set_autoload(Program(hook), true);
      if (PerfProgram(hook) != nullptr) bpf_program__set_autoload(PerfProgram(hook), true);
    }
  }

  // 0, or the errno of what failed.
  int Attach(const ModuleHook& hook, HookState& state) {
    for (bpf_program* program : {PerfProgram(hook), Program(hook)}) {
      if (program == nullptr) continue;
      bpf_link* link = AttachProgram(program);
      if (link == nullptr) {
        const int error = errno;
        state.reason = absl::StrCat("attach: ", std::strerror(error), "; ", hook.cost);
        return error;
      }
      links_.push_back(link);
    }
    state.attached = true;
    return 0;
  }

  uint64_t MissedBy(const ModuleHook& hook, uint64_t seen) const {
    if (rescued_ == nullptr) return std::max(seen, SkippedRuns(Program(hook)));
    return LostRuns(PerfProgram(hook), Program(hook), rescued_[hook.kind], seen);
  }

  bpf_program* Program(const ModuleHook& hook) const {
    return bpf_object__find_program_by_name(skeleton_->obj, hook.name);
  }
  bpf_program* PerfProgram(const ModuleHook& hook) const {
    if (rescued_ == nullptr) return nullptr;
    return bpf_object__find_program_by_name(skeleton_->obj,
                                            absl::StrCat(hook.name, "_perf").c_str());
  }
  int Fd(const char* map) const { return bpf_object__find_map_fd_by_name(skeleton_->obj, map); }
  static int OnEvent(void* self, void* data, size_t size) {
    auto* probe = static_cast<LoadedModules*>(self);
    if (probe->sink_ != nullptr && size >= sizeof(fp_module_event)) {
      (*probe->sink_)(*static_cast<const fp_module_event*>(data));
    }
    return 0;
  }

  Skeleton* skeleton_;
  const char* const name_;
  volatile uint64_t* rescued_ = nullptr;  // by fp_module_kind; null: there are no programs of perf
  std::string degraded_;
  std::vector<bpf_link*> links_;
  mutable std::vector<HookState> hooks_;  // in the order of kModuleHooks, as of the last look
  ring_buffer* ring_ = nullptr;
  const std::function<void(const fp_module_event&)>* sink_ = nullptr;  // during a drain
};

template <typename Skeleton>
absl::StatusOr<std::unique_ptr<ModuleProbe>> LoadAs(const char* name, const std::string& degraded,
                                                    bool rescue = false) {
  KeepLibbpfWarning();
  Skeleton* skeleton = Skeleton::open();
  if (skeleton == nullptr) return StepFailed(name, "open", errno);
  auto probe = std::make_unique<LoadedModules<Skeleton>>(skeleton, name);
  if (rescue) {
    if (absl::Status status = probe->Rescue(); !status.ok()) return status;
  }
  probe->set_degraded_because(degraded);
  if (absl::Status status = probe->LoadAndAttach(); !status.ok()) return status;
  return probe;
}

}  // namespace

std::vector<HookState> ModuleHooksWithout(const std::string& reason) {
  std::vector<HookState> hooks;
  for (const ModuleHook& hook : kModuleHooks) {
    hooks.push_back({.name = hook.name, .attached = false, .reason = reason});
  }
  return hooks;
}

absl::StatusOr<std::unique_ptr<ModuleProbe>> ModuleProbe::Create(ObjectChoice choice) {
  absl::StatusOr<std::unique_ptr<ModuleProbe>> probe = absl::UnavailableError("");
  std::string degraded;
  if (choice == ObjectChoice::kCore) {
    degraded = "the object without kernel types was asked for";
  } else {
    if (TracepointsArePreemptible()) {
      probe = LoadAs<modules_bpf>("modules", "", true);
      if (!probe.ok()) degraded = WithoutPerf(probe.status());
    }
    if (!probe.ok()) probe = LoadAs<modules_bpf>("modules", degraded);
    if (!probe.ok()) degraded = std::string(probe.status().message());
  }
  if (!probe.ok() && choice != ObjectChoice::kFull) {
    probe = LoadAs<modules_core_bpf>("modules_core", degraded);
  }
  if (probe.ok() || absl::IsPermissionDenied(probe.status())) return probe;
  return absl::UnavailableError(probe.status().message());
}

}  // namespace footprint::kernel
