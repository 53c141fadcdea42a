// SPDX-License-Identifier: Apache-2.0
#include "client/render/table.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/render/footprint_tables.h"
#include "client/render/modules.h"
#include "client/render/tier.h"
#include "client/text.h"

namespace footprint::client::render {
namespace {

constexpr size_t kIndent = 10;          // of values in the head
constexpr size_t kProcessesShown = 20;  // where nobody said how many

std::string Window(const v1::Provenance& provenance) {
  const uint64_t length = provenance.end_boottime_ns() - provenance.start_boottime_ns();
  return absl::StrCat(LocalSpan(provenance.start_time().seconds(), provenance.end_time().seconds()),
                      " (", HumanDuration(length), ")");
}

std::string Totals(const v1::Footprint& footprint) {
  std::string out = absl::StrCat(
      footprint.calls(), " calls, ", ErrorsCell(footprint, footprint.errors()), " errors, ",
      footprint.unfinished(), " unfinished, ", footprint.in_flight(), " in flight");
  if (footprint.denied() != 0) absl::StrAppend(&out, ", ", footprint.denied(), " denied");
  if (footprint.overflow_calls() != 0) {
    absl::StrAppend(&out, ", ", footprint.overflow_calls(), " of nobody known");
  }
  if (footprint.observer_calls() != 0) {
    absl::StrAppend(&out, "; apart from these, the observer's own ", footprint.observer_calls());
  }
  return out;
}

std::string Header(const Report& report, const Look& look) {
  const v1::Footprint& footprint = report.footprint;
  const v1::Provenance& provenance = footprint.provenance();
  std::string out;
  const auto add = [&](const char* name, const std::string& value) {
    out += Field(name, value, kIndent, look.width);
  };
  if (report.run) {
    add("command", ShellWords(report.run->command));
    if (!report.run->label.empty()) add("label", report.run->label);
    add("ended", report.run->signal != 0 ? absl::StrCat("by signal ", report.run->signal)
                                         : absl::StrCat("with status ", report.run->exit_status));
  } else {
    add("scope", report.scope);
  }
  add("window", Window(provenance));
  add("taken on",
      absl::StrCat(provenance.hostname(), ", kernel ", provenance.kernel_release(), " ",
                   provenance.machine(), ", tier ", TierWords(footprint.tier(), footprint.shed())));
  out += TierChanges(footprint.tier_changes(), footprint.tier_changes_older(), kIndent);
  if (provenance.ignored_size() != 0) add("ignored", absl::StrJoin(provenance.ignored(), ", "));
  if (footprint.has_cost()) {
    add("cost",
        CostWords(footprint.cost(), provenance.end_boottime_ns() - provenance.start_boottime_ns()));
  }
  if (report.watch && report.watch->skipped != 0) {
    add("skipped", absl::StrCat(report.watch->skipped, " footprints before this one"));
  }
  std::string stamp = Field("", Stamp(footprint.complete(), footprint.losses()), 0, look.width);
  stamp.pop_back();
  out += absl::StrCat(footprint.complete() ? look.Good() : look.Bad(), stamp, look.Plain(), "\n");
  if (!footprint.losses().why().empty()) add("why", footprint.losses().why());
  return out + Field("", Totals(footprint), 0, look.width);
}

// Why a table that was asked for has no row.
std::string Nothing(const v1::Footprint& footprint, By by) {
  const bool of_objects =
      by == By::kDriver || by == By::kObject || by == By::kIoctl || by == By::kModule;
  if (of_objects && !ObjectsMeasured(footprint)) {
    return absl::StrCat("Who served the calls was not measured: tier ",
                        TierWords(footprint.tier(), footprint.shed()),
                        "; `footprint tier full` measures it from then on.\n");
  }
  switch (by) {
    case By::kIoctl:
      return "No ioctl was called.\n";
    case By::kDriver:
    case By::kObject:
      return "No call took or made a descriptor.\n";
    case By::kModule:
      return "No call was served by a driver.\n";
    case By::kProcess:
      return "No process made a call.\n";
    default:
      return "No call was made.\n";
  }
}

std::string OneTable(const v1::Footprint& footprint, By by, size_t limit, const Look& look) {
  switch (by) {
    case By::kSubsystem:
      return SubsystemTable(footprint, limit, look);
    case By::kProcess:
      return ProcessTable(footprint, limit, look);
    case By::kDriver:
      return DriverTable(footprint, limit, look);
    case By::kObject:
      return ObjectTable(footprint, limit, look);
    case By::kIoctl:
      return IoctlTable(footprint, limit, look);
    case By::kModule:
      return ServingModuleTable(footprint, limit, look);
    default:
      return SyscallTable(footprint, limit, look);
  }
}

void AddNotes(const v1::Footprint& footprint, const Look& look, std::vector<std::string>& parts) {
  for (const std::string& note : footprint.notes()) {
    parts.push_back(Field("Note:", note, 6, look.width));
  }
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
  const v1::Footprint& footprint = report.footprint;
  std::vector<std::string> parts = {Header(report, options.look)};
  if (options.by != By::kDefault) {
    const std::string table =
        OneTable(footprint, options.by, options.limit.value_or(0), options.look);
    parts.push_back(table.empty() ? Nothing(footprint, options.by) : table);
    AddNotes(footprint, options.look, parts);
    return absl::StrJoin(parts, "\n");
  }
  for (const By by : {By::kSubsystem, By::kSyscall, By::kDriver, By::kIoctl}) {
    std::string table = OneTable(footprint, by, options.limit.value_or(0), options.look);
    if (!table.empty()) parts.push_back(std::move(table));
  }
  if (footprint.syscalls().empty()) parts.push_back(Nothing(footprint, By::kDefault));
  AddNotes(footprint, options.look, parts);
  std::string processes =
      ProcessTable(footprint, options.limit.value_or(kProcessesShown), options.look);
  if (!processes.empty()) parts.push_back(std::move(processes));
  const ModuleRecording modules = ToRecording(footprint, "");
  const auto used = [](const ModuleRow& row) { return row.Used(); };
  if (std::any_of(modules.rows.begin(), modules.rows.end(), used)) {
    parts.push_back(ModuleUseTable(modules, false, options.look));
  }
  return absl::StrJoin(parts, "\n");
}

}  // namespace footprint::client::render
