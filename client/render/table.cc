// SPDX-License-Identifier: Apache-2.0
#include "client/render/table.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/render/grid.h"
#include "client/render/modules.h"
#include "client/text.h"

namespace footprint::client::render {
namespace {

using Align = Grid::Align;

struct Palette {
  explicit Palette(bool on)
      : bold(on ? "\x1b[1m" : ""),
        good(on ? "\x1b[32m" : ""),
        bad(on ? "\x1b[1;31m" : ""),
        plain(on ? "\x1b[0m" : "") {}
  std::string bold, good, bad, plain;
};

// What a tier does not measure is "-", not 0.
struct Measured {
  explicit Measured(const std::string& tier)
      : errors(tier != "calls"), latency(tier != "calls" && tier != "errors") {}
  std::string Errors(uint64_t count) const { return errors ? absl::StrCat(count) : "-"; }
  std::string Time(uint64_t ns) const { return latency ? HumanDuration(ns) : "-"; }
  bool errors;
  bool latency;
};

std::string Field(const std::string& name, const std::string& value) {
  return absl::StrCat(FitLeft(name, 10), Sanitize(value), "\n");
}

std::string Window(const v1::Provenance& provenance) {
  const uint64_t length = provenance.end_boottime_ns() - provenance.start_boottime_ns();
  return absl::StrCat(LocalTime(provenance.start_time().seconds()), " to ",
                      LocalTime(provenance.end_time().seconds()), " (", HumanDuration(length), ")");
}

std::string Header(const Report& report, const Palette& palette) {
  const v1::Footprint& footprint = report.footprint;
  const v1::Provenance& provenance = footprint.provenance();
  std::string out;
  if (report.run) {
    out += Field("command", absl::StrJoin(report.run->command, " "));
    if (!report.run->label.empty()) out += Field("label", report.run->label);
    out += Field("ended", report.run->signal != 0
                              ? absl::StrCat("by signal ", report.run->signal)
                              : absl::StrCat("with status ", report.run->exit_status));
  } else {
    out += Field("scope", report.scope);
  }
  out += Field("window", Window(provenance));
  out += Field("taken on",
               absl::StrCat(provenance.hostname(), ", kernel ", provenance.kernel_release(), " ",
                            provenance.machine(), ", tier ", footprint.tier()));
  if (report.watch && report.watch->skipped != 0) {
    out += Field("skipped", absl::StrCat(report.watch->skipped, " footprints before this one"));
  }
  out += absl::StrCat(footprint.complete() ? palette.good : palette.bad,
                      Stamp(footprint.complete(), footprint.losses()), palette.plain, "\n");
  out += absl::StrCat(footprint.calls(), " calls, ",
                      Measured(footprint.tier()).Errors(footprint.errors()), " errors, ",
                      footprint.unfinished(), " unfinished, ", footprint.in_flight(), " in flight");
  if (footprint.denied() != 0) absl::StrAppend(&out, ", ", footprint.denied(), " denied");
  if (footprint.overflow_calls() != 0) {
    absl::StrAppend(&out, ", ", footprint.overflow_calls(), " of nobody known");
  }
  if (footprint.observer_calls() != 0) {
    absl::StrAppend(&out, "; apart from these, the observer's own ", footprint.observer_calls());
  }
  return out + "\n";
}

std::string Subsystems(const v1::Footprint& footprint, const Palette& palette) {
  const Measured measured(footprint.tier());
  Grid grid({{"subsystem"},
             {"calls", Align::kRight},
             {"errors", Align::kRight},
             {"total", Align::kRight},
             {"p50 <", Align::kRight},
             {"p99 <", Align::kRight}});
  for (const auto& row : footprint.subsystems()) {
    grid.Add({row.name(), absl::StrCat(row.calls()), measured.Errors(row.errors()),
              measured.Time(row.total_ns()), measured.Time(Quantile(row, 0.50)),
              measured.Time(Quantile(row, 0.99))});
  }
  return grid.ToString(palette.bold, palette.plain);
}

std::string Syscalls(const v1::Footprint& footprint, const Palette& palette) {
  const Measured measured(footprint.tier());
  std::set<std::string> abis;
  for (const auto& row : footprint.syscalls()) abis.insert(row.abi());
  const bool show_abi = abis.size() > 1;
  std::vector<Grid::Column> columns = {{"system call"}};
  if (show_abi) columns.push_back({"abi"});
  for (const char* title : {"calls", "errors", "total", "max"}) {
    columns.push_back({title, Align::kRight});
  }
  columns.push_back({"owner"});
  Grid grid(columns);
  for (const auto& row : footprint.syscalls()) {
    std::vector<std::string> cells = {row.name()};
    if (show_abi) cells.push_back(row.abi());
    cells.insert(cells.end(),
                 {absl::StrCat(row.calls()), measured.Errors(row.errors()),
                  measured.Time(row.total_ns()), measured.Time(row.max_ns()), row.owner()});
    grid.Add(std::move(cells));
  }
  return grid.ToString(palette.bold, palette.plain);
}

std::string Processes(const v1::Footprint& footprint, size_t limit, const Palette& palette) {
  const Measured measured(footprint.tier());
  Grid grid({{"pid", Align::kRight},
             {"command", Align::kLeft, 24},
             {"calls", Align::kRight},
             {"errors", Align::kRight},
             {"total", Align::kRight},
             {"unit", Align::kLeft, 40}});
  size_t shown = 0;
  const size_t total = static_cast<size_t>(footprint.processes_size());
  for (const auto& row : footprint.processes()) {
    if (limit != 0 && shown == limit) break;
    ++shown;
    std::string pid = row.pid() == 0 ? absl::StrCat(row.folded(), "x") : absl::StrCat(row.pid());
    std::string name = row.comm();
    if (row.observer()) name += " (observer)";
    grid.Add({std::move(pid), std::move(name), absl::StrCat(row.calls()),
              measured.Errors(row.errors()), measured.Time(row.total_ns()), row.unit()});
  }
  std::string out = grid.ToString(palette.bold, palette.plain);
  if (shown < total) absl::StrAppend(&out, "... and ", total - shown, " more (--limit 0)\n");
  if (footprint.processes_truncated()) {
    out += "The daemon cut this list at the limit of a reply; the totals are not affected.\n";
  }
  return out;
}

}  // namespace

uint64_t Quantile(const v1::Subsystem& subsystem, double share) {
  uint64_t total = 0;
  for (uint64_t count : subsystem.latency_log2_ns()) total += count;
  const auto wanted = static_cast<uint64_t>(std::ceil(static_cast<double>(total) * share));
  uint64_t seen = 0;
  for (int i = 0; i < subsystem.latency_log2_ns_size(); ++i) {
    seen += subsystem.latency_log2_ns(i);
    if (seen >= wanted && seen != 0) return i < 63 ? uint64_t{1} << (i + 1) : UINT64_MAX;
  }
  return 0;
}

std::string FootprintTable(const Report& report, const TableOptions& options) {
  const Palette palette(options.colour);
  std::vector<std::string> parts = {Header(report, palette)};
  const auto wants = [&](By by) { return options.by == By::kDefault || options.by == by; };
  if (wants(By::kSubsystem)) parts.push_back(Subsystems(report.footprint, palette));
  if (wants(By::kSyscall)) parts.push_back(Syscalls(report.footprint, palette));
  if (options.by == By::kProcess ||
      (options.by == By::kDefault && report.footprint.processes_size() != 0)) {
    parts.push_back(Processes(report.footprint, options.process_limit, palette));
  }
  if (options.by == By::kDefault) {
    const ModuleRecording modules = ToRecording(report.footprint, "");
    const auto used = [](const ModuleRow& row) { return row.Used(); };
    if (std::any_of(modules.rows.begin(), modules.rows.end(), used)) {
      parts.push_back(ModuleUseTable(modules, false, options.colour));
    }
  }
  return absl::StrJoin(parts, "\n");
}

}  // namespace footprint::client::render
