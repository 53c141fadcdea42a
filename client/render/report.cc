// SPDX-License-Identifier: Apache-2.0
#include "client/render/report.h"

#include <algorithm>
#include <string_view>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/text.h"

namespace footprint::client::render {

void Sort(v1::Footprint& footprint) {
  auto& syscalls = *footprint.mutable_syscalls();
  std::sort(syscalls.begin(), syscalls.end(), [](const auto& a, const auto& b) {
    return std::forward_as_tuple(b.calls(), a.abi(), a.number()) <
           std::forward_as_tuple(a.calls(), b.abi(), b.number());
  });
  auto& subsystems = *footprint.mutable_subsystems();
  std::sort(subsystems.begin(), subsystems.end(), [](const auto& a, const auto& b) {
    return std::forward_as_tuple(b.calls(), a.name()) < std::forward_as_tuple(a.calls(), b.name());
  });
  auto& processes = *footprint.mutable_processes();
  std::sort(processes.begin(), processes.end(), [](const auto& a, const auto& b) {
    return std::forward_as_tuple(b.calls(), a.pid(), a.start_boottime_ns(), a.image(), a.comm()) <
           std::forward_as_tuple(a.calls(), b.pid(), b.start_boottime_ns(), b.image(), b.comm());
  });
}

std::string CommandLine(const v1::Process& process) {
  std::string line = ShellWords({process.argv().begin(), process.argv().end()});
  if (process.argv_cut()) line += line.empty() ? "..." : " ...";
  return Sanitize(line);
}

namespace {

struct LossWords {
  std::string_view name;
  std::string_view words;   // behind the count
  std::string_view remedy;  // "" where no setting helps
};
constexpr LossWords kLosses[] = {
    {"calls_unattributed", "calls of nobody known", ": raise spill_entries"},
    {"detail_dropped", "calls counted without detail", ": raise spill_entries"},
    {"exit_unmatched", "ends of calls without a beginning", ""},
    {"origin_unknown", "processes whose beginning was missed", ""},
    {"object_unknown", "calls whose object is not known", ": raise object_classes"},
    {"command_dropped", "ioctl calls without their command", ": raise object_classes"},
    {"program_missed", "runs that the kernel skipped", ": see footprint status"},
    {"name_unknown", "calls at most that may belong here", ": raise max_commands"},
    {"module_counts_dropped", "counts of modules missing", ""},
    {"module_detail_dropped", "counts of modules without a caller", ""},
};

// "12 calls counted without detail (detail_dropped: raise spill_entries)"; "name 12" for a cause of
// a newer daemon.
std::string LossText(const v1::Losses::Cause& cause) {
  for (const LossWords& loss : kLosses) {
    if (loss.name != cause.name()) continue;
    return absl::StrCat(cause.count(), " ", std::string(loss.words), " (", std::string(loss.name),
                        std::string(loss.remedy), ")");
  }
  return absl::StrCat(Sanitize(cause.name()), " ", cause.count());
}

}  // namespace

std::string Stamp(bool complete, const v1::Losses& losses) {
  if (complete) return "COMPLETE";
  std::vector<std::string> reasons;
  for (const auto& cause : losses.causes()) {
    if (cause.count() != 0) reasons.push_back(LossText(cause));
  }
  return absl::StrCat("INCOMPLETE: ",
                      reasons.empty() ? "reason not given" : absl::StrJoin(reasons, ", "));
}

}  // namespace footprint::client::render
