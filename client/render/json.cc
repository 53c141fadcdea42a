// SPDX-License-Identifier: Apache-2.0
#include "client/render/json.h"

#include "absl/strings/escaping.h"
#include "client/render/diagnosis.h"
#include "client/render/json_value.h"
#include "client/render/modules.h"
#include "client/render/report.h"
#include "client/render/tier.h"
#include "client/text.h"

namespace footprint::client::render {
namespace {

Json LossesJson(const v1::Losses& losses) {
  Json json = Json::object();
  for (const auto& cause : losses.causes()) json[Sanitize(cause.name())] = cause.count();
  return json;
}

// The same, by whose they are: see docs/json.md.
Json LossesOfJson(const v1::Losses& losses) {
  Json own = Json::object(), unplaced = Json::object(), elsewhere = Json::object();
  for (const auto& cause : losses.causes()) {
    own[Sanitize(cause.name())] = cause.own();
    unplaced[Sanitize(cause.name())] = cause.unplaced();
    elsewhere[Sanitize(cause.name())] = cause.elsewhere();
  }
  return {{"own", std::move(own)},
          {"unplaced", std::move(unplaced)},
          {"elsewhere", std::move(elsewhere)}};
}

Json ProvenanceJson(const v1::Provenance& origin) {
  return {{"kernel_release", Sanitize(origin.kernel_release())},
          {"kernel_version", Sanitize(origin.kernel_version())},
          {"machine", Sanitize(origin.machine())},
          {"boot_id", Sanitize(origin.boot_id())},
          {"hostname", Sanitize(origin.hostname())},
          {"footprint_version", Sanitize(origin.footprint_version())},
          {"bpf_object", Sanitize(origin.bpf_object())},
          {"page_size", origin.page_size()},
          {"start_time", Time(origin.start_time())},
          {"end_time", Time(origin.end_time())},
          {"start_boottime_ns", origin.start_boottime_ns()},
          {"end_boottime_ns", origin.end_boottime_ns()},
          {"ignored", WordsJson(origin.ignored())}};
}

Json SyscallJson(const v1::Syscall& row) {
  Json errnos = Json::object(), denied_errnos = Json::object();
  for (const auto& error : row.errnos()) errnos[Sanitize(error.name())] = error.count();
  for (const auto& error : row.denied_errnos()) {
    denied_errnos[Sanitize(error.name())] = error.count();
  }
  return {{"abi", Sanitize(row.abi())},
          {"number", row.number()},
          {"name", Sanitize(row.name())},
          {"owner", Sanitize(row.owner())},
          {"definition", Sanitize(row.definition())},
          {"calls", row.calls()},
          {"errors", row.errors()},
          {"denied", row.denied()},
          {"unfinished", row.unfinished()},
          {"total_ns", row.total_ns()},
          {"max_ns", row.max_ns()},
          {"served_by", WordsJson(row.served_by())},
          {"errnos", std::move(errnos)},
          {"denied_errnos", std::move(denied_errnos)}};
}

Json SubsystemJson(const v1::Subsystem& row) {
  Json latency = Json::array();
  for (uint64_t count : row.latency_log2_ns()) latency.push_back(count);
  return {{"name", Sanitize(row.name())},
          {"title", Sanitize(row.title())},
          {"calls", row.calls()},
          {"errors", row.errors()},
          {"denied", row.denied()},
          {"total_ns", row.total_ns()},
          {"latency_log2_ns", std::move(latency)}};
}

// Which calls had it as their second descriptor is counted when they enter: not what came of them.
Json SecondObjectJson(const v1::Object& row) {
  return {{"abi", Sanitize(row.abi())},
          {"syscall", Sanitize(row.syscall())},
          {"server", Sanitize(row.server())},
          {"driver", Sanitize(row.driver())},
          {"module", Sanitize(row.module())},
          {"subsystem", Sanitize(row.subsystem())},
          {"fops_symbol", Sanitize(row.fops_symbol())},
          {"fs_type", Sanitize(row.fs_type())},
          {"device", Sanitize(row.device())},
          {"calls", row.calls()}};
}

Json ObjectJson(const v1::Object& row) {
  Json json = SecondObjectJson(row);
  json["errors"] = row.errors();
  json["total_ns"] = row.total_ns();
  json["max_ns"] = row.max_ns();
  return json;
}

Json IoctlJson(const v1::Ioctl& row) {
  return {{"driver", Sanitize(row.driver())},
          {"module", Sanitize(row.module())},
          {"server", Sanitize(row.server())},
          {"abi", Sanitize(row.abi())},
          {"command", Sanitize(row.command())},
          {"name", Sanitize(row.name())},
          {"named", row.named()},
          {"foreign", row.foreign()},
          {"calls", row.calls()},
          {"errors", row.errors()},
          {"total_ns", row.total_ns()},
          {"max_ns", row.max_ns()}};
}

Json ProcessJson(const v1::Process& row) {
  Json json = {{"pid", row.pid()},
               {"comm", Sanitize(row.comm())},
               {"exe", Sanitize(row.exe())},
               {"exe_source", Sanitize(row.exe_source())},
               {"exe_cut", row.exe_cut()},
               {"script", Sanitize(row.script())},
               {"argv", Json::array()},
               {"argv_cut", row.argv_cut()},
               {"command_line", CommandLine(row)},
               {"exec_comm", Sanitize(row.exec_comm())},
               {"mount_namespace", row.mount_namespace()},
               {"unit", Sanitize(row.unit())},
               {"cgroup", Sanitize(row.cgroup())},
               {"container", Sanitize(row.container())},
               {"parent_pid", row.parent_pid()},
               {"uid", row.uid()},
               {"start_boottime_ns", row.start_boottime_ns()},
               {"image", row.image()},
               {"alive", row.alive()},
               {"observer", row.observer()},
               {"calls", row.calls()},
               {"errors", row.errors()},
               {"unfinished", row.unfinished()},
               {"denied", row.denied()},
               {"total_ns", row.total_ns()},
               {"threads", row.threads()},
               {"folded", row.folded()}};
  for (const std::string& word : row.argv()) json["argv"].push_back(Sanitize(word));
  // The exact bytes, where the name had to be escaped.
  if (!row.comm_raw().empty() && row.comm_raw() != Sanitize(row.comm())) {
    json["comm_hex"] = absl::BytesToHexString(row.comm_raw());
  }
  if (!row.exe_raw().empty() && row.exe_raw() != Sanitize(row.exe())) {
    json["exe_hex"] = absl::BytesToHexString(row.exe_raw());
  }
  return json;
}

template <typename Rows, typename Convert>
Json ArrayJson(const Rows& rows, const Convert& convert) {
  Json json = Json::array();
  for (const auto& row : rows) json.push_back(convert(row));
  return json;
}

Json RunJson(const RunResult& run) {
  Json command = Json::array();
  for (const std::string& word : run.command) command.push_back(Sanitize(word));
  return {{"command", std::move(command)},
          {"label", Sanitize(run.label)},
          {"exit_status", run.exit_status},
          {"signal", run.signal}};
}

Json CapacityJson(const v1::Capacity& capacity) {
  return {{"used", capacity.used()}, {"total", capacity.total()}};
}

Json HookJson(const v1::Hook& hook) {
  return {{"name", Sanitize(hook.name())},
          {"attached", hook.attached()},
          {"reason", Sanitize(hook.reason())},
          {"missed", hook.missed()}};
}

}  // namespace

std::string FootprintJson(const Report& report, bool one_line) {
  const v1::Footprint& footprint = report.footprint;
  Json json = {{"complete", footprint.complete()},
               {"losses", LossesJson(footprint.losses())},
               {"losses_of", LossesOfJson(footprint.losses())},
               {"why", Sanitize(footprint.losses().why())},
               {"tier", Sanitize(footprint.tier())},
               {"shed", WordsJson(footprint.shed())},
               {"tier_changes", TierChangesJson(footprint.tier_changes())},
               {"tier_changes_older", footprint.tier_changes_older()},
               {"cost", CostJson(footprint.cost())},
               {"provenance", ProvenanceJson(footprint.provenance())},
               {"scope", Sanitize(report.scope)}};
  if (report.run) json["run"] = RunJson(*report.run);
  if (report.watch) {
    json["sequence"] = report.watch->sequence;
    json["skipped"] = report.watch->skipped;
  }
  json["calls"] = footprint.calls();
  json["errors"] = footprint.errors();
  json["unfinished"] = footprint.unfinished();
  json["in_flight"] = footprint.in_flight();
  json["denied"] = footprint.denied();
  json["observer_calls"] = footprint.observer_calls();
  json["overflow_calls"] = footprint.overflow_calls();
  json["syscalls"] = ArrayJson(footprint.syscalls(), SyscallJson);
  json["subsystems"] = ArrayJson(footprint.subsystems(), SubsystemJson);
  json["objects"] = ArrayJson(footprint.objects(), ObjectJson);
  json["second_objects"] = ArrayJson(footprint.second_objects(), SecondObjectJson);
  json["ioctls"] = ArrayJson(footprint.ioctls(), IoctlJson);
  json["modules"] = ModuleUsesJson(footprint);
  json["notes"] = WordsJson(footprint.notes());
  json["processes"] = ArrayJson(footprint.processes(), ProcessJson);
  json["processes_truncated"] = footprint.processes_truncated();
  return Dump(json, one_line);
}

std::string StatusJson(const v1::GetStatusResponse& status, const std::string& target) {
  Json json = {{"target", Sanitize(target)},
               {"version", Sanitize(status.version())},
               {"tier", Sanitize(status.tier())},
               {"shed", WordsJson(status.shed())},
               {"measured", WordsJson(status.measured())},
               {"tier_changes", TierChangesJson(status.tier_changes())},
               {"tier_changes_older", status.tier_changes_older()},
               {"cost", CostJson(status.cost())},
               {"call_costs", ArrayJson(status.call_costs(), CallCostJson)},
               {"bpf_object", Sanitize(status.bpf_object())},
               {"degraded_because", Sanitize(status.degraded_because())},
               {"units_unknown_because", Sanitize(status.units_unknown_because())},
               {"complete", status.complete()},
               {"losses", LossesJson(status.losses())},
               {"hooks", ArrayJson(status.hooks(), HookJson)},
               {"attached_time", Time(status.attached_time())},
               {"uptime_ns", DurationNs(status.uptime())},
               {"calls", status.calls()},
               {"own_cpu_ns", status.own_cpu_ns()},
               {"own_cpu_percent", OwnCpuPercent(status)},
               {"resident_bytes", status.resident_bytes()},
               {"kernel_bytes", status.kernel_bytes()},
               {"events_dropped", status.events_dropped()},
               {"names_lost", status.names_lost()},
               {"slots", CapacityJson(status.slots())},
               {"spill", CapacityJson(status.spill())},
               {"processes", status.processes()},
               {"retired_commands", status.retired_commands()},
               {"recordings", status.recordings()},
               {"connections", status.connections()},
               {"connections_refused", status.connections_refused()},
               {"connections_cut", status.connections_cut()},
               {"provenance", ProvenanceJson(status.provenance())}};
  return Dump(json, false);
}

std::string DoctorJson(const std::vector<features::Finding>& findings,
                       const std::string& missing_capabilities) {
  const auto convert = [](const features::Finding& finding) -> Json {
    return {{"name", Sanitize(finding.name)},
            {"required", finding.importance == features::Importance::kRequired},
            {"present", finding.present},
            {"detail", Sanitize(finding.detail)},
            {"cost", Sanitize(finding.cost)},
            {"remedy", Sanitize(finding.remedy)},
            {"state", features::State(finding)}};
  };
  const Json json = {{"ok", Judge(findings, missing_capabilities) == Verdict::kGood},
                     {"missing_capabilities", Sanitize(missing_capabilities)},
                     {"findings", ArrayJson(findings, convert)}};
  return Dump(json, false);
}

}  // namespace footprint::client::render
