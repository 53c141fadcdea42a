// SPDX-License-Identifier: Apache-2.0
// A kernel with modules made by hand: counts as the programs would make them, and the
// /proc/modules that fits them.
#ifndef FOOTPRINT_TESTS_UNIT_MODULES_FAKE_MODULE_SOURCE_H_
#define FOOTPRINT_TESTS_UNIT_MODULES_FAKE_MODULE_SOURCE_H_

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "daemon/modules/ledger.h"
#include "tests/unit/collect/fake_source.h"

namespace footprint::modules {

template <size_t N>
void Put(char (&to)[N], const std::string& text) {
  std::memcpy(to, text.data(), std::min(text.size(), N - 1));
}

struct Task {
  uint32_t pid = 0;
  std::string comm;
};

class FakeKernel : public kernel::ModuleSource {
 public:
  // A module that was there before.
  void Have(const std::string& name, int64_t refcount, std::vector<std::string> users = {}) {
    proc[name] = {.name = name, .size = 4096, .refcount = refcount, .users = std::move(users)};
  }
  void Load(const std::string& name, const Task& by, const std::string& args = "",
            const Task& parent = {}, bool by_kernel = false) {
    loaded_[name] = ++now;
    ++Counts(name).loads;
    proc[name] = {.name = name, .size = 4096, .refcount = 1};
    fp_module_event event = Event(FP_MODULE_LOAD, name, by);
    event.parent_tgid = parent.pid;
    event.parent_kernel = by_kernel;
    Put(event.parent_comm, parent.comm);
    std::string words = args;
    std::replace(words.begin(), words.end(), ' ', '\0');
    Put(event.args, words);
    events.push_back(event);
    Reference(name, by, 0x100, false);  // its initialisation is over
  }
  void Unload(const std::string& name, const Task& by) {
    ++Counts(name).unloads;
    events.push_back(Event(FP_MODULE_FREE, name, by));
    loaded_.erase(name);
    proc.erase(name);
    ++changes;
  }
  void Reference(const std::string& name, const Task& by, uint64_t ip, bool get) {
    fp_module_counts& counts = Counts(name);
    ++(get ? counts.gets : counts.puts);
    proc[name].refcount = proc[name].refcount.value_or(0) + (get ? 1 : -1);
    const auto held = static_cast<int64_t>(counts.gets - counts.puts);
    const uint32_t i = epoch & 1;
    if (get && (counts.peak_epoch[i] != epoch || held > counts.peak[i])) {
      counts.peak[i] = held;
      counts.peak_epoch[i] = epoch;
    }
    fp_module_caller_key key{};
    key.module = Key(name);
    key.ip = ip;
    key.tgid = by.pid;
    key.kind = get ? FP_MODULE_GET : FP_MODULE_PUT;
    key.epoch = epoch;
    Put(key.comm, by.comm);
    for (auto& [k, value] : callers) {
      if (std::memcmp(&k, &key, sizeof(key)) == 0) {
        ++value.count;
        ++changes;
        return;
      }
    }
    callers.push_back({key, {.count = 1, .cgroup = 77}});
    ++changes;
  }
  void Request(const std::string& name, const Task& by, bool wait) {
    fp_request_key key{};
    Put(key.name, name);
    key.wait = wait;
    key.epoch = epoch;
    fp_request value{};
    value.count = 1;
    value.tgid = by.pid;
    value.first_ip = 0x200;
    Put(value.comm, by.comm);
    requests.push_back({key, value});
    fp_module_event event = Event(FP_MODULE_REQUEST, name, by);
    event.wait = wait;
    event.ip = 0x200;
    events.push_back(event);
    ++changes;
  }

  uint64_t Changes() const override { return changes; }
  uint32_t NextEpoch() override { return epoch++; }
  absl::Status WalkModules(
      const std::function<void(const fp_module_key&, const fp_module_counts&)>& sink) override {
    ++walks;
    for (const auto& [id, counts] : modules) {
      fp_module_key key{};
      Put(key.name, id.first);
      key.loaded_ns = id.second;
      sink(key, counts);
    }
    return absl::OkStatus();
  }
  absl::Status WalkCallers(const std::function<void(const fp_module_caller_key&,
                                                    const fp_module_caller&)>& sink) override {
    for (const auto& [key, value] : std::vector(callers)) sink(key, value);
    return absl::OkStatus();
  }
  absl::Status WalkRequests(
      const std::function<void(const fp_request_key&, const fp_request&)>& sink) override {
    for (const auto& [key, value] : std::vector(requests)) sink(key, value);
    return absl::OkStatus();
  }
  void DeleteModule(const fp_module_key& key) override {
    modules.erase({Text(key.name), key.loaded_ns});
  }
  void DeleteCaller(const fp_module_caller_key& key) override { Erase(callers, key); }
  void DeleteRequest(const fp_request_key& key) override { Erase(requests, key); }
  void DrainEvents(const std::function<void(const fp_module_event&)>& sink) override {
    for (const fp_module_event& event : events) sink(event);
    events.clear();
  }
  std::array<uint64_t, FP_MODULE_LOSS_COUNT> Losses() const override { return losses; }
  std::vector<kernel::HookState> Hooks() const override { return hooks; }

  std::map<std::string, ProcModule> proc;
  std::map<GenerationId, fp_module_counts> modules;
  std::vector<std::pair<fp_module_caller_key, fp_module_caller>> callers;
  std::vector<std::pair<fp_request_key, fp_request>> requests;
  std::vector<fp_module_event> events;
  std::vector<kernel::HookState> hooks{{"module_load", true, "", 0}, {"module_get", true, "", 0}};
  std::array<uint64_t, FP_MODULE_LOSS_COUNT> losses{};
  uint64_t changes = 0, now = 1000;
  uint32_t epoch = 1;
  int walks = 0;

 private:
  fp_module_key Key(const std::string& name) {
    fp_module_key key{};
    Put(key.name, name);
    key.loaded_ns = loaded_.contains(name) ? loaded_[name] : 0;
    return key;
  }
  fp_module_counts& Counts(const std::string& name) { return modules[{name, Key(name).loaded_ns}]; }
  fp_module_event Event(uint32_t kind, const std::string& name, const Task& by) {
    fp_module_event event{};
    event.kind = kind;
    event.when = ++now;
    event.tgid = by.pid;
    event.cgroup = 77;
    Put(event.comm, by.comm);
    Put(event.name, name);
    return event;
  }
  template <typename Entries, typename Key>
  static void Erase(Entries& entries, const Key& key) {
    std::erase_if(entries,
                  [&](const auto& e) { return std::memcmp(&e.first, &key, sizeof(key)) == 0; });
  }
  std::map<std::string, uint64_t> loaded_;
};

// The ledger of a fake kernel.
struct Rig {
  FakeKernel kernel;
  collect::FakeClock clock;
  std::vector<model::Event> events;
  uint64_t lost = 0;
  int look_ups = 0;  // passes through the kernel's symbols
  Ledger::Facts facts{.object = "modules", .why_not = "", .built_in = {}};
  std::unique_ptr<Ledger> ledger;

  void Start(bool followed = true) {
    World world{.unit_of = [](uint64_t id) { return id == 77 ? "rig.service" : ""; },
                .command_line = [](uint32_t) { return ""; },
                .symbols =
                    [this](std::span<const uint64_t> addresses) {
                      ++look_ups;
                      std::vector<Symbol> out;
                      for (const uint64_t a : addresses) {
                        out.push_back({.name = "f" + std::to_string(a), .module = "", .offset = 4});
                      }
                      return out;
                    }};
    ledger = std::make_unique<Ledger>(
        followed ? &kernel : nullptr, clock, facts,
        [this]() -> absl::StatusOr<std::vector<ProcModule>> {
          std::vector<ProcModule> all;
          for (const auto& [name, module] : kernel.proc) all.push_back(module);
          return all;
        },
        std::move(world),
        Ledger::EventSink{.append = [this](model::Event e) { events.push_back(std::move(e)); },
                          .lost = [this](uint64_t n) { lost += n; }});
  }
  model::ModuleTablePtr Pass() {
    clock.now = std::max(clock.now + 1'000'000'000, kernel.now);
    return ledger->Pass();
  }
};

inline const model::Module& Row(const model::ModuleTable& table, const std::string& name) {
  static const model::Module none;
  for (const auto& module : table.modules) {
    if (module->name == name) return *module;
  }
  return none;
}

inline model::ModuleUse UseRow(const std::vector<model::ModuleUse>& uses, const std::string& name) {
  for (const auto& use : uses) {
    if (use.module->name == name) return use;
  }
  return {};
}

}  // namespace footprint::modules

#endif  // FOOTPRINT_TESTS_UNIT_MODULES_FAKE_MODULE_SOURCE_H_
