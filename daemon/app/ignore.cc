// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ignore.h"

#include <linux/types.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "bpf/abi/footprint.h"
#include "daemon/model/units.h"
#include "data/names.h"

namespace footprint::app {
namespace {

// Levenshtein's, by one row.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string WrongSyscall(const std::string& name) {
  std::string_view nearest;
  size_t least = SIZE_MAX;
  for (int abi = 1; abi < names::kAbiCount; ++abi) {
    for (const names::SyscallRow& row : names::Syscalls(static_cast<names::Abi>(abi))) {
      const size_t distance = Distance(name, row.name);
      if (distance == 0) return "";
      if (distance < least) {
        least = distance;
        nearest = row.name;
      }
    }
  }
  return absl::StrCat("names no system call \"", name, "\"; the nearest is \"",
                      std::string(nearest), "\"");
}

std::string WrongCommand(const std::string& comm) {
  if (!comm.empty() && comm.size() < FP_COMM_LEN) return "";
  return absl::StrCat("must be names of 1 to ", FP_COMM_LEN - 1,
                      " bytes, as the kernel keeps them: \"", comm, "\" is not");
}

std::string WrongUnit(const std::string& unit) {
  const bool path = unit.starts_with("/") && unit.size() > 1;
  if (path || (unit.find('.') != std::string::npos && unit.find('/') == std::string::npos)) {
    return "";
  }
  return absl::StrCat("must be units (\"noise.service\") or cgroup paths (\"/noise\"): \"", unit,
                      "\" is neither");
}

std::vector<std::string> DescribeIgnored(const Config& config) {
  std::vector<std::string> all;
  for (const auto& name : config.ignore_syscalls) all.push_back(absl::StrCat("syscall:", name));
  for (const auto& name : config.ignore_commands) all.push_back(absl::StrCat("command:", name));
  for (const auto& name : config.ignore_units) all.push_back(absl::StrCat("unit:", name));
  return all;
}

// What stands at a place now, in place of what was known to.
void IgnoredUnits::Note(uint64_t& known, uint64_t id) {
  if (known == id) return;
  absl::Status status = absl::OkStatus();
  if (known != 0) status = ignore_(known, false);
  known = id;
  if (id != 0) status.Update(ignore_(id, true));
  if (status.ok() || complained_) return;
  complained_ = true;
  spdlog::warn("a cgroup of an ignored unit is counted: {}", std::string(status.message()));
}

void IgnoredUnits::ForgetGonePlaces() {
  const auto gone = [](const auto& place) { return place.second == 0; };
  if (static_cast<size_t>(std::count_if(places_.begin(), places_.end(), gone)) > kGonePlacesKept) {
    std::erase_if(places_, gone);
  }
}

void IgnoredUnits::Look(uint64_t boottime_ns) {
  if (units_.empty()) return;
  // A unit that was started again has the place of before, and a new id.
  for (auto& [place, known] : places_) Note(known, procfs_.CgroupId(place));
  if (boottime_ns < next_walk_ns_) return;
  ForgetGonePlaces();
  next_walk_ns_ = boottime_ns + kWalkEveryNs;
  for (const auto& [path, id] : procfs_.Cgroups(kMostCgroups)) {
    const std::string unit = model::UnitOf(path);
    const bool ours = std::any_of(units_.begin(), units_.end(), [&](const std::string& wanted) {
      return model::UnitMatches(wanted, unit, path);
    });
    if (ours) Note(places_[path], id);
  }
}

}  // namespace footprint::app
