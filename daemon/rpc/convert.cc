// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/convert.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/base/namespaces.h"
#include "daemon/model/completeness.h"
#include "daemon/rpc/convert_objects.h"
#include "daemon/rpc/convert_tier.h"
#include "daemon/rpc/fit.h"
#include "daemon/rpc/text.h"
#include "data/names.h"

namespace footprint::rpc {
namespace {

constexpr size_t kMaxPattern = 256;
constexpr size_t kRowOverhead = 8;  // key and length of a row in its message, at most

// What can concern a scope; of the whole system where nothing else is said.
void SetLosses(const model::Losses& own, const model::Losses& unplaced,
               const model::Losses& elsewhere, v1::Losses& out) {
  for (int i = 0; i < model::kLossCount; ++i) {
    const auto cause = static_cast<model::Loss>(i);
    // Dropped events cost no counts: GetStatus and WatchEvents tell of them.
    if (cause == model::Loss::kEventsDropped) continue;
    v1::Losses::Cause& row = *out.add_causes();
    row.set_name(model::LossName(cause));
    row.set_count(own[cause] + unplaced[cause]);
    row.set_own(own[cause]);
    row.set_unplaced(unplaced[cause]);
    row.set_elsewhere(elsewhere[cause]);
  }
}

void SetOrigin(const model::Origin& origin, v1::Provenance& out) {
  out.set_kernel_release(Printable(origin.kernel_release));
  out.set_kernel_version(Printable(origin.kernel_version));
  out.set_machine(origin.machine);
  out.set_boot_id(origin.boot_id);
  out.set_hostname(Printable(origin.hostname));
  out.set_footprint_version(origin.footprint_version);
  out.set_bpf_object(origin.bpf_object);
  out.set_page_size(origin.page_size);
  for (const std::string& what : origin.ignored) out.add_ignored(Printable(what));
}

using SyscallId = std::pair<uint8_t, int32_t>;

void SetSyscalls(const model::Counts& counts, v1::Footprint& out) {
  std::map<SyscallId, v1::Syscall> rows;
  for (const auto& [key, stats] : counts.calls) {
    if (key.kind != model::CallKind::kCalls) continue;
    const names::Abi abi = AbiOf(key.abi);
    v1::Syscall& row = rows[{key.abi, key.number}];
    row.set_abi(std::string(names::AbiName(abi)));
    row.set_number(key.number);
    row.set_name(names::SyscallName(abi, key.number));
    row.set_owner(std::string(names::SubsystemName(names::OwnerOf(abi, key.number))));
    if (const names::SyscallRow* known = names::FindSyscall(abi, key.number); known != nullptr) {
      row.set_definition(std::string(known->definition));
    }
    row.set_calls(row.calls() + stats.calls);
    row.set_errors(row.errors() + stats.errors);
    row.set_denied(row.denied() + stats.denied);
    row.set_unfinished(row.unfinished() + stats.unfinished);
    row.set_total_ns(row.total_ns() + stats.total_ns);
    row.set_max_ns(std::max(row.max_ns(), stats.max_ns));
  }
  for (const auto& [key, count] : counts.errnos) {
    const auto call = rows.find({key.abi, key.number});
    if (call == rows.end()) continue;  // what was lost is lost from all columns
    v1::Errno& row = key.denied ? *call->second.add_denied_errnos() : *call->second.add_errnos();
    row.set_name(key.value == model::kErrnoOther ? "other" : names::ErrnoName(key.value));
    row.set_value(key.value);
    row.set_count(count);
  }
  std::vector<v1::Syscall*> order;
  for (auto& [id, row] : rows) order.push_back(&row);
  std::stable_sort(order.begin(), order.end(), [](const v1::Syscall* a, const v1::Syscall* b) {
    return a->calls() != b->calls() ? a->calls() > b->calls() : a->name() < b->name();
  });
  for (v1::Syscall* row : order) *out.add_syscalls() = std::move(*row);
}

void SetSubsystems(const model::Counts& counts, v1::Footprint& out) {
  std::map<uint8_t, v1::Subsystem> rows;
  auto row_of = [&](uint8_t index) -> v1::Subsystem& {
    const auto [it, fresh] = rows.try_emplace(index);
    if (fresh && index < names::Subsystems().size()) {
      it->second.set_name(std::string(names::Subsystems()[index].name));
      it->second.set_title(std::string(names::Subsystems()[index].title));
    }
    return it->second;
  };
  for (const auto& [key, stats] : counts.calls) {
    if (key.kind != model::CallKind::kCalls) continue;
    v1::Subsystem& row = row_of(names::OwnerOf(AbiOf(key.abi), key.number));
    row.set_calls(row.calls() + stats.calls);
    row.set_errors(row.errors() + stats.errors);
    row.set_denied(row.denied() + stats.denied);
    row.set_total_ns(row.total_ns() + stats.total_ns);
  }
  for (const auto& [index, histogram] : counts.latency) {
    v1::Subsystem& row = row_of(index);
    for (int i = 0; i < model::kHistogramFirstLog2; ++i) row.add_latency_log2_ns(0);
    for (const uint64_t count : histogram) row.add_latency_log2_ns(count);
  }
  std::vector<v1::Subsystem*> order;
  for (auto& [index, row] : rows) order.push_back(&row);
  std::stable_sort(order.begin(), order.end(), [](const v1::Subsystem* a, const v1::Subsystem* b) {
    return a->calls() > b->calls();
  });
  for (v1::Subsystem* row : order) *out.add_subsystems() = std::move(*row);
}

void SetTotals(const model::Totals& totals, v1::Process& out) {
  out.set_calls(totals.calls);
  out.set_errors(totals.errors);
  out.set_unfinished(totals.unfinished);
  out.set_denied(totals.denied);
  out.set_total_ns(totals.total_ns);
}

void SetProgram(const model::Program& program, v1::Process& out) {
  for (const std::string_view word : model::Arguments(program)) {
    out.add_argv(Printable(std::string(word)));
  }
  out.set_argv_cut(program.argv_cut);
  out.set_exe_cut(program.exe_cut);
  out.set_exe_source(model::ExeSourceName(program.exe_source));
  out.set_exec_comm(Printable(program.exec_comm));
  out.set_mount_namespace(program.mount_namespace);
}

void SetIdentity(const model::LifeId& life, const model::LifeId& parent, const model::Image& image,
                 v1::Process& out) {
  out.set_pid(life.pid);
  out.set_parent_pid(parent.pid);
  const std::string& comm = image.name.empty() ? image.comm : image.name.str();
  out.set_comm(Printable(comm));
  out.set_comm_raw(comm);
  out.set_exe(Printable(image.exe));
  out.set_exe_raw(image.exe.str());
  out.set_script(Printable(image.script));
  if (image.program != nullptr) SetProgram(*image.program, out);
  out.set_unit(Printable(image.unit));
  out.set_container(Printable(image.container));
  out.set_cgroup(Printable(image.cgroup));
  out.set_uid(image.uid);
  out.set_image(image.number);
}

void SetFolded(const model::Row& row, v1::Process& out) {
  out.set_comm(Printable(row.command->comm));
  out.set_comm_raw(row.command->comm);
  out.set_exe(Printable(row.command->exe));
  out.set_exe_raw(row.command->exe.str());
  out.set_script(Printable(row.command->script));
  out.set_unit(Printable(row.command->unit));
  out.set_cgroup(Printable(row.command->cgroup));
  out.set_container(Printable(row.command->container));
  out.set_observer(row.command->observer);
  out.set_folded(row.folded);
}

// Whether the pid of a scope is one that this daemon may know.
absl::Status CheckNumbering(const v1::Scope& scope) {
  if (!scope.has_numbering()) return absl::OkStatus();
  const base::Namespaces& own = base::OwnNamespaces();
  if (scope.numbering().boot_id() != own.boot_id) {
    return absl::FailedPreconditionError(
        "the daemon watches another machine, or another run of its kernel, where this process is "
        "not: run the command where the daemon is");
  }
  if (scope.numbering().pid_namespace() != own.pid) {
    return absl::FailedPreconditionError(
        "this process is in another PID namespace than the daemon, which knows it by another "
        "number: run the command in the daemon's (on the host, or docker run --pid=host)");
  }
  return absl::OkStatus();
}

absl::Status CheckPattern(const std::string& pattern, const char* what) {
  if (pattern.empty()) return absl::InvalidArgumentError(absl::StrCat("scope: empty ", what));
  if (pattern.size() > kMaxPattern) {
    return absl::InvalidArgumentError(
        absl::StrCat("scope: ", what, " of ", pattern.size(), " bytes; at most ", kMaxPattern));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<model::Scope> ToScope(const v1::Scope& scope) {
  using Kind = model::Scope::Kind;
  switch (scope.kind_case()) {
    case v1::Scope::kSystem:
      if (!scope.system()) return absl::InvalidArgumentError("scope: system must be true");
      return model::Scope{.kind = Kind::kSystem};
    case v1::Scope::kPid:
    case v1::Scope::kTreePid: {
      const bool tree = scope.kind_case() == v1::Scope::kTreePid;
      const uint32_t pid = tree ? scope.tree_pid() : scope.pid();
      if (pid == 0) return absl::InvalidArgumentError("scope: pid 0 is no process");
      if (absl::Status s = CheckNumbering(scope); !s.ok()) return s;
      return model::Scope{.kind = tree ? Kind::kTree : Kind::kPid, .pid = pid};
    }
    case v1::Scope::kCommand:
      if (absl::Status s = CheckPattern(scope.command(), "command"); !s.ok()) return s;
      return model::Scope{.kind = Kind::kCommand, .pattern = scope.command()};
    case v1::Scope::kUnit:
      if (absl::Status s = CheckPattern(scope.unit(), "unit"); !s.ok()) return s;
      return model::Scope{.kind = Kind::kUnit, .pattern = scope.unit()};
    case v1::Scope::kCommandRaw:
      if (absl::Status s = CheckPattern(scope.command_raw(), "command"); !s.ok()) return s;
      return model::Scope{.kind = Kind::kCommand, .pattern = scope.command_raw()};
    case v1::Scope::kUnitRaw:
      if (absl::Status s = CheckPattern(scope.unit_raw(), "unit"); !s.ok()) return s;
      return model::Scope{.kind = Kind::kUnit, .pattern = scope.unit_raw()};
    case v1::Scope::KIND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      "scope: none given; one of system, pid, tree_pid, command, unit");
}

void ToProto(const model::Footprint& footprint, bool omit_processes, v1::Footprint& out) {
  const model::Totals totals = model::Sum(footprint.counts);
  out.set_complete(footprint.losses.Complete());
  SetLosses(footprint.own, footprint.unplaced, footprint.elsewhere, *out.mutable_losses());
  out.mutable_losses()->set_why(Printable(model::WhyIncomplete(footprint)));
  if (footprint.origin != nullptr) {
    SetTier(footprint, out);
    SetOrigin(*footprint.origin, *out.mutable_provenance());
  }
  v1::Provenance& provenance = *out.mutable_provenance();
  SetTime(footprint.start_realtime_ns, *provenance.mutable_start_time());
  SetTime(footprint.end_realtime_ns, *provenance.mutable_end_time());
  provenance.set_start_boottime_ns(footprint.start_boottime_ns);
  provenance.set_end_boottime_ns(footprint.end_boottime_ns);
  out.set_calls(totals.calls);
  out.set_errors(totals.errors);
  out.set_unfinished(totals.unfinished);
  out.set_denied(totals.denied);
  out.set_in_flight(footprint.counts.in_flight);
  out.set_observer_calls(footprint.observer_calls);
  out.set_overflow_calls(footprint.overflow_calls);
  SetSyscalls(footprint.counts, out);
  SetObjects(footprint, out);
  SetTierNotes(footprint, out);
  SetServedBy(out);
  SetSubsystems(footprint.counts, out);
  SetModules(footprint, out);
  if (!footprint.units_unknown_because.empty()) out.add_notes(footprint.units_unknown_because);
  FitTables(kMaxTableBytes, out);
  if (omit_processes) return;
  size_t bytes = out.ByteSizeLong();
  for (const model::Row& row : footprint.rows) {
    if (out.processes_size() == kMaxProcessRows || bytes >= kMaxFootprintBytes) {
      out.set_processes_truncated(true);
      break;
    }
    v1::Process& process = *out.add_processes();
    if (row.life != nullptr) {
      ToProto(*row.life, *row.image, process);
    } else {
      SetFolded(row, process);
    }
    SetTotals(row.totals, process);
    bytes += process.ByteSizeLong() + kRowOverhead;
    if (bytes <= kMaxFootprintBytes) continue;
    out.mutable_processes()->RemoveLast();
    out.set_processes_truncated(true);
    break;
  }
}

void ToProto(const model::Life& life, const model::Image& image, v1::Process& out) {
  SetIdentity(life.id, life.parent, image, out);
  out.set_start_boottime_ns(life.start_ns);
  out.set_alive(image.alive);
  out.set_observer(life.observer);
  out.set_threads(image.threads);
  if (image.counts != nullptr) SetTotals(model::Sum(*image.counts), out);
}

void ToProto(const model::Event& event, v1::WatchEventsResponse& out) {
  switch (event.kind) {
    case model::Event::Kind::kFork:
      out.set_kind(v1::EVENT_KIND_PROCESS_FORK);
      break;
    case model::Event::Kind::kExec:
      out.set_kind(v1::EVENT_KIND_PROCESS_EXEC);
      break;
    case model::Event::Kind::kExit:
      out.set_kind(v1::EVENT_KIND_PROCESS_EXIT);
      break;
    case model::Event::Kind::kObject:
      out.set_kind(v1::EVENT_KIND_OBJECT_FIRST_SEEN);
      if (event.object != nullptr) SetNames(*event.object, *out.mutable_object());
      break;
    default:
      SetModule(event, out);
      break;
  }
  SetTime(event.realtime_ns, *out.mutable_time());
  SetIdentity(event.life, event.parent, event.image, *out.mutable_process());
  out.mutable_process()->set_start_boottime_ns(event.life.birth);
  if (event.has_wait_status) out.set_wait_status(event.wait_status);
}

void ToProto(const model::Snapshot& snapshot, v1::GetStatusResponse& out) {
  const model::Origin& origin = *snapshot.origin;
  out.set_version(origin.footprint_version);
  SetTier(snapshot, out);
  out.set_bpf_object(origin.bpf_object);
  out.set_degraded_because(Printable(origin.degraded_because));
  if (snapshot.units_unknown_because != nullptr) {
    out.set_units_unknown_because(*snapshot.units_unknown_because);
  }
  for (const model::Hook& hook : snapshot.hooks) {
    v1::Hook& row = *out.add_hooks();
    row.set_name(hook.name);
    row.set_attached(hook.attached);
    row.set_reason(hook.reason);
    row.set_missed(hook.missed);
  }
  SetLosses(model::Difference(snapshot.losses, snapshot.unplaced), snapshot.unplaced, {},
            *out.mutable_losses());
  out.set_complete(snapshot.losses.Complete());
  if (snapshot.modules != nullptr) SetModuleLosses(*snapshot.modules, out);
  SetTime(origin.attached_realtime_ns, *out.mutable_attached_time());
  const uint64_t uptime = snapshot.boottime_ns - origin.attached_boottime_ns;
  out.mutable_uptime()->set_seconds(uptime / 1'000'000'000);
  out.mutable_uptime()->set_nanos(uptime % 1'000'000'000);
  out.set_own_cpu_ns(snapshot.own_cpu_ns);
  out.set_resident_bytes(snapshot.resident_bytes);
  out.set_kernel_bytes(snapshot.kernel_bytes);
  out.set_events_dropped(snapshot.losses[model::Loss::kEventsDropped]);
  out.set_names_lost(snapshot.names_lost);
  out.mutable_slots()->set_used(snapshot.slots_used);
  out.mutable_slots()->set_total(snapshot.slots_total);
  out.mutable_spill()->set_used(snapshot.spill_used);
  out.mutable_spill()->set_total(snapshot.spill_total);
  out.set_retired_commands(snapshot.commands.size());
  out.set_recordings(snapshot.recordings);
  if (snapshot.modules != nullptr) SetModules(*snapshot.modules, *out.mutable_modules());
  SetOrigin(origin, *out.mutable_provenance());
  uint64_t calls = snapshot.losses[model::Loss::kCallsUnattributed], processes = 0;
  for (const auto& life : snapshot.lives) {
    processes += life->alive;
    for (const auto& image : life->images) {
      if (image->counts != nullptr) calls += model::Sum(*image->counts).calls;
    }
  }
  for (const auto& command : snapshot.commands) calls += model::Sum(command->counts).calls;
  out.set_processes(processes);
  out.set_calls(calls);
}

grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), Printable(std::string(status.message()))};
}

}  // namespace footprint::rpc
