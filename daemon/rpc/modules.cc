// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "daemon/rpc/convert.h"
#include "daemon/rpc/text.h"

namespace footprint::rpc {
namespace {

// Rows of callers of one module in a reply: the busiest. Bytes of a list of modules: with what
// surrounds them, and all of it.
constexpr int kMaxCallers = 64;
constexpr size_t kMaxCallerBytes = 2 << 20;
constexpr size_t kMaxListBytes = 7 << 19;
// From the start of a task to the fork tracepoint; no pid comes back that soon.
constexpr uint64_t kForkNs = 100'000'000;

void SetTime(int64_t realtime_ns, google::protobuf::Timestamp& out) {
  out.set_seconds(realtime_ns / 1'000'000'000);
  out.set_nanos(static_cast<int32_t>(realtime_ns % 1'000'000'000));
}

void Set(const model::Actor& actor, v1::ModuleActor& out) {
  out.set_pid(actor.pid);
  out.set_comm(Printable(actor.comm));
  out.set_unit(Printable(actor.unit));
}

void Set(const model::ModuleCause& cause, v1::ModuleCause& out) {
  SetTime(cause.realtime_ns, *out.mutable_time());
  Set(cause.by, *out.mutable_by());
  out.set_command_line(Printable(cause.command_line));
  if (cause.parent.pid != 0) Set(cause.parent, *out.mutable_parent());
  out.set_by_kernel(cause.by_kernel);
  out.set_request(Printable(cause.request));
  if (cause.requester.pid != 0) Set(cause.requester, *out.mutable_requester());
}

template <typename Rows>
void SetCallers(const std::vector<model::ModuleCaller>& callers, Rows& out) {
  std::vector<const model::ModuleCaller*> order;
  for (const model::ModuleCaller& caller : callers) order.push_back(&caller);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return a->gets + a->puts > b->gets + b->puts;
  });
  for (const model::ModuleCaller* caller : order) {
    if (out.size() == kMaxCallers) break;
    v1::ModuleCaller& row = *out.Add();
    Set(caller->actor, *row.mutable_actor());
    row.set_site(Printable(caller->site));
    row.set_address(caller->ip);
    row.set_gets(caller->gets);
    row.set_puts(caller->puts);
  }
}

const char* StateName(model::ModuleState state) {
  switch (state) {
    case model::ModuleState::kUnloaded:
      return "unloaded";
    case model::ModuleState::kLoading:
      return "loading";
    case model::ModuleState::kLive:
      return "live";
    case model::ModuleState::kGoing:
      return "going";
    case model::ModuleState::kBuiltIn:
      return "builtin";
  }
  return "";
}

// The lives of a scope, to tell its own references from those of others.
class OwnLives {
 public:
  explicit OwnLives(const model::Footprint& footprint) {
    for (const model::Row& row : footprint.rows) {
      if (row.life != nullptr) lives_.emplace(row.life->id.pid, row.life.get());
    }
    if (footprint.origin != nullptr) attached_ = footprint.origin->attached_boottime_ns;
  }
  // A pid may have had several lives; where start times are known they decide.
  bool Contains(const model::Actor& actor) const {
    const auto [first, last] = lives_.equal_range(actor.pid);
    for (auto it = first; it != last; ++it) {
      const model::Life& life = *it->second;
      if (actor.start_ns == 0 || life.start_ns == 0) return true;
      // What is older than the attach was seen at the first call of any of its threads.
      if (life.id.birth == 0 && actor.start_ns <= attached_) return true;
      // Its birth is told by fork, a moment after the task was given its start; a birth is all
      // that the core object knows.
      const uint64_t since_start = life.id.birth - actor.start_ns;
      if (actor.start_ns == life.start_ns || since_start < kForkNs) return true;
    }
    return false;
  }

 private:
  std::multimap<uint32_t, const model::Life*> lives_;
  uint64_t attached_ = 0;
};

void Set(const model::ModuleUse& use, const OwnLives& own, int64_t since, v1::ModuleUse& out) {
  const model::Module& module = *use.module;
  out.set_name(Printable(module.name));
  out.set_loaded_before(use.loaded_before);
  out.set_loaded_after(use.loaded_after);
  if (use.refcount_before.has_value()) out.set_refcount_before(*use.refcount_before);
  if (use.refcount_after.has_value()) out.set_refcount_after(*use.refcount_after);
  if (use.refcount_most.has_value()) out.set_refcount_most(*use.refcount_most);
  out.set_loads(use.loads);
  out.set_unloads(use.unloads);
  out.set_gets(use.gets);
  out.set_puts(use.puts);
  for (const std::string& user : use.users_before) out.add_users_before(Printable(user));
  for (const std::string& user : module.users) out.add_users_after(Printable(user));
  uint64_t gets = 0, puts = 0;
  for (const model::ModuleCaller& caller : use.callers) {
    if (!own.Contains(caller.actor)) continue;
    gets += caller.gets;
    puts += caller.puts;
  }
  out.set_scope_gets(gets);
  out.set_scope_puts(puts);
  SetCallers(use.callers, *out.mutable_callers());
  const auto& [load, free] = std::tie(module.last_load, module.last_free);
  if (use.loads != 0 && load.has_value() && load->realtime_ns >= since) {
    Set(*load, *out.mutable_load());
  }
  if (use.unloads != 0 && free.has_value() && free->realtime_ns >= since) {
    Set(*free, *out.mutable_unload());
  }
  out.set_difference(Printable(module.difference));
}

// Returns whether it leaves the answer complete.
bool AddCause(const char* name, uint64_t count, v1::Losses& out) {
  v1::Losses::Cause& row = *out.add_causes();
  row.set_name(name);
  row.set_count(count);
  return count == 0;
}

// One rule for all that is stamped. Dropped events cost no counts.
bool AddLosses(const model::ModuleLosses& losses, v1::Losses& out) {
  const bool counts = AddCause("module_counts_dropped", losses.counts, out);
  return AddCause("module_detail_dropped", losses.callers + losses.requests, out) && counts;
}

}  // namespace

void SetModuleLosses(const model::ModuleTable& table, v1::GetStatusResponse& out) {
  if (!AddLosses(table.losses, *out.mutable_losses())) out.set_complete(false);
}

void SetModules(const model::Footprint& footprint, v1::Footprint& out) {
  if (footprint.modules == nullptr) return;
  const model::ModuleTable* base = footprint.modules_base.get();
  model::ModuleLosses losses = footprint.modules->losses;
  if (base != nullptr) losses = model::Difference(losses, base->losses);
  if (!AddLosses(losses, *out.mutable_losses())) out.set_complete(false);
  const OwnLives own(footprint);
  for (const model::ModuleUse& use : model::UseOf(*footprint.modules, base)) {
    Set(use, own, footprint.start_realtime_ns, *out.add_modules());
  }
}

void SetModule(const model::Event& event, v1::WatchEventsResponse& out) {
  switch (event.kind) {
    case model::Event::Kind::kModuleLoad:
      out.set_kind(v1::EVENT_KIND_MODULE_LOAD);
      break;
    case model::Event::Kind::kModuleFree:
      out.set_kind(v1::EVENT_KIND_MODULE_FREE);
      break;
    case model::Event::Kind::kModuleRequest:
      out.set_kind(v1::EVENT_KIND_MODULE_REQUEST);
      break;
    case model::Event::Kind::kModuleFirstGet:
      out.set_kind(v1::EVENT_KIND_MODULE_FIRST_GET);
      break;
    default:
      break;
  }
  if (event.module == nullptr) return;
  v1::ModuleEvent& module = *out.mutable_module();
  module.set_name(Printable(event.module->name));
  module.set_wait(event.module->wait);
  module.set_site(Printable(event.module->site));
  const bool caused = event.kind == model::Event::Kind::kModuleLoad ||
                      event.kind == model::Event::Kind::kModuleFree;
  if (caused) Set(event.module->cause, *module.mutable_cause());
}

void SetModules(const model::ModuleTable& table, v1::ModuleFollowing& out) {
  out.set_followed(table.followed);
  out.set_bpf_object(table.object);
  out.set_reason(Printable(table.why_not));
  out.set_counts_dropped(table.losses.counts);
  out.set_callers_dropped(table.losses.callers);
  out.set_requests_dropped(table.losses.requests);
  out.set_events_dropped(table.losses.events);
}

void SetModules(const model::ModuleTable& table, bool include_builtin,
                v1::ListModulesResponse& out) {
  SetModules(table, *out.mutable_following());
  size_t bytes = 0;
  for (const auto& module : table.modules) {
    const bool built_in = module->state == model::ModuleState::kBuiltIn;
    if (built_in && !include_builtin && module->gets + module->puts == 0) continue;
    if (bytes >= kMaxListBytes) {
      out.set_modules_omitted(out.modules_omitted() + 1);
      continue;
    }
    v1::Module& row = *out.add_modules();
    row.set_name(Printable(module->name));
    row.set_state(StateName(module->state));
    if (module->refcount.has_value()) row.set_refcount(*module->refcount);
    if (module->refcount_at_attach.has_value()) {
      row.set_refcount_at_attach(*module->refcount_at_attach);
    }
    row.set_difference(Printable(module->difference));
    row.set_size(module->size);
    row.set_taints(Printable(module->taints));
    for (const std::string& user : module->users) row.add_users(Printable(user));
    row.set_loads(module->loads);
    row.set_unloads(module->unloads);
    row.set_gets(module->gets);
    row.set_puts(module->puts);
    if (module->first_user.pid != 0) Set(module->first_user, *row.mutable_first_user());
    // The rows themselves are few; what surrounds them may not be.
    if (bytes < kMaxCallerBytes) {
      SetCallers(module->callers, *row.mutable_callers());
    } else {
      out.set_callers_omitted(out.callers_omitted() + module->callers.size());
    }
    if (module->last_load.has_value()) Set(*module->last_load, *row.mutable_load());
    if (module->last_free.has_value()) Set(*module->last_free, *row.mutable_unload());
    bytes += row.ByteSizeLong() + 8;
  }
  for (const model::ModuleRequest& request : table.requests) {
    if (bytes >= kMaxListBytes) {
      out.set_requests_omitted(out.requests_omitted() + 1);
      continue;
    }
    v1::ModuleRequest& row = *out.add_requests();
    row.set_name(Printable(request.name));
    row.set_waited(request.waited);
    row.set_not_waited(request.not_waited);
    if (request.first.pid != 0) Set(request.first, *row.mutable_first());
    row.set_site(Printable(request.site));
    bytes += row.ByteSizeLong() + 8;
  }
}

}  // namespace footprint::rpc
