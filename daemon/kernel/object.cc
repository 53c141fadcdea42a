// SPDX-License-Identifier: Apache-2.0
#include "daemon/kernel/object.h"

#include <bpf/bpf.h>
#include <linux/types.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "bpf/abi/footprint.h"
#include "core_bpf.skel.h"
#include "daemon/kernel/hash_probe.h"
#include "daemon/kernel/libbpf_words.h"
#include "daemon/kernel/perf_tracepoint.h"
#include "full_bpf.skel.h"
#include "full_typed_bpf.skel.h"

namespace footprint::kernel {
namespace {

// Children that were forked and have not run yet, at one moment.
constexpr uint32_t kBirths = 1024;
constexpr uint32_t kBirthsOnDemand = 8192;
// Slots that closed ones may hold up, at most.
constexpr uint32_t kClosedWake = 512;
constexpr char kNotNeeded[] = "not needed at tier calls";

// FRED delivers SYSCALL without the marks in rcx and r11 that tell it from int 0x80.
bool CpuHasFred() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (!line.starts_with("flags")) continue;
    const std::vector<std::string> flags = absl::StrSplit(line, ' ');
    return std::find(flags.begin(), flags.end(), "fred") != flags.end();
  }
  return false;
}

// CONFIG_MODULES: kernel/module/procfs.c
bool KernelHasModules() { return access("/proc/modules", F_OK) == 0; }

uint32_t Blocks(uint32_t slots) { return (slots + FP_BLOCK_SLOTS - 1) / FP_BLOCK_SLOTS; }

// Buckets of hints: as many hints as slots, which hardly ever are all threads' at once.
uint32_t PlacesFor(uint32_t slots) { return std::bit_ceil(std::max(slots / 4, 64u)); }

// Threads that there may be at one time. proc(5)
uint32_t MostThreads(uint32_t slots) {
  uint32_t most = 0;
  return std::ifstream("/proc/sys/kernel/pid_max") >> most ? std::min(most, slots) : slots;
}

// Twice as many as commands, so that few meet.
uint32_t CommandPlaces(const Options& options) { return std::bit_ceil(2 * options.commands); }

template <typename Skeleton>
absl::Status Configure(Skeleton& s, const Options& options) {
  auto& config = *s.rodata;
  config.place_mask = PlacesFor(options.slots) - 1;
  config.possible = options.possible;
  config.rescues = options.rescues ? 1 : 0;
  config.ignores_comms = options.ignore_commands.empty() ? 0 : 1;
  config.may_read_kernel = options.may_read_kernel ? 1 : 0;
  config.spill_share = std::max(options.spill_entries / 2, 1u);
  config.ring_wake = options.ring_bytes / 2;
  config.closed_wake = std::clamp(options.slots / 8, 1u, kClosedWake);
  config.int80_by_regs = CpuHasFred() ? 0 : 1;
  static_assert(sizeof(config.owners) == sizeof(OwnerTable));
  if (options.owners != nullptr) {
    std::memcpy(const_cast<uint32_t*>(&config.owners[0][0]), options.owners, sizeof(OwnerTable));
  }
  config.class_commands = options.class_commands;
  config.command_mask = CommandPlaces(options) - 1;
  config.strange_most = options.commands / 4;
  if (const auto known = options.known_commands; !known.empty()) {
    auto* to = const_cast<uint32_t*>(&config.known_commands[0]);
    const size_t count = std::min<size_t>(known.size(), FP_KNOWN_COMMANDS);
    std::copy_n(known.begin(), count, to);
    std::fill(to + count, to + FP_KNOWN_COMMANDS, to[count - 1]);
  }
  const bool on_demand = HashesMayAllocate();
  for (bpf_map* map : {s.maps.threads, s.maps.births, s.maps.losers}) {
    if (on_demand) bpf_map__set_map_flags(map, bpf_map__map_flags(map) | BPF_F_NO_PREALLOC);
  }
  const uint32_t comms = std::max<size_t>(options.ignore_commands.size(), 1);
  const std::pair<bpf_map*, uint32_t> sizes[] = {
      {s.maps.slots, Blocks(options.slots)},
      {s.maps.free_slots, options.slots},
      {s.maps.threads, MostThreads(options.slots)},
      {s.maps.places, PlacesFor(options.slots)},
      {s.maps.spill, options.spill_entries},
      {s.maps.orphans, options.spill_entries / 2},
      {s.maps.births, on_demand ? kBirthsOnDemand : kBirths},
      {s.maps.ignored_comms, comms},
      {s.maps.events, options.ring_bytes},
      {s.maps.growth, static_cast<uint32_t>(sysconf(_SC_PAGESIZE))}};
  for (const auto& [map, entries] : sizes) {
    if (const int error = bpf_map__set_max_entries(map, entries)) {
      return StepFailed("", "set the size of a map", error);
    }
  }
  return absl::OkStatus();
}

// The maps that the core object lacks.
absl::Status SizeObjectMaps(bpf_object* object, const Options& options) {
  const std::pair<const char*, uint32_t> sizes[] = {{"class_ids", options.classes},
                                                    {"classes", options.classes},
                                                    {"families", options.classes},
                                                    {"commands", options.commands},
                                                    {"command_places", CommandPlaces(options)}};
  for (const auto& [name, entries] : sizes) {
    bpf_map* map = bpf_object__find_map_by_name(object, name);
    if (map == nullptr) continue;
    if (const int error = bpf_map__set_max_entries(map, entries)) {
      return StepFailed("", "set the size of a map", error);
    }
  }
  return absl::OkStatus();
}

template <typename Skeleton>
class SkeletonObject : public Object {
 public:
  SkeletonObject(Skeleton* skeleton, bool rescues) : skeleton_(skeleton), rescues_(rescues) {}
  ~SkeletonObject() override {
    // In reverse of the attachment: sys_enter first.
    for (auto it = links_.rbegin(); it != links_.rend(); ++it) bpf_link__destroy(it->second);
    room_.reset();
    Skeleton::destroy(skeleton_);
  }
  bpf_object* object() override { return skeleton_->obj; }
  Globals globals() override {
    auto* bss = skeleton_->bss;
    return {.armed = &bss->armed,
            .measured = &bss->measured,
            .exits = &bss->exits,
            .frames = &bss->frames,
            .groups_ignored = &bss->groups_ignored,
            .rescued = reinterpret_cast<volatile uint64_t*>(&bss->rescued[0]),
            .losses = reinterpret_cast<volatile uint64_t*>(&bss->losses[0]),
            .pressure_sent = &bss->pressure_sent,
            .notes_lost = reinterpret_cast<volatile uint64_t*>(&bss->notes_lost),
            .orphans_total = reinterpret_cast<volatile uint64_t*>(&bss->orphans_total),
            .spill_shares = &bss->spill_shares[0],
            .spill_apart = &bss->spill_apart,
            .spilled_total = reinterpret_cast<volatile uint64_t*>(&bss->spilled_total),
            .classes_total = reinterpret_cast<volatile uint64_t*>(&bss->classes_total),
            .modules_epoch = &skeleton_->data->modules_epoch};
  }

  bpf_program* Program(const std::string& tracepoint) override {
    return bpf_object__find_program_by_name(object(), HookNamed(tracepoint).program);
  }
  bpf_program* PerfProgram(const std::string& tracepoint) override {
    if (!rescues_) return nullptr;
    const std::string name = absl::StrCat(HookNamed(tracepoint).program, "_perf");
    return bpf_object__find_program_by_name(object(), name.c_str());
  }

  absl::Status Attach(HookState& state) override {
    // In this order, see bpf/lib/rescue.bpf.h.
    for (bpf_program* program : {PerfProgram(state.name), Program(state.name)}) {
      if (program == nullptr) continue;
      bpf_link* link = AttachProgram(program);
      if (link == nullptr) {
        const int error = errno;
        Detach(state);
        state.reason =
            absl::StrCat("attach: ", std::strerror(error), "; ", HookNamed(state.name).cost);
        return StepFailed("", absl::StrCat("attach to ", state.name).c_str(), error);
      }
      links_.emplace_back(state.name, link);
    }
    state.attached = true;
    state.reason.clear();
    return absl::OkStatus();
  }

  void Detach(HookState& state) override {
    for (auto it = links_.end(); it != links_.begin();) {
      --it;
      if (it->first != state.name) continue;
      bpf_link__destroy(it->second);
      it = links_.erase(it);
    }
    state.attached = false;
  }

  // The slots that are there from the first call on.
  absl::Status MakeRoom(uint32_t most) {
    const auto& maps = skeleton_->maps;
    auto* bss = skeleton_->bss;
    auto room =
        SlotRoom::Create({.slots = bpf_map__fd(maps.slots),
                          .free_slots = bpf_map__fd(maps.free_slots),
                          .growth = bpf_map__fd(maps.growth)},
                         {.taken_total = reinterpret_cast<volatile uint64_t*>(&bss->taken_total),
                          .freed_total = reinterpret_cast<volatile uint64_t*>(&bss->freed_total),
                          .closed_freed = reinterpret_cast<volatile uint64_t*>(&bss->closed_freed),
                          .slots_total = reinterpret_cast<volatile uint64_t*>(&bss->slots_total),
                          .growth_wanted = &bss->growth_wanted},
                         most);
    if (!room.ok()) return room.status();
    room_ = *std::move(room);
    return absl::OkStatus();
  }
  SlotRoom& room() override { return *room_; }

  absl::Status AttachAll(std::vector<HookState>& hooks) {
    for (HookState& state : hooks) {
      if (!state.reason.empty()) continue;  // disabled, or not needed yet
      const absl::Status status = Attach(state);
      if (!status.ok() && state.name == "sys_enter") return status;
    }
    return absl::OkStatus();
  }

 private:
  Skeleton* skeleton_;
  std::unique_ptr<SlotRoom> room_;
  const bool rescues_;
  std::vector<std::pair<std::string, bpf_link*>> links_;  // tracepoint, in order of attachment
};

// Which programs are loaded, and what becomes of each hook.
template <typename Skeleton>
std::vector<HookState> ChooseHooks(SkeletonObject<Skeleton>& object, const Options& options) {
  std::vector<HookState> hooks;
  bpf_program* program;
  bpf_object__for_each_program(program, object.object()) {
    bpf_program__set_autoload(program, false);
  }
  for (const Hook& hook : kHooks) {
    program = object.Program(hook.tracepoint);
    if (program == nullptr) continue;
    if (std::strcmp(hook.tracepoint, "module_free") == 0 && !KernelHasModules()) continue;
    HookState state{.name = hook.tracepoint};
    const auto& off = options.disable_hooks;
    const bool disabled = std::find(off.begin(), off.end(), hook.tracepoint) != off.end();
    if (disabled) {
      state.reason = absl::StrCat("disabled by configuration; ", hook.cost);
    } else if (hook.tracepoint == kSysExit && options.measure == 0) {
      state.reason = kNotNeeded;
    }
    bpf_program__set_autoload(program, !disabled);
    if (program = object.PerfProgram(hook.tracepoint); program != nullptr) {
      bpf_program__set_autoload(program, !disabled);
    }
    hooks.push_back(state);
  }
  return hooks;
}

absl::Status IgnoreCommands(int map, const std::vector<std::string>& commands) {
  for (const std::string& command : commands) {
    char key[FP_COMM_LEN] = {};
    command.copy(key, sizeof(key) - 1);
    const uint8_t value = 1;
    if (bpf_map_update_elem(map, key, &value, BPF_ANY) != 0) {
      return absl::ErrnoToStatus(errno, "note a command to be ignored");
    }
  }
  return absl::OkStatus();
}

template <typename Skeleton>
absl::StatusOr<std::unique_ptr<Object>> LoadAs(const char* name, const Options& options,
                                               std::vector<HookState>& hooks) {
  KeepLibbpfWarning();
  Skeleton* skeleton = Skeleton::open();
  if (skeleton == nullptr) return StepFailed(name, "open", errno);
  auto object = std::make_unique<SkeletonObject<Skeleton>>(skeleton, options.rescues);
  if (absl::Status status = Configure(*skeleton, options); !status.ok()) return status;
  if (absl::Status status = SizeObjectMaps(skeleton->obj, options); !status.ok()) return status;
  hooks = ChooseHooks(*object, options);
  if (const int error = Skeleton::load(skeleton)) return StepFailed(name, "load", error);
  const int comms = bpf_map__fd(skeleton->maps.ignored_comms);
  if (absl::Status s = IgnoreCommands(comms, options.ignore_commands); !s.ok()) return s;
  if (absl::Status s = object->MakeRoom(options.slots); !s.ok()) return s;
  *object->globals().measured = options.measure;
  const bool exits = options.measure & FP_MEASURE_ERRORS;
  *object->globals().exits = exits ? 1 : 0;
  if (absl::Status status = object->AttachAll(hooks); !status.ok()) return status;
  return object;
}

}  // namespace

const Hook& HookNamed(const std::string& tracepoint) {
  return *std::find_if(std::begin(kHooks), std::end(kHooks),
                       [&](const Hook& hook) { return tracepoint == hook.tracepoint; });
}

absl::StatusOr<std::unique_ptr<Object>> Object::Load(ObjectKind kind, const Options& options,
                                                     std::vector<HookState>& hooks) {
  switch (kind) {
    case ObjectKind::kFullTyped:
      return LoadAs<full_typed_bpf>("full", options, hooks);
    case ObjectKind::kFull:
      return LoadAs<full_bpf>("full", options, hooks);
    case ObjectKind::kCore:
      break;
  }
  return LoadAs<core_bpf>("core", options, hooks);
}

}  // namespace footprint::kernel
