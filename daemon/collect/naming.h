// SPDX-License-Identifier: Apache-2.0
// From what the kernel captured at claim to the names that people know.
// Ownership: borrows Procfs.   Threads: collector thread only.
// Failure: an unknown name is empty, never guessed.
#ifndef FOOTPRINT_DAEMON_COLLECT_NAMING_H_
#define FOOTPRINT_DAEMON_COLLECT_NAMING_H_

#include <linux/types.h>

#include <functional>
#include <map>
#include <string>

#include "bpf/abi/footprint.h"
#include "daemon/collect/procfs.h"
#include "daemon/model/snapshot.h"

namespace footprint::collect {

class Naming {
 public:
  explicit Naming(const Procfs& procfs) : procfs_(procfs) {}

  // Whether the image still runs. Asked after each look into /proc, too: else the answer
  // may be that of the program that came after it.
  using Living = std::function<bool()>;

  model::Image Describe(const fp_ident& ident, const Living& living);

 private:
  std::string ExeOf(const fp_ident& ident, const Living& living);
  std::string CgroupOf(const fp_ident& ident, const Living& living);

  const Procfs& procfs_;
  // Name given to execve -> program. Bounded; a program that lived too short for /proc
  // gets the name that its elder brothers had.
  std::map<std::string, std::string> programs_;
  std::map<uint64_t, std::string> cgroups_;  // by id; bounded
};

// Last path component that is a systemd unit; else the path; "" for the root cgroup.
std::string UnitOf(const std::string& cgroup);

}  // namespace footprint::collect

#endif  // FOOTPRINT_DAEMON_COLLECT_NAMING_H_
