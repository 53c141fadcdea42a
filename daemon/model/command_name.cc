// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/command_name.h"

#include <set>
#include <string_view>

#include "daemon/model/units.h"

namespace footprint::model {
namespace {

constexpr std::string_view kOtherBelow = "/(other)";

// The path that stands for itself and, where it is folded, for what was below.
std::string_view Folder(std::string_view cgroup) {
  if (cgroup.ends_with(kOtherBelow)) cgroup.remove_suffix(kOtherBelow.size());
  return cgroup;
}

}  // namespace

CommandName NameOf(const Image& image, bool observer) {
  return {.cgroup = image.cgroup,
          .exe = image.exe,
          .script = image.script,
          .comm = image.comm,
          .observer = observer};
}

CommandName NameOf(const Command& command) {
  return {.cgroup = command.cgroup,
          .exe = command.exe,
          .script = command.script,
          .comm = command.comm,
          .observer = command.observer};
}

bool NameUnknown(const Image& image) {
  return image.exe.empty() || (image.program != nullptr && image.program->names_unsure);
}

bool Coarsen(CommandName& name) {
  if (!name.cgroup.empty() && name.cgroup != kOtherBelow) {
    const std::string_view folder = Folder(name.cgroup);
    name.cgroup = std::string(folder.substr(0, folder.rfind('/'))).append(kOtherBelow);
    return true;
  }
  if (name.comm == kOther && name.exe.empty()) return false;
  name.exe = "";
  name.script = "";
  name.comm = kOther;
  return true;
}

void NoteFold(const CommandName& from, const CommandName& to, uint64_t calls, NameSketch& sketch) {
  using Kind = NameSketch::Kind;
  if (from.cgroup != to.cgroup) {
    sketch.Add(Kind::kPath, Folder(from.cgroup), calls);
    sketch.AddToAll(Kind::kPath, calls);
    sketch.AddToAll(Kind::kUnit, calls);
    // A manager's name stands for what it runs, too.
    const std::string unit = UnitOf(from.cgroup), left = UnitOf(to.cgroup);
    for (size_t end = unit.starts_with('/') ? std::string::npos : unit.find('/');;
         end = unit.find('/', end + 1)) {
      const std::string name = unit.substr(0, end);
      if (!UnitMatches(name, left, to.cgroup)) sketch.Add(Kind::kUnit, name, calls);
      if (end == std::string::npos) break;
    }
  }
  if (from.comm == to.comm && from.exe == to.exe && from.script == to.script) return;
  const std::string& exe = from.exe;
  const std::string& script = from.script;
  const std::set<std::string> names = {from.comm, exe, exe.substr(exe.rfind('/') + 1), script,
                                       script.substr(script.rfind('/') + 1)};
  for (const std::string& name : names) sketch.Add(Kind::kCommand, name, calls);
  sketch.AddToAll(Kind::kCommand, calls);
}

}  // namespace footprint::model
