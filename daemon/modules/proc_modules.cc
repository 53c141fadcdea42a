// SPDX-License-Identifier: Apache-2.0
#include "daemon/modules/proc_modules.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "daemon/base/unique_fd.h"

namespace footprint::modules {
namespace {

absl::StatusOr<std::string> ReadAll(const std::string& path) {
  const base::UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return absl::ErrnoToStatus(errno, absl::StrCat("open ", path));
  std::string text;
  std::array<char, 16 * 1024> buffer;
  while (true) {
    const ssize_t got = read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return absl::ErrnoToStatus(errno, absl::StrCat("read ", path));
    if (got == 0) return text;
    text.append(buffer.data(), got);
  }
}

model::ModuleState StateOf(absl::string_view word) {
  if (word == "Loading") return model::ModuleState::kLoading;
  return word == "Unloading" ? model::ModuleState::kGoing : model::ModuleState::kLive;
}

// "dummy 16384 1 a,b, Live 0xffffffffc0a00000 (OE)"
bool ParseLine(absl::string_view line, ProcModule& out) {
  const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
  if (words.size() < 5 || !absl::SimpleAtoi(words[1], &out.size)) return false;
  out.name = words[0];
  if (int64_t count = 0; absl::SimpleAtoi(words[2], &count)) out.refcount = count;
  for (const auto user : absl::StrSplit(words[3], ',', absl::SkipEmpty())) {
    // "[permanent]" is a module that cannot be unloaded.
    if (user != "-" && user != "[permanent]") out.users.emplace_back(user);
  }
  out.state = StateOf(words[4]);
  if (words.size() > 6) {
    for (const char letter : words[6]) {
      if (letter >= 'A' && letter <= 'Z') out.taints += letter;
    }
  }
  return true;
}

}  // namespace

std::vector<ProcModule> ParseProcModules(absl::string_view text) {
  std::vector<ProcModule> modules;
  for (const auto line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    ProcModule module;
    if (ParseLine(line, module)) modules.push_back(std::move(module));
  }
  return modules;
}

absl::StatusOr<std::vector<ProcModule>> ReadProcModules(const std::string& root) {
  const auto text = ReadAll(root + "/proc/modules");
  if (!text.ok()) return text.status();
  return ParseProcModules(*text);
}

std::vector<std::string> ReadBuiltIn(const std::string& root, const std::string& release) {
  std::vector<std::string> names;
  const auto text = ReadAll(absl::StrCat(root, "/lib/modules/", release, "/modules.builtin"));
  if (text.ok()) {
    for (const auto line : absl::StrSplit(*text, '\n', absl::SkipEmpty())) {
      std::string name = std::filesystem::path(std::string(line)).filename();
      name.resize(std::min(name.size(), name.find('.')));
      std::replace(name.begin(), name.end(), '-', '_');
      names.push_back(std::move(name));
    }
  } else {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(root + "/sys/module", none)) {
      // Only a loaded module has a state; include/linux/module.h: struct module_kobject.
      if (std::filesystem::exists(entry.path() / "initstate", none)) continue;
      names.push_back(entry.path().filename());
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace footprint::modules
