// SPDX-License-Identifier: Apache-2.0
#include "daemon/collect/naming.h"

#include <cstring>
#include <vector>

#include "absl/strings/str_split.h"

namespace footprint::collect {
namespace {

constexpr size_t kRemembered = 4096;

std::string Text(const char* bytes, size_t size) { return {bytes, strnlen(bytes, size)}; }

// What `read` answers about a living process; "" when it ended meanwhile.
std::string Ask(const Naming::Living& living, const std::function<std::string()>& read) {
  if (!living()) return "";
  std::string answer = read();
  return living() ? answer : "";
}

// Forgetting everything now and then costs a few look-ups, and no bookkeeping.
template <typename Map>
void Remember(Map& map, const typename Map::key_type& key, const std::string& value) {
  if (map.size() >= kRemembered) map.clear();
  map[key] = value;
}

}  // namespace

std::string UnitOf(const std::string& cgroup) {
  if (cgroup.empty() || cgroup == "/") return "";
  const std::vector<std::string> parts = absl::StrSplit(cgroup, '/');
  for (const char* suffix : {".service", ".scope", ".socket", ".mount", ".swap"}) {
    for (auto it = parts.rbegin(); it != parts.rend(); ++it) {
      if (it->ends_with(suffix)) return *it;
    }
  }
  return cgroup;
}

std::string Naming::ExeOf(const fp_ident& ident, const Living& living) {
  const std::string given = Text(ident.exe, sizeof(ident.exe));
  const auto known = programs_.find(given);
  if (!given.empty() && known != programs_.end()) return known->second;
  std::string exe = Ask(living, [&] { return procfs_.Exe(ident.tgid); });
  if (exe.empty() && given.starts_with('/')) exe = procfs_.ResolveProgram(given);
  // Relative names mean different programs in different directories.
  if (!exe.empty() && given.starts_with('/')) Remember(programs_, given, exe);
  return exe.empty() ? given : exe;
}

std::string Naming::CgroupOf(const fp_ident& ident, const Living& living) {
  if (ident.cgroup == 0) return "";
  const auto known = cgroups_.find(ident.cgroup);
  if (known != cgroups_.end()) return known->second;
  // A process may have moved on since its claim; the id says where it was.
  std::string path = procfs_.FindCgroup(ident.cgroup).value_or("");
  if (path.empty()) path = Ask(living, [&] { return procfs_.Cgroup(ident.tgid); });
  Remember(cgroups_, ident.cgroup, path);
  return path;
}

model::Image Naming::Describe(const fp_ident& ident, const Living& living) {
  model::Image image{.number = ident.image, .comm = Text(ident.comm, sizeof(ident.comm))};
  // A thread may have named itself; the process goes by its leader's name.
  if (ident.tid != ident.tgid) {
    const std::string comm = Ask(living, [&] { return procfs_.Comm(ident.tgid); });
    if (!comm.empty()) image.comm = comm;
  }
  image.exe = ExeOf(ident, living);
  image.command_line = Ask(living, [&] { return procfs_.CommandLine(ident.tgid); });
  image.cgroup = CgroupOf(ident, living);
  image.unit = UnitOf(image.cgroup);
  image.uid = ident.uid;
  return image;
}

}  // namespace footprint::collect
