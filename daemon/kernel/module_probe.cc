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
#include "daemon/kernel/preempt_probe.h"
#include "daemon/kernel/walk.h"
#include "modules_bpf.skel.h"
#include "modules_core_bpf.skel.h"

namespace footprint::kernel {
namespace {

constexpr uint32_t kRingBytes = 64 * 1024;

struct ModuleHook {
  const char* name;  // of the tracepoint
  const char* cost;
};
constexpr ModuleHook kModuleHooks[] = {
    {"module_free", "unloads are found in /proc/modules alone"},
    {"module_load", "loads are found in /proc/modules alone"},
    {"module_put", "references are known from /proc/modules alone"},
    {"module_get", "references are known from /proc/modules alone"},
    {"module_request", "what the kernel asks modprobe for is not seen"},
};

// libbpf's print function takes no context; loading happens on one thread.
std::string& LastWarning() {
  static std::string text;
  return text;
}

int KeepWarning(enum libbpf_print_level level, const char* format, va_list args) {
  if (level != LIBBPF_WARN) return 0;
  char line[512];
  const int length = vsnprintf(line, sizeof(line), format, args);
  if (length > 0) LastWarning() = line;
  while (!LastWarning().empty() && LastWarning().back() == '\n') LastWarning().pop_back();
  return length;
}

absl::Status StepFailed(const char* object, const char* step, int error) {
  const std::string detail = LastWarning().empty() ? "" : absl::StrCat(" (", LastWarning(), ")");
  return absl::ErrnoToStatus(std::abs(error), absl::StrCat(object, " object: ", step, detail));
}

template <typename Skeleton>
class LoadedModules : public ModuleProbe {
 public:
  // by_perf: by perf's tracepoints, which the programs of `Skeleton` must know.
  LoadedModules(Skeleton* skeleton, const char* name, bool by_perf)
      : skeleton_(skeleton), name_(name), by_perf_(by_perf) {}
  ~LoadedModules() override {
    if (ring_ != nullptr) ring_buffer__free(ring_);
    for (bpf_link* link : links_) bpf_link__destroy(link);
    Skeleton::destroy(skeleton_);
  }

  absl::Status LoadAndAttach() {
    // A ring is a whole number of pages, which may be 64 KiB.
    const auto ring = std::max<uint32_t>(kRingBytes, sysconf(_SC_PAGESIZE));
    if (const int error = bpf_map__set_max_entries(skeleton_->maps.events, ring)) {
      return StepFailed(name_, "set the size of the ring", error);
    }
    bpf_program* program;
    bpf_object__for_each_program(program, skeleton_->obj) {
      bpf_program__set_autoload(program, false);
    }
    for (const ModuleHook& hook : kModuleHooks) bpf_program__set_autoload(Program(hook.name), true);
    if (const int error = Skeleton::load(skeleton_)) return StepFailed(name_, "load", error);
    for (const ModuleHook& hook : kModuleHooks) {
      HookState state{.name = hook.name};
      bpf_link* link = bpf_program__attach(Program(hook.name));
      if (link == nullptr) {
        state.reason = absl::StrCat("attach: ", std::strerror(errno), "; ", hook.cost);
      } else {
        state.attached = true;
        links_.push_back(link);
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
    std::vector<HookState> hooks = hooks_;
    for (HookState& hook : hooks) {
      bpf_prog_info info{};
      uint32_t length = sizeof(info);
      if (hook.attached && bpf_obj_get_info_by_fd(bpf_program__fd(Program(hook.name)),
                                                  &info, &length) == 0) {
        hook.missed = info.recursion_misses;
      }
    }
    return hooks;
  }

 private:
  bpf_program* Program(const std::string& hook) const {
    const std::string name = by_perf_ ? absl::StrCat(hook, "_perf") : hook;
    return bpf_object__find_program_by_name(skeleton_->obj, name.c_str());
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
  const bool by_perf_;
  std::string degraded_;
  std::vector<bpf_link*> links_;
  std::vector<HookState> hooks_;
  ring_buffer* ring_ = nullptr;
  const std::function<void(const fp_module_event&)>* sink_ = nullptr;  // during a drain
};

template <typename Skeleton>
absl::StatusOr<std::unique_ptr<ModuleProbe>> LoadAs(const char* name, const std::string& degraded,
                                                    bool by_perf = false) {
  LastWarning().clear();
  Skeleton* skeleton = Skeleton::open();
  if (skeleton == nullptr) return StepFailed(name, "open", errno);
  auto probe = std::make_unique<LoadedModules<Skeleton>>(skeleton, name, by_perf);
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
  const libbpf_print_fn_t before = libbpf_set_print(KeepWarning);
  absl::StatusOr<std::unique_ptr<ModuleProbe>> probe = absl::UnavailableError("");
  std::string degraded;
  if (choice == ObjectChoice::kCore) {
    degraded = "the object without kernel types was asked for";
  } else {
    if (TracepointsArePreemptible()) {
      probe = LoadAs<modules_bpf>("modules", "", true);
      if (!probe.ok()) {
        degraded =
            "this kernel preempts tracepoint programs, and perf's tracepoints cannot be used: runs "
            "may be skipped, which is counted as program_missed";
      }
    }
    if (!probe.ok()) probe = LoadAs<modules_bpf>("modules", degraded);
    if (!probe.ok()) degraded = std::string(probe.status().message());
  }
  if (!probe.ok() && choice != ObjectChoice::kFull) {
    probe = LoadAs<modules_core_bpf>("modules_core", degraded);
  }
  libbpf_set_print(before);
  if (probe.ok() || absl::IsPermissionDenied(probe.status())) return probe;
  return absl::UnavailableError(probe.status().message());
}

}  // namespace footprint::kernel
