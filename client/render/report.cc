// SPDX-License-Identifier: Apache-2.0
#include "client/render/report.h"

#include <algorithm>
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

std::string Stamp(bool complete, const v1::Losses& losses) {
  if (complete) return "COMPLETE";
  std::vector<std::string> reasons;
  for (const auto& cause : losses.causes()) {
    if (cause.count() != 0) {
      reasons.push_back(absl::StrCat(Sanitize(cause.name()), " ", cause.count()));
    }
  }
  return absl::StrCat("INCOMPLETE: ",
                      reasons.empty() ? "reason not given" : absl::StrJoin(reasons, ", "));
}

}  // namespace footprint::client::render
