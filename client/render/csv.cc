// SPDX-License-Identifier: Apache-2.0
#include "client/render/csv.h"

#include <concepts>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/render/diagnosis.h"
#include "client/render/objects.h"
#include "client/render/report.h"
#include "client/text.h"

namespace footprint::client::render {
namespace {

// One line; a comma before every cell but the first.
class Row {
 public:
  Row& Add(std::string_view text) { return AddCell(CsvText(text)); }
  Row& Add(bool value) { return AddCell(value ? "true" : "false"); }
  template <std::integral Number>
  requires(!std::same_as<Number, bool>) Row& Add(Number value) {
    return AddCell(absl::StrCat(value));
  }
  // A string literal would else become a bool.
  Row& Add(const char* text) { return Add(std::string_view(text)); }
  void AppendTo(std::string& out) { absl::StrAppend(&out, line_, "\r\n"); }

 private:
  Row& AddCell(const std::string& cell) {
    if (!first_) line_ += ',';
    first_ = false;
    line_ += cell;
    return *this;
  }

  std::string line_;
  bool first_ = true;
};

Row Begin(const Report& report) {
  Row row;
  if (report.watch) row.Add(report.watch->sequence);
  return row;
}

std::string Syscalls(const Report& report) {
  std::string out;
  for (const auto& syscall : report.footprint.syscalls()) {
    Row row = Begin(report);
    row.Add(syscall.abi()).Add(syscall.number()).Add(syscall.name()).Add(syscall.owner());
    row.Add(syscall.calls()).Add(syscall.errors()).Add(syscall.denied()).Add(syscall.unfinished());
    row.Add(syscall.total_ns()).Add(syscall.max_ns()).Add(report.footprint.complete());
    row.AppendTo(out);
  }
  return out;
}

std::string Subsystems(const Report& report) {
  std::string out;
  for (const auto& subsystem : report.footprint.subsystems()) {
    Row row = Begin(report);
    row.Add(subsystem.name()).Add(subsystem.title()).Add(subsystem.calls());
    row.Add(subsystem.errors())
        .Add(subsystem.denied())
        .Add(subsystem.total_ns())
        .Add(report.footprint.complete());
    row.AppendTo(out);
  }
  return out;
}

std::string Processes(const Report& report) {
  std::string out;
  for (const auto& process : report.footprint.processes()) {
    Row row = Begin(report);
    row.Add(process.pid()).Add(process.comm()).Add(process.exe()).Add(CommandLine(process));
    row.Add(process.unit()).Add(process.parent_pid()).Add(process.uid());
    row.Add(process.start_boottime_ns()).Add(process.image()).Add(process.alive());
    row.Add(process.observer()).Add(process.calls()).Add(process.errors());
    row.Add(process.unfinished()).Add(process.denied()).Add(process.total_ns());
    row.Add(process.threads()).Add(process.folded()).Add(report.footprint.complete());
    row.AppendTo(out);
  }
  return out;
}

std::string Drivers(const Report& report, const std::vector<Served>& served) {
  std::string out;
  for (const Served& driver : served) {
    Row row = Begin(report);
    row.Add(driver.server).Add(driver.driver).Add(driver.module).Add(driver.subsystem);
    row.Add(driver.device).Add(driver.calls).Add(driver.errors).Add(driver.total_ns);
    row.Add(driver.max_ns).Add(report.footprint.complete());
    row.AppendTo(out);
  }
  return out;
}

std::string Objects(const Report& report) {
  std::string out;
  for (const auto& object : report.footprint.objects()) {
    Row row = Begin(report);
    row.Add(object.abi()).Add(object.syscall()).Add(object.server()).Add(object.driver());
    row.Add(object.module()).Add(object.subsystem()).Add(object.fs_type()).Add(object.device());
    row.Add(object.calls()).Add(object.errors()).Add(object.total_ns()).Add(object.max_ns());
    row.Add(report.footprint.complete());
    row.AppendTo(out);
  }
  return out;
}

std::string Ioctls(const Report& report) {
  std::string out;
  for (const auto& ioctl : report.footprint.ioctls()) {
    Row row = Begin(report);
    row.Add(ioctl.command()).Add(ioctl.name()).Add(ioctl.server()).Add(ioctl.driver());
    row.Add(ioctl.module()).Add(ioctl.abi()).Add(ioctl.calls()).Add(ioctl.errors());
    row.Add(ioctl.total_ns()).Add(ioctl.max_ns()).Add(report.footprint.complete());
    row.AppendTo(out);
  }
  return out;
}

const char* Titles(By by) {
  switch (by) {
    case By::kDriver:
    case By::kModule:
      return "server,driver,module,subsystem,device,calls,errors,total_ns,max_ns,complete";
    case By::kObject:
      return "abi,syscall,server,driver,module,subsystem,fs_type,device,calls,errors,total_ns,"
             "max_ns,complete";
    case By::kIoctl:
      return "command,name,server,driver,module,abi,calls,errors,total_ns,max_ns,complete";
    case By::kSubsystem:
      return "name,title,calls,errors,denied,total_ns,complete";
    case By::kProcess:
      return "pid,comm,exe,command_line,unit,parent_pid,uid,start_boottime_ns,image,alive,observer,"
             "calls,errors,unfinished,denied,total_ns,threads,folded,complete";
    default:
      return "abi,number,name,owner,calls,errors,denied,unfinished,total_ns,max_ns,complete";
  }
}

std::string Rows(const Report& report, By by) {
  switch (by) {
    case By::kSubsystem:
      return Subsystems(report);
    case By::kProcess:
      return Processes(report);
    case By::kDriver:
      return Drivers(report, ByDriver(report.footprint));
    case By::kModule:
      return Drivers(report, ByModule(report.footprint));
    case By::kObject:
      return Objects(report);
    case By::kIoctl:
      return Ioctls(report);
    default:
      return Syscalls(report);
  }
}

// The first rows of a text of rows; 0: all. No cell holds a line break: they are escaped.
std::string First(std::string rows, size_t limit) {
  size_t end = 0;
  for (size_t i = 0; i < limit; ++i) {
    const size_t next = rows.find("\r\n", end);
    if (next == std::string::npos) return rows;
    end = next + 2;
  }
  if (limit != 0) rows.resize(end);
  return rows;
}

}  // namespace

std::string CsvText(std::string_view text) {
  std::string cell = Sanitize(text);
  if (!cell.empty() && std::string_view("=+-@").find(cell[0]) != std::string_view::npos) {
    cell.insert(0, "'");
  }
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (char c : cell) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string FootprintCsv(const Report& report, By by, bool with_header, size_t limit) {
  std::string out;
  if (with_header) {
    absl::StrAppend(&out, report.watch ? "sequence," : "", Titles(by), "\r\n");
  }
  return out + First(Rows(report, by), limit);
}

std::string StatusCsv(const v1::GetStatusResponse& status, const std::string& target) {
  std::string out = "name,value\r\n";
  const auto add = [&](std::string_view name, const auto& value) {
    Row row;
    row.Add(name).Add(value);
    row.AppendTo(out);
  };
  add("target", target);
  add("version", status.version());
  add("tier", status.tier());
  add("shed", absl::StrJoin(status.shed(), " "));
  add("measured", absl::StrJoin(status.measured(), " "));
  add("tier_changes",
      static_cast<uint64_t>(status.tier_changes_size()) + status.tier_changes_older());
  add("ignored", absl::StrJoin(status.provenance().ignored(), " "));
  add("bpf_object", status.bpf_object());
  add("degraded_because", status.degraded_because());
  add("complete", status.complete());
  for (const auto& cause : status.losses().causes()) {
    add(absl::StrCat("losses.", cause.name()), cause.count());
  }
  for (const auto& hook : status.hooks()) {
    add(absl::StrCat("hooks.", hook.name()),
        hook.attached() ? std::string("attached") : absl::StrCat("missing: ", hook.reason()));
  }
  add("uptime_ns", DurationNs(status.uptime()));
  add("calls", status.calls());
  add("own_cpu_ns", status.own_cpu_ns());
  add("own_cpu_percent", absl::StrFormat("%.6f", OwnCpuPercent(status)));
  if (status.cost().has_call()) {
    add("cost.plain_ns", absl::StrFormat("%.1f", status.cost().call().plain_ns()));
    add("cost.descriptor_ns", absl::StrFormat("%.1f", status.cost().call().descriptor_ns()));
    add("cost.kernel_ns", status.cost().kernel_ns());
    add("cost.kernel_percent_of_core",
        absl::StrFormat("%.6f", status.cost().kernel_percent_of_core()));
  }
  add("resident_bytes", status.resident_bytes());
  add("kernel_bytes", status.kernel_bytes());
  add("events_dropped", status.events_dropped());
  add("slots.used", status.slots().used());
  add("slots.total", status.slots().total());
  add("spill.used", status.spill().used());
  add("spill.total", status.spill().total());
  add("processes", status.processes());
  add("retired_commands", status.retired_commands());
  add("recordings", status.recordings());
  add("connections", status.connections());
  add("connections_refused", status.connections_refused());
  add("connections_cut", status.connections_cut());
  return out;
}

std::string DoctorCsv(const std::vector<features::Finding>& findings) {
  std::string out = "name,required,present,detail,cost,remedy,state\r\n";
  for (const auto& finding : findings) {
    Row row;
    row.Add(finding.name).Add(finding.importance == features::Importance::kRequired);
    row.Add(finding.present).Add(finding.detail).Add(finding.cost).Add(finding.remedy);
    row.Add(features::State(finding));
    row.AppendTo(out);
  }
  return out;
}

}  // namespace footprint::client::render
