// SPDX-License-Identifier: Apache-2.0
#include "daemon/collect/procfs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "daemon/base/unique_fd.h"

namespace footprint::collect {
namespace {

constexpr size_t kCommandLineBytes = 512;

std::string RealPath(const std::string& path) {
  const std::unique_ptr<char, decltype(&free)> real(realpath(path.c_str(), nullptr), free);
  return real == nullptr ? "" : real.get();
}

}  // namespace

Procfs::Procfs(std::string root) : root_(std::move(root)) {}

std::string Procfs::ReadFile(const std::string& path, size_t most) const {
  const base::UniqueFd fd(open((root_ + path).c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(most, '\0');
  size_t size = 0;
  while (fd.valid() && size < most) {
    const ssize_t n = read(fd.get(), text.data() + size, most - size);
    if (n <= 0) break;
    size += n;
  }
  text.resize(size);
  return text;
}

bool Procfs::Exists(uint32_t pid) const {
  return access(absl::StrCat(root_, "/proc/", pid).c_str(), F_OK) == 0;
}

std::string Procfs::CommandLine(uint32_t pid) const {
  std::string line = ReadFile(absl::StrCat("/proc/", pid, "/cmdline"), kCommandLineBytes);
  while (!line.empty() && line.back() == '\0') line.pop_back();
  for (char& c : line) {
    if (c == '\0') c = ' ';
  }
  return line;
}

std::string Procfs::Exe(uint32_t pid) const {
  char target[PATH_MAX];
  const std::string link = absl::StrCat(root_, "/proc/", pid, "/exe");
  const ssize_t n = readlink(link.c_str(), target, sizeof(target));
  if (n <= 0) return "";
  return std::string(absl::StripSuffix(absl::string_view(target, n), " (deleted)"));
}

std::string Procfs::Comm(uint32_t pid) const {
  return std::string(absl::StripSuffix(ReadFile(absl::StrCat("/proc/", pid, "/comm"), 64), "\n"));
}

uint32_t Procfs::ParentPid(uint32_t pid) const {
  const std::string stat = ReadFile(absl::StrCat("/proc/", pid, "/stat"), 1024);
  // The name in parentheses may hold anything: fields are counted from the last ')'.
  const size_t end = stat.rfind(')');
  uint32_t parent = 0;
  if (end == std::string::npos) return 0;
  const std::vector<std::string> fields = absl::StrSplit(stat.substr(end + 1), ' ');
  if (fields.size() < 3 || !absl::SimpleAtoi(fields[2], &parent)) return 0;
  return parent;
}

std::string Procfs::Cgroup(uint32_t pid) const {
  const std::string text = ReadFile(absl::StrCat("/proc/", pid, "/cgroup"), 8192);
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  for (const std::string& line : lines) {
    if (line.starts_with("0::")) return line.substr(3);
  }
  return "";
}

std::string Procfs::CgroupMount() const {
  const std::string mounts = ReadFile("/proc/self/mountinfo", 1 << 18);
  const std::vector<std::string> lines = absl::StrSplit(mounts, '\n');
  for (const std::string& line : lines) {
    const std::vector<std::string> fields = absl::StrSplit(line, ' ');
    for (size_t i = 6; i + 1 < fields.size(); ++i) {
      if (fields[i] == "-" && fields[i + 1] == "cgroup2") return fields[4];
    }
  }
  return "";
}

std::optional<std::string> Procfs::FindCgroup(uint64_t id) const {
  const std::string mount = CgroupMount();
  if (mount.empty()) return std::nullopt;
  const std::string top = root_ + mount;
  struct stat st {};
  if (stat(top.c_str(), &st) == 0 && st.st_ino == id) return "/";
  std::error_code error;
  using Walk = std::filesystem::recursive_directory_iterator;
  for (Walk it(top, std::filesystem::directory_options::skip_permission_denied, error), end;
       !error && it != end; it.increment(error)) {
    if (!it->is_directory(error)) continue;
    if (stat(it->path().c_str(), &st) == 0 && st.st_ino == id) {
      return it->path().string().substr(top.size());
    }
  }
  return std::nullopt;
}

std::vector<std::pair<std::string, uint64_t>> Procfs::Cgroups(size_t most) const {
  std::vector<std::pair<std::string, uint64_t>> cgroups;
  const std::string mount = CgroupMount();
  if (mount.empty()) return cgroups;
  const std::string top = root_ + mount;
  struct stat st {};
  std::error_code error;
  using Walk = std::filesystem::recursive_directory_iterator;
  for (Walk it(top, std::filesystem::directory_options::skip_permission_denied, error), end;
       !error && it != end && cgroups.size() < most; it.increment(error)) {
    if (!it->is_directory(error) || stat(it->path().c_str(), &st) != 0) continue;
    cgroups.emplace_back(it->path().string().substr(top.size()), st.st_ino);
  }
  return cgroups;
}

uint64_t Procfs::CgroupId(const std::string& path) const {
  const std::string mount = CgroupMount();
  struct stat st {};
  if (mount.empty() || stat((root_ + mount + path).c_str(), &st) != 0) return 0;
  return S_ISDIR(st.st_mode) ? st.st_ino : 0;
}

std::string Procfs::ResolveProgram(const std::string& path) const {
  const std::string head = ReadFile(path, 128);
  if (head.starts_with("#!")) {
    const std::string line = head.substr(2, head.find('\n') - 2);
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    const std::string real = words.empty() ? "" : RealPath(root_ + words[0]);
    return real.empty() ? "" : real.substr(root_.size());
  }
  const std::string real = RealPath(root_ + path);
  return real.empty() ? "" : real.substr(root_.size());
}

uint64_t Procfs::OwnResidentBytes() const {
  const std::string statm = ReadFile("/proc/self/statm", 256);
  const std::vector<std::string> fields = absl::StrSplit(statm, ' ');
  uint64_t pages = 0;
  if (fields.size() < 2 || !absl::SimpleAtoi(fields[1], &pages)) return 0;
  return pages * sysconf(_SC_PAGESIZE);
}

}  // namespace footprint::collect
