// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/units.h"

#include <fnmatch.h>

#include <algorithm>
#include <cctype>
#include <vector>

namespace footprint::model {
namespace {

// Units that have a cgroup of their own; a slice only holds others. systemd.unit(5)
constexpr const char* kUnitSuffixes[] = {".service", ".scope", ".socket", ".mount", ".swap"};
constexpr size_t kIdDigits = 64;       // of docker, podman, containerd, cri-o
constexpr size_t kLeastIdDigits = 12;  // what their tools print
constexpr size_t kPodUidLength = 36;   // of a Kubernetes pod without a runtime's id below

bool TakePrefix(std::string_view* text, std::string_view prefix) {
  if (!text->starts_with(prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

bool TakeSuffix(std::string_view* text, std::string_view suffix) {
  if (!text->ends_with(suffix)) return false;
  text->remove_suffix(suffix.size());
  return true;
}

std::string Cat(std::string_view a, std::string_view b) { return std::string(a).append(b); }

std::vector<std::string_view> Parts(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    if (!part.empty()) parts.push_back(part);
    path.remove_prefix(std::min(path.size(), part.size() + 1));
  }
  return parts;
}

bool IsUnit(std::string_view name) {
  return std::any_of(std::begin(kUnitSuffixes), std::end(kUnitSuffixes), [&](const char* suffix) {
    return name.ends_with(suffix) && name.size() > std::string_view(suffix).size();
  });
}

bool IsId(std::string_view text) {
  return text.size() >= kLeastIdDigits && text.size() <= kIdDigits &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isxdigit(c); });
}

// "PREFIX-ID.scope", as systemd's cgroup driver of the runtimes names it.
std::string_view ScopeId(std::string_view name, std::string_view prefix) {
  if (!TakePrefix(&name, prefix) || !TakeSuffix(&name, ".scope")) return "";
  return IsId(name) ? name : "";
}

// systemd writes bytes that a unit's name may not hold as \xNN. systemd.unit(5)
std::string Unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text.substr(i, 2) == "\\x" && i + 3 < text.size() &&
                         std::isxdigit(static_cast<unsigned char>(text[i + 2])) &&
                         std::isxdigit(static_cast<unsigned char>(text[i + 3]));
    if (!escaped) {
      plain += text[i];
      continue;
    }
    plain += static_cast<char>(std::stoi(std::string(text.substr(i + 2, 2)), nullptr, 16));
    i += 3;
  }
  return plain;
}

// The container that one component begins, "" for most. `parent` is the component above.
std::string ContainerAt(std::string_view name, std::string_view parent) {
  constexpr std::pair<std::string_view, std::string_view> kScopes[] = {
      {"docker-", "docker:"},
      {"libpod-", "podman:"},
      {"cri-containerd-", "containerd:"},
      {"crio-", "cri-o:"},
  };
  for (const auto& [prefix, runtime] : kScopes) {
    if (const auto id = ScopeId(name, prefix); !id.empty()) return Cat(runtime, id);
  }
  if (parent == "docker" && IsId(name)) return Cat("docker:", name);
  std::string_view rest = name;
  if (parent == "libpod_parent" && TakePrefix(&rest, "libpod-") && IsId(rest)) {
    return Cat("podman:", rest);
  }
  // cgroupfs driver of the kubelet: .../pod<uid>/<id>
  if (parent.starts_with("pod") && parent.size() == 3 + kPodUidLength && IsId(name)) {
    return Cat("kubelet:", name);
  }
  rest = name;
  if (TakePrefix(&rest, "lxc.payload.") && !rest.empty()) {
    return Cat("lxc:", rest);
  }
  if (parent == "lxc" || parent == "lxc.payload") return Cat("lxc:", name);
  rest = name;
  const bool machine = TakePrefix(&rest, "machine-") && TakeSuffix(&rest, ".scope");
  rest = machine ? rest : name;
  const bool service =
      !machine && TakePrefix(&rest, "systemd-nspawn@") && TakeSuffix(&rest, ".service");
  if ((machine || service) && !rest.empty()) return Cat("nspawn:", Unescape(rest));
  return "";
}

bool Glob(std::string_view pattern, const std::string& text) {
  return !text.empty() && fnmatch(std::string(pattern).c_str(), text.c_str(), 0) == 0;
}

// `text` is `whole`, or stands below it.
bool IsOrBelow(std::string_view text, std::string_view whole) {
  return text.starts_with(whole) && (text.size() == whole.size() || text[whole.size()] == '/');
}

}  // namespace

std::string UnitOf(std::string_view cgroup) {
  if (cgroup.empty() || cgroup == "/") return "";
  std::vector<std::string_view> units;
  for (const std::string_view part : Parts(cgroup)) {
    if (IsUnit(part)) units.push_back(part);
  }
  if (units.empty()) return std::string(cgroup);
  std::string name;
  for (const std::string_view unit : units) name.append(name.empty() ? "" : "/").append(unit);
  return name;
}

std::string ContainerOf(std::string_view cgroup) {
  std::string found;
  std::string_view parent;
  for (const std::string_view part : Parts(cgroup)) {
    if (std::string here = ContainerAt(part, parent); !here.empty()) found = std::move(here);
    parent = part;
  }
  return found;
}

bool IsGlob(std::string_view pattern) {
  return pattern.find_first_of("*?[\\") != std::string_view::npos;
}

std::string FullUnit(std::string_view pattern) {
  const bool bare = !pattern.empty() && !pattern.starts_with('/') && !IsGlob(pattern);
  const std::string_view last = pattern.substr(pattern.rfind('/') + 1);
  if (!bare || last.find('.') != std::string_view::npos) return std::string(pattern);
  return Cat(pattern, ".service");
}

bool UnitMatches(std::string_view pattern, const std::string& unit, const std::string& cgroup) {
  if (pattern.starts_with('/')) {
    if (cgroup.empty()) return false;
    while (pattern.size() > 1 && pattern.ends_with('/')) pattern.remove_suffix(1);
    if (pattern == "/" || IsOrBelow(cgroup, pattern)) return true;
    return IsGlob(pattern) && (Glob(pattern, cgroup) || Glob(Cat(pattern, "/*"), cgroup));
  }
  const std::string wanted = FullUnit(pattern);
  if (unit.empty() || unit.starts_with('/')) return false;
  if (IsOrBelow(unit, wanted)) return true;
  return IsGlob(wanted) && Glob(wanted, unit);
}

bool CommandMatches(const std::string& pattern, const std::string& comm, const std::string& exe,
                    const std::string& script) {
  const auto file = [&](const std::string& path) {
    const size_t slash = path.rfind('/');
    return Glob(pattern, path) ||
           (slash != std::string::npos && Glob(pattern, path.substr(slash + 1)));
  };
  return Glob(pattern, comm) || file(exe) || file(script);
}

}  // namespace footprint::model
