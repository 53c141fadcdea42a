// SPDX-License-Identifier: Apache-2.0
// Facts about processes from /proc and the cgroup v2 tree, under an injected root.
// Ownership: values.   Threads: collector thread only.
// Failure: what cannot be read is empty; processes come and go while we read.
#ifndef FOOTPRINT_DAEMON_COLLECT_PROCFS_H_
#define FOOTPRINT_DAEMON_COLLECT_PROCFS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace footprint::collect {

class Procfs {
 public:
  // `root` is "" on a live system; a test gives the folder that holds proc/ and sys/.
  explicit Procfs(std::string root);

  bool Exists(uint32_t pid) const;
  // Arguments with spaces between, at most 512 bytes. proc(5)
  std::string CommandLine(uint32_t pid) const;
  // Target of /proc/PID/exe without " (deleted)"; "" without the right to read it (ptrace(2)).
  std::string Exe(uint32_t pid) const;
  std::string Comm(uint32_t pid) const;
  uint32_t ParentPid(uint32_t pid) const;  // 0: unknown
  // Path in the cgroup v2 hierarchy, "/" for its root; cgroups(7).
  std::string Cgroup(uint32_t pid) const;
  // Path of the cgroup with this id, which is the inode number of its folder.
  std::optional<std::string> FindCgroup(uint64_t id) const;
  // Path and id of every cgroup, at most so many.
  std::vector<std::pair<std::string, uint64_t>> Cgroups(size_t most) const;
  // Id of the cgroup with this path; 0 where there is none.
  uint64_t CgroupId(const std::string& path) const;
  // Program that runs `path`: the interpreter if it begins with #!, links resolved. "" if
  // unreadable.
  std::string ResolveProgram(const std::string& path) const;
  uint64_t OwnResidentBytes() const;

 private:
  std::string ReadFile(const std::string& path, size_t most) const;
  std::string CgroupMount() const;

  std::string root_;
};

}  // namespace footprint::collect

#endif  // FOOTPRINT_DAEMON_COLLECT_PROCFS_H_
