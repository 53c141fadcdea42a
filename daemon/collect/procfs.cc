// SPDX-License-Identifier: Apache-2.0
#include "daemon/collect/procfs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "daemon/base/namespaces.h"
#include "daemon/base/unique_fd.h"

namespace footprint::collect {
namespace {

constexpr size_t kCommandLineBytes = 512;

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

std::string Procfs::ReadLink(const std::string& path) const {
  char target[PATH_MAX];
  const ssize_t n = readlink((root_ + path).c_str(), target, sizeof(target));
  return n <= 0 ? "" : std::string(target, n);
}

std::string Procfs::Exe(uint32_t pid) const {
  std::string exe = ReadLink(absl::StrCat("/proc/", pid, "/exe"));
  const std::string top = ReadLink(absl::StrCat("/proc/", pid, "/root"));
  if (top.size() > 1 && exe.starts_with(top + "/")) exe = exe.substr(top.size());
  return std::string(absl::StripSuffix(exe, " (deleted)"));
}

uint32_t Procfs::MountNamespace(uint32_t pid) const {
  const std::string link = ReadLink(absl::StrCat("/proc/", pid, "/ns/mnt"));  // mnt:[4026531841]
  absl::string_view number = link;
  uint32_t inode = 0;
  if (!absl::ConsumePrefix(&number, "mnt:[") || !absl::ConsumeSuffix(&number, "]")) return 0;
  return absl::SimpleAtoi(number, &inode) ? inode : 0;
}

std::string Procfs::Comm(uint32_t pid) const {
  return std::string(absl::StripSuffix(ReadFile(absl::StrCat("/proc/", pid, "/comm"), 64), "\n"));
}

bool Procfs::InFirstPidNamespace() const {
  // PROC_PID_INIT_INO, include/linux/proc_ns.h
  constexpr std::string_view kFirst = "pid:[4026531836]";
  char target[64];
  const ssize_t n = readlink((root_ + "/proc/self/ns/pid").c_str(), target, sizeof(target));
  return n > 0 && std::string_view(target, n) == kFirst;
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

std::map<uint32_t, uint32_t> Procfs::Parents() const {
  std::map<uint32_t, uint32_t> parents;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(root_ + "/proc", error), end;
       !error && entry != end; entry.increment(error)) {
    uint32_t pid = 0;
    if (absl::SimpleAtoi(entry->path().filename().string(), &pid)) parents[pid] = ParentPid(pid);
  }
  return parents;
}

std::string Procfs::Cgroup(uint32_t pid) const {
  const std::string text = ReadFile(absl::StrCat("/proc/", pid, "/cgroup"), 8192);
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  for (const std::string& line : lines) {
    if (line.starts_with("0::")) return line.substr(3);
  }
  return "";
}

const std::string& Procfs::CgroupMount() const {
  if (!cgroup_mount_.empty()) return cgroup_mount_;
  const std::string mounts = ReadFile("/proc/self/mountinfo", 1 << 18);
  const std::vector<std::string> lines = absl::StrSplit(mounts, '\n');
  for (const std::string& line : lines) {
    const std::vector<std::string> fields = absl::StrSplit(line, ' ');
    for (size_t i = 6; i + 1 < fields.size(); ++i) {
      if (fields[i] == "-" && fields[i + 1] == "cgroup2") return cgroup_mount_ = fields[4];
    }
  }
  return cgroup_mount_;
}

std::string Procfs::CgroupByHandle(uint64_t id) const {
  constexpr int kFileIdKernfs = 0xfe;  // enum fid_type, include/linux/exportfs.h
  if (CgroupMount().empty()) return "";
  const std::string top = root_ + CgroupMount();
  const base::UniqueFd mount(open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!mount.valid()) return "";
  alignas(file_handle) char bytes[sizeof(file_handle) + sizeof(id)] = {};
  auto* handle = reinterpret_cast<file_handle*>(bytes);
  handle->handle_bytes = sizeof(id);
  handle->handle_type = kFileIdKernfs;
  std::memcpy(handle->f_handle, &id, sizeof(id));
  const base::UniqueFd folder(open_by_handle_at(mount.get(), handle, O_PATH | O_CLOEXEC));
  if (!folder.valid()) return "";
  char target[PATH_MAX];
  const std::string link = absl::StrCat("/proc/self/fd/", folder.get());
  const ssize_t n = readlink(link.c_str(), target, sizeof(target));
  // A mount elsewhere, or a removed folder ("... (deleted)"), is no answer.
  const std::string path(target, n > 0 ? n : 0);
  if (!path.starts_with(top) || path.ends_with(" (deleted)")) return "";
  return path == top ? "/" : path.substr(top.size());
}

std::string Procfs::UnitsUnknownBecause() const {
  if (root_.empty()) {
    const std::string hidden = base::CgroupsHiddenBecause(base::OwnNamespaces());
    if (!hidden.empty()) return hidden;
  }
  if (CgroupMount().empty()) {
    return "units cannot be told: no cgroup v2 hierarchy is mounted (boot with "
           "systemd.unified_cgroup_hierarchy=1)";
  }
  // On a hybrid host systemd may keep its units in a v1 hierarchy alone.
  const std::string text = ReadFile("/proc/1/cgroup", 8192);
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  bool v1_units = false, v2_units = false;
  for (const std::string& line : lines) {
    const std::string path = line.substr(line.rfind(':') + 1);
    const bool below_root = path.size() > 1;
    if (line.find(":name=systemd:") != std::string::npos) v1_units |= below_root;
    if (line.starts_with("0::")) v2_units |= below_root;
  }
  if (!v1_units || v2_units) return "";
  return "units cannot be told: systemd keeps them in a cgroup v1 hierarchy (boot with "
         "systemd.unified_cgroup_hierarchy=1)";
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

uint64_t Procfs::OwnResidentBytes() const {
  const std::string statm = ReadFile("/proc/self/statm", 256);
  const std::vector<std::string> fields = absl::StrSplit(statm, ' ');
  uint64_t pages = 0;
  if (fields.size() < 2 || !absl::SimpleAtoi(fields[1], &pages)) return 0;
  return pages * sysconf(_SC_PAGESIZE);
}

}  // namespace footprint::collect
