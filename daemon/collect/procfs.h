// SPDX-License-Identifier: Apache-2.0
// Facts about processes from /proc and the cgroup v2 tree, under an injected root.
// Ownership: values.   Threads: collector thread only.
// Failure: what cannot be read is empty; processes come and go while we read.
// Only files of procfs and cgroupfs are opened. A path that a process chose never is: whoever may
// write there puts a FIFO in its place, and open(2) waits for ever.
#ifndef FOOTPRINT_DAEMON_COLLECT_PROCFS_H_
#define FOOTPRINT_DAEMON_COLLECT_PROCFS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace footprint::collect {

class Procfs {
 public:
  // `root` is "" on a live system; a test gives the folder that holds proc/ and sys/.
  explicit Procfs(std::string root);

  bool Exists(uint32_t pid) const;
  // Arguments with spaces between, at most 512 bytes. proc(5). Only for processes of root: it reads
  // the process's memory, and waits for a page that the process keeps back.
  std::string CommandLine(uint32_t pid) const;
  // Target of /proc/PID/exe without " (deleted)", as seen from the process's own root; "" without
  // the right to read it (ptrace(2)).
  std::string Exe(uint32_t pid) const;
  // Inode number of its mount namespace; 0 without that right.
  uint32_t MountNamespace(uint32_t pid) const;
  std::string Comm(uint32_t pid) const;
  // Are numbers of threads here the kernel's own? pid_namespaces(7)
  bool InFirstPidNamespace() const;
  uint32_t ParentPid(uint32_t pid) const;  // 0: unknown
  // Every process there is, with its parent.
  std::map<uint32_t, uint32_t> Parents() const;
  // Path in the cgroup v2 hierarchy, "/" for its root; cgroups(7).
  std::string Cgroup(uint32_t pid) const;
  // Path of the cgroup with this id by the kernel's own look-up; "" where it is gone, or without
  // CAP_DAC_READ_SEARCH. open_by_handle_at(2)
  std::string CgroupByHandle(uint64_t id) const;
  // Why units cannot be told, one line; "" where processes are in cgroups v2.
  std::string UnitsUnknownBecause() const;
  // Path and id of every cgroup, at most so many.
  std::vector<std::pair<std::string, uint64_t>> Cgroups(size_t most) const;
  // Id of the cgroup with this path; 0 where there is none.
  uint64_t CgroupId(const std::string& path) const;
  uint64_t OwnResidentBytes() const;

 private:
  std::string ReadLink(const std::string& path) const;
  std::string ReadFile(const std::string& path, size_t most) const;
  // Where cgroup v2 is mounted; looked up once it is.
  const std::string& CgroupMount() const;

  std::string root_;
  mutable std::string cgroup_mount_;
};

}  // namespace footprint::collect

#endif  // FOOTPRINT_DAEMON_COLLECT_PROCFS_H_
