// SPDX-License-Identifier: Apache-2.0
#include "daemon/system/lists.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/str_cat.h"
#include "daemon/system/files.h"

namespace footprint::system {
namespace {

// Lines of a file; where it cannot be read, the reading says so, and `absence` what it means that
// it is not there.
std::string Text(const std::string& root, const std::string& path, const char* absence,
                 Reading& reading) {
  reading.source = path;
  absl::StatusOr<std::string> text = ReadFile(root + path);
  if (text.ok()) return *std::move(text);
  reading.problem = std::string(text.status().message());
  if (absl::IsNotFound(text.status())) absl::StrAppend(&reading.problem, ": ", absence);
  return "";
}

template <typename Number>
bool ToNumber(std::string_view text, Number& out) {
  const char* end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && after == end;
}

// "kernel/drivers/i2c/i2c-dev.ko" is the module i2c_dev.
std::string ModuleName(std::string_view path) {
  std::string name(path.substr(path.rfind('/') + 1));
  name.resize(std::min(name.size(), name.find(".ko")));
  std::ranges::replace(name, '-', '_');
  return name;
}

}  // namespace

List<BuiltinModule> ReadBuiltinModules(const std::string& root, const std::string& release) {
  List<BuiltinModule> list;
  const std::string text = Text(root, absl::StrCat("/lib/modules/", release, "/modules.builtin"),
                                "no modules are installed for this kernel", list.reading);
  for (const std::string_view path : Lines(text)) {
    list.rows.push_back({.name = ModuleName(path), .path = std::string(path)});
  }
  return list;
}

// "i2c_dev 24576 2 i2c_core,spidev, Live 0xffffffffc0a51000 (OE)"
List<LoadedModule> ReadModules(const std::string& root) {
  List<LoadedModule> list;
  const std::string text = Text(
      root, "/proc/modules", "built without CONFIG_MODULES: nothing can be loaded", list.reading);
  for (const std::string_view line : Lines(text)) {
    const std::vector<std::string_view> words = Words(line);
    LoadedModule module;
    if (words.size() < 5 || !ToNumber(words[1], module.size) ||
        (words[2] != "-" && !ToNumber(words[2], module.refcount))) {
      list.reading.note = "a line that is no module was passed over";
      continue;
    }
    if (words[2] == "-") module.refcount = -1;
    module.name = std::string(words[0]);
    for (const std::string_view user : Split(words[3], ",")) {
      if (user != "-" && user != "[permanent]") module.users.emplace_back(user);
    }
    module.state = std::string(words[4]);
    if (words.size() > 6 && words[6].size() > 2) {
      module.taints = std::string(words[6].substr(1, words[6].size() - 2));
    }
    list.rows.push_back(std::move(module));
  }
  return list;
}

// "nodev\tsysfs", "\text4"
List<Filesystem> ReadFilesystems(const std::string& root) {
  List<Filesystem> list;
  const std::string text = Text(root, "/proc/filesystems", "/proc is not mounted", list.reading);
  for (const std::string_view line : Lines(text)) {
    const std::vector<std::string_view> words = Words(line);
    if (words.empty()) continue;
    list.rows.push_back({.name = std::string(words.back()), .device = words.front() != "nodev"});
  }
  return list;
}

// A line of titles, then "TCP 2344 0 0 no 320 yes kernel y y ...".
List<Protocol> ReadProtocols(const std::string& root) {
  List<Protocol> list;
  const std::string text = Text(root, "/proc/net/protocols",
                                "built without CONFIG_NET, or /proc is not mounted", list.reading);
  for (const std::string_view line : Lines(text)) {
    const std::vector<std::string_view> words = Words(line);
    if (words.size() < 8 || words[0] == "protocol") continue;
    list.rows.push_back({.name = std::string(words[0]), .module = std::string(words[7])});
  }
  return list;
}

List<Tracepoint> TracepointsOf(const std::vector<features::Finding>& findings,
                               const std::string& missing_capabilities) {
  constexpr std::string_view kPrefix = "raw_tp:";
  List<Tracepoint> list;
  list.reading.source = "bpf(2), by attaching a program to each";
  if (!missing_capabilities.empty()) {
    list.reading.problem = absl::StrCat("missing capabilities: ", missing_capabilities);
  }
  for (const features::Finding& finding : findings) {
    if (!finding.name.starts_with(kPrefix)) continue;
    Presence presence = finding.present ? Presence::kPresent : Presence::kMissing;
    if (!finding.present && (finding.unknown || !missing_capabilities.empty())) {
      presence = Presence::kUnknown;
    }
    list.rows.push_back({.name = finding.name.substr(kPrefix.size()),
                         .required = finding.importance == features::Importance::kRequired,
                         .presence = presence,
                         .detail = finding.detail});
  }
  return list;
}

}  // namespace footprint::system
