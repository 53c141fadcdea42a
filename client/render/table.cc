// SPDX-License-Identifier: Apache-2.0
#include "client/render/table.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/render/grid.h"
#include "client/render/modules.h"
#include "client/render/objects.h"
#include "client/render/tier.h"
#include "client/text.h"

namespace footprint::client::render {
namespace {

using Align = Grid::Align;

constexpr size_t kWidth = 80;
constexpr size_t kIndent = 10;  // of values in the head
constexpr size_t kShortestDefinition = 12;
constexpr size_t kShortestServed = 9;

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
  explicit Measured(const v1::Footprint& footprint)
      : errors(ErrorsMeasured(footprint)), latency(LatencyMeasured(footprint)) {}
  std::string Errors(uint64_t count) const { return errors ? absl::StrCat(count) : "-"; }
  std::string Time(uint64_t ns) const { return latency ? HumanDuration(ns) : "-"; }
  bool errors;
  bool latency;
};

std::string Field(const std::string& name, const std::string& value) {
  return absl::StrCat(FitLeft(name, kIndent), Sanitize(value), "\n");
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
  out += Field("taken on", absl::StrCat(provenance.hostname(), ", kernel ",
                                        provenance.kernel_release(), " ", provenance.machine(),
                                        ", tier ", TierWords(footprint.tier(), footprint.shed())));
  out += TierChanges(footprint.tier_changes(), footprint.tier_changes_older(), kIndent);
  if (provenance.ignored_size() != 0) {
    out += Field("ignored", absl::StrJoin(provenance.ignored(), ", "));
  }
  if (footprint.has_cost()) out += Field("cost", CostWords(footprint.cost()));
  if (report.watch && report.watch->skipped != 0) {
    out += Field("skipped", absl::StrCat(report.watch->skipped, " footprints before this one"));
  }
  out += absl::StrCat(footprint.complete() ? palette.good : palette.bad,
                      Stamp(footprint.complete(), footprint.losses()), palette.plain, "\n");
  out += absl::StrCat(footprint.calls(), " calls, ", Measured(footprint).Errors(footprint.errors()),
                      " errors, ", footprint.unfinished(), " unfinished, ", footprint.in_flight(),
                      " in flight");
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
  const Measured measured(footprint);
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

// "fs/read_write.c" of "fs/read_write.c:722"; the beginning gives way, since the file says most.
std::string ShortDefinition(const std::string& definition, size_t width) {
  const std::string path = Sanitize(definition.substr(0, definition.find(':')));
  return path.size() <= width ? path : "~" + path.substr(path.size() - width + 1);
}

struct Widths {
  size_t served, definition;
};

// What a line of 80 columns leaves for the last two, beside the widest cells of the others.
Widths WidthsLeft(const v1::Footprint& footprint, const Measured& measured, bool show_abi) {
  size_t name = 11, abi = 0, calls = 5, errors = 6, total = 5, owner = 5, served = 0;  // the titles
  for (const auto& row : footprint.syscalls()) {
    name = std::max(name, DisplayWidth(Sanitize(row.name())));
    if (show_abi) abi = std::max(abi, row.abi().size() + 2);
    calls = std::max(calls, absl::StrCat(row.calls()).size());
    errors = std::max(errors, measured.Errors(row.errors()).size());
    total = std::max(total, measured.Time(row.total_ns()).size());
    owner = std::max(owner, DisplayWidth(Sanitize(row.owner())));
    served = std::max(served, DisplayWidth(Sanitize(ServedBy(row))));
  }
  size_t others = name + abi + calls + errors + total + owner + 5 * 2;
  if (served != 0) {
    served = std::max(served, kShortestServed);
    others += 2;
  }
  const auto left = [](size_t used, size_t least) {
    return used + least < kWidth ? kWidth - used : least;
  };
  if (served != 0) served = std::min(served, left(others + kShortestDefinition, kShortestServed));
  return {.served = served, .definition = left(others + served, kShortestDefinition)};
}

std::string Syscalls(const v1::Footprint& footprint, const Palette& palette) {
  const Measured measured(footprint);
  std::set<std::string> abis;
  for (const auto& row : footprint.syscalls()) abis.insert(row.abi());
  const bool show_abi = abis.size() > 1;
  std::vector<Grid::Column> columns = {{"system call"}};
  if (show_abi) columns.push_back({"abi"});
  for (const char* title : {"calls", "errors", "total"}) {
    columns.push_back({title, Align::kRight});
  }
  columns.push_back({"owner"});
  const Widths widths = WidthsLeft(footprint, measured, show_abi);
  // Tiers below full do not tell.
  if (widths.served != 0) columns.push_back({"served by", Align::kLeft, widths.served});
  columns.push_back({"definition"});
  Grid grid(columns);
  for (const auto& row : footprint.syscalls()) {
    std::vector<std::string> cells = {row.name()};
    if (show_abi) cells.push_back(row.abi());
    cells.insert(cells.end(), {absl::StrCat(row.calls()), measured.Errors(row.errors()),
                               measured.Time(row.total_ns()), row.owner()});
    if (widths.served != 0) cells.push_back(ServedBy(row));
    cells.push_back(ShortDefinition(row.definition(), widths.definition));
    grid.Add(std::move(cells));
  }
  return grid.ToString(palette.bold, palette.plain);
}

std::string Drivers(const v1::Footprint& footprint, const Palette& palette) {
  Grid grid({{"served by"},
             {"driver", Align::kLeft, 20},
             {"module"},
             {"calls", Align::kRight},
             {"errors", Align::kRight},
             {"total", Align::kRight},
             {"max", Align::kRight},
             {"subsystem"}});
  for (const Served& row : ByDriver(footprint)) {
    const std::string device = row.device.empty() ? "" : absl::StrCat(" ", row.device);
    grid.Add({absl::StrCat(row.server, device), row.driver, row.module, absl::StrCat(row.calls),
              absl::StrCat(row.errors), HumanDuration(row.total_ns), HumanDuration(row.max_ns),
              row.subsystem});
  }
  return grid.ToString(palette.bold, palette.plain);
}

std::string Objects(const v1::Footprint& footprint, const Palette& palette) {
  Grid grid({{"system call"},
             {"served by"},
             {"driver", Align::kLeft, 20},
             {"module"},
             {"calls", Align::kRight},
             {"errors", Align::kRight},
             {"total", Align::kRight},
             {"subsystem"}});
  for (const auto& row : footprint.objects()) {
    grid.Add({row.syscall(), row.server(), row.driver(), row.module(), absl::StrCat(row.calls()),
              absl::StrCat(row.errors()), HumanDuration(row.total_ns()), row.subsystem()});
  }
  return grid.ToString(palette.bold, palette.plain);
}

std::string Ioctls(const v1::Footprint& footprint, const Palette& palette) {
  Grid grid({{"ioctl"},
             {"command"},
             {"calls", Align::kRight},
             {"errors", Align::kRight},
             {"total", Align::kRight},
             {"served by"},
             {"module"}});
  for (const auto& row : footprint.ioctls()) {
    grid.Add({row.name(), row.command(), absl::StrCat(row.calls()), absl::StrCat(row.errors()),
              HumanDuration(row.total_ns()), row.server(), row.module()});
  }
  return grid.ToString(palette.bold, palette.plain);
}

std::string Modules(const v1::Footprint& footprint, const Palette& palette) {
  Grid grid(
      {{"module"}, {"calls", Align::kRight}, {"errors", Align::kRight}, {"total", Align::kRight}});
  for (const Served& row : ByModule(footprint)) {
    grid.Add({row.module.empty() ? "(built in)" : row.module, absl::StrCat(row.calls),
              absl::StrCat(row.errors), HumanDuration(row.total_ns)});
  }
  return grid.ToString(palette.bold, palette.plain);
}

// Who served the calls: nothing where the tier does not tell.
void AddObjectTables(const v1::Footprint& footprint, By by, const Palette& palette,
                     std::vector<std::string>& parts) {
  const bool all = by == By::kDefault;
  if (by == By::kDriver || (all && footprint.objects_size() != 0)) {
    parts.push_back(Drivers(footprint, palette));
  }
  if (by == By::kObject) parts.push_back(Objects(footprint, palette));
  if (by == By::kIoctl || (all && footprint.ioctls_size() != 0)) {
    parts.push_back(Ioctls(footprint, palette));
  }
  if (by == By::kModule) parts.push_back(Modules(footprint, palette));
  for (const std::string& note : footprint.notes()) {
    parts.push_back(absl::StrCat("Note: ", Sanitize(note), "\n"));
  }
}

std::string Processes(const v1::Footprint& footprint, size_t limit, const Palette& palette) {
  const Measured measured(footprint);
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
  AddObjectTables(report.footprint, options.by, palette, parts);
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
