// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/namespaces.h"

#include <sys/stat.h>

#include <fstream>
#include <sstream>

namespace footprint::base {
namespace {

uint64_t InodeOf(const char* path) {
  struct stat st {};
  return stat(path, &st) == 0 ? st.st_ino : 0;
}

Namespaces ReadOwn() {
  Namespaces own;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> own.boot_id;
  own.pid = InodeOf("/proc/self/ns/pid");
  own.cgroup = InodeOf("/proc/self/ns/cgroup");
  std::stringstream offsets;
  offsets << std::ifstream("/proc/self/timens_offsets").rdbuf();
  own.boottime_offset_ns = BoottimeOffset(offsets.str());
  return own;
}

}  // namespace

const Namespaces& OwnNamespaces() {
  static const Namespaces own = ReadOwn();
  return own;
}

absl::Status CheckPidNamespace(const Namespaces& own) {
  if (own.pid == kFirstPidNamespace) return absl::OkStatus();
  if (own.pid == 0) {
    return absl::UnavailableError(
        "/proc/self/ns/pid cannot be read, so processes cannot be known by their numbers: mount "
        "/proc");
  }
  return absl::UnavailableError(
      "this is another PID namespace than the system's first, where processes have other numbers "
      "than the kernel gives: start the daemon in that one (docker run --pid=host, or nsenter -t 1 "
      "-p on the host)");
}

std::string CgroupsHiddenBecause(const Namespaces& own) {
  if (own.cgroup == kFirstCgroupNamespace || own.cgroup == 0) return "";
  return "units cannot be told: the daemon is in a cgroup namespace of its own (start it in the "
         "system's first one: docker run --cgroupns=host)";
}

int64_t BoottimeOffset(const std::string& offsets) {
  std::istringstream lines(offsets);
  std::string clock;
  for (int64_t seconds = 0, ns = 0; lines >> clock >> seconds >> ns;) {
    if (clock == "boottime") return seconds * 1'000'000'000 + ns;
  }
  return 0;
}

}  // namespace footprint::base
