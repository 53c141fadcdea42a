// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/modules.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "daemon/model/minus.h"

namespace footprint::model {
namespace {

bool Loaded(const Module& module) {
  return module.state != ModuleState::kUnloaded && module.state != ModuleState::kBuiltIn;
}

const Module* Find(const ModuleTable& table, const std::string& name) {
  const auto it =
      std::lower_bound(table.modules.begin(), table.modules.end(), name,
                       [](const auto& module, const std::string& n) { return module->name < n; });
  return it != table.modules.end() && (*it)->name == name ? it->get() : nullptr;
}

using CallerId = std::tuple<uint32_t, uint64_t, std::string, uint64_t>;

CallerId IdOf(const ModuleCaller& caller) {
  return {caller.actor.pid, caller.actor.start_ns, caller.actor.comm, caller.ip};
}

// A row that was folded meanwhile gives back from the row that it became part of.
std::vector<ModuleCaller> CallersSince(const std::vector<ModuleCaller>& end,
                                       const std::vector<ModuleCaller>& base) {
  std::map<CallerId, ModuleCaller> rows;
  for (const ModuleCaller& caller : end) rows.emplace(IdOf(caller), caller);
  for (const ModuleCaller& caller : base) {
    auto it = rows.find(IdOf(caller));
    if (it == rows.end()) it = rows.find({0, 0, caller.actor.comm, caller.ip});
    if (it == rows.end()) it = rows.find({0, 0, kOtherCallers, 0});
    if (it == rows.end()) continue;
    it->second.gets = Minus(it->second.gets, caller.gets);
    it->second.puts = Minus(it->second.puts, caller.puts);
  }
  std::vector<ModuleCaller> window;
  for (auto& [id, row] : rows) {
    if (row.gets + row.puts != 0) window.push_back(std::move(row));
  }
  return window;
}

std::optional<int64_t> MostOf(const ModuleUse& use, uint64_t since) {
  std::optional<int64_t> most = std::max(use.refcount_before, use.refcount_after);
  for (const ModulePeak& peak : use.module->peaks) {
    if (peak.pass <= since) continue;
    // Empty compares below every number.
    most = std::max(most, std::optional<int64_t>(peak.refcount));
    break;
  }
  return most;
}

}  // namespace

std::vector<ModuleUse> UseOf(const ModuleTable& end, const ModuleTable* base) {
  std::vector<ModuleUse> uses;
  for (const auto& module : end.modules) {
    ModuleUse use{.module = module};
    use.loaded_after = Loaded(*module);
    use.refcount_after = use.loaded_after ? module->refcount : std::nullopt;
    use.loads = module->loads;
    use.unloads = module->unloads;
    use.gets = module->gets;
    use.puts = module->puts;
    use.callers = module->callers;
    if (base == nullptr) {
      use.loaded_before = module->loaded_at_attach;
      use.refcount_before = module->refcount_at_attach;
      use.users_before = module->users_at_attach;
    } else if (const Module* before = Find(*base, module->name); before != nullptr) {
      use.loaded_before = Loaded(*before);
      use.refcount_before = use.loaded_before ? before->refcount : std::nullopt;
      use.users_before = before->users;
      use.loads = Minus(use.loads, before->loads);
      use.unloads = Minus(use.unloads, before->unloads);
      use.gets = Minus(use.gets, before->gets);
      use.puts = Minus(use.puts, before->puts);
      use.callers = CallersSince(module->callers, before->callers);
    }
    use.refcount_most = MostOf(use, base == nullptr ? 0 : base->pass);
    if (use.loaded_before || use.loaded_after || use.Active()) uses.push_back(std::move(use));
  }
  return uses;
}

ModuleLosses Difference(const ModuleLosses& end, const ModuleLosses& base) {
  return {.counts = Minus(end.counts, base.counts),
          .callers = Minus(end.callers, base.callers),
          .requests = Minus(end.requests, base.requests),
          .events = Minus(end.events, base.events)};
}

}  // namespace footprint::model
