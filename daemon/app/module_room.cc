// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/module_room.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/model/units.h"

namespace footprint::app {
namespace {}  // namespace

std::unique_ptr<ModuleRoom> ModuleRoom::Create(kernel::ObjectChoice choice,
                                               const base::Clock& clock,
                                               const collect::Procfs& procfs,
                                               const objects::Symbols& symbols,
                                               const std::string& release, store::EventLog& events,
                                               PathOf path_of) {
  std::unique_ptr<ModuleRoom> room(new ModuleRoom(procfs, symbols, std::move(path_of)));
  modules::Ledger::Facts facts;
  facts.has_modules = access("/proc/modules", F_OK) == 0;
  facts.built_in = modules::ReadBuiltIn("", release);
  room->Load(choice, facts);
  room->ledger_ = std::make_unique<modules::Ledger>(
      room->probe_.get(), clock, std::move(facts), [] { return modules::ReadProcModules(""); },
      room->MakeWorld(),
      modules::Ledger::EventSink{
          .append = [&events](model::Event event) { events.Append(std::move(event)); },
          .lost = [&events](uint64_t count) { events.AddLost(count); }});
  return room;
}

void ModuleRoom::Load(kernel::ObjectChoice choice, modules::Ledger::Facts& facts) {
  if (!facts.has_modules) {
    facts.why_not = "this kernel loads no modules (CONFIG_MODULES=n)";
    no_hooks_ = kernel::ModuleHooksWithout(absl::StrCat("not needed: ", facts.why_not));
    spdlog::info("modules are not followed: {}", facts.why_not);
    return;
  }
  auto probe = kernel::ModuleProbe::Create(choice);
  if (!probe.ok()) {
    facts.why_not = absl::StrCat(probe.status().message(), "; /proc/modules alone is told");
    no_hooks_ = kernel::ModuleHooksWithout(facts.why_not);
    spdlog::warn("modules are not followed: {}", facts.why_not);
    return;
  }
  probe_ = *std::move(probe);
  kernel_bytes_ = probe_->MemoryBytes();
  facts.object = probe_->object();
  facts.why_not = probe_->degraded_because();
  spdlog::info("modules are followed: object {}, {} KiB in the kernel", facts.object,
               kernel_bytes_ / 1024);
  if (!facts.why_not.empty()) spdlog::warn("modules: degraded: {}", facts.why_not);
}

modules::World ModuleRoom::MakeWorld() {
  return {.unit_of = [this](uint64_t cgroup) { return UnitOf(cgroup); },
          .command_line = [this](uint32_t pid) { return procfs_.CommandLine(pid); },
          .symbols = [this](std::span<const uint64_t> addresses) { return Symbols(addresses); }};
}

std::string ModuleRoom::UnitOf(uint64_t cgroup) { return model::UnitOf(path_of_(cgroup)); }

std::vector<modules::Symbol> ModuleRoom::Symbols(std::span<const uint64_t> addresses) {
  std::vector<modules::Symbol> out(addresses.size());
  if (!symbols_shown_) return out;
  // A call site is where the call returns to: the byte before belongs to the caller for sure.
  std::vector<uint64_t> inside(addresses.begin(), addresses.end());
  for (uint64_t& address : inside) --address;
  const auto symbols = symbols_.Resolve(inside);
  if (!symbols.ok()) {
    spdlog::warn("call sites of modules have no names: {}",
                 std::string(symbols.status().message()));
    symbols_shown_ = false;
    return out;
  }
  for (size_t i = 0; i < out.size(); ++i) {
    const objects::Symbol& symbol = (*symbols)[i];
    out[i] = {.name = symbol.name,
              .module = symbol.module,
              .offset = symbol.name.empty() ? 0 : symbol.offset + 1};
  }
  return out;
}

void ModuleRoom::Complete(model::Snapshot& snapshot) {
  snapshot.modules = ledger_->Pass();
  snapshot.kernel_bytes += kernel_bytes_;
  for (const kernel::HookState& hook : probe_ == nullptr ? no_hooks_ : probe_->Hooks()) {
    snapshot.hooks.push_back({hook.name, hook.attached, hook.reason, hook.missed});
    snapshot.losses.count[static_cast<int>(model::Loss::kProgramMissed)] += hook.missed;
    snapshot.unplaced.count[static_cast<int>(model::Loss::kProgramMissed)] += hook.missed;
  }
}

}  // namespace footprint::app
