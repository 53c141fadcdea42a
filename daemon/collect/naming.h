// SPDX-License-Identifier: Apache-2.0
// From what the kernel captured at claim to the names that people know.
// Ownership: borrows Procfs.   Threads: collector thread only.
// Failure: an unknown name is empty, never guessed.
#ifndef FOOTPRINT_DAEMON_COLLECT_NAMING_H_
#define FOOTPRINT_DAEMON_COLLECT_NAMING_H_

#include <linux/types.h>

#include <functional>
#include <string>

#include "bpf/abi/footprint.h"
#include "daemon/collect/cgroup_names.h"
#include "daemon/collect/procfs.h"
#include "daemon/model/snapshot.h"

namespace footprint::collect {

class Naming {
 public:
  explicit Naming(const Procfs& procfs) : procfs_(procfs), cgroups_(procfs, kMostAtStart) {}

  // Whether the image still runs. Asked after each look into /proc, too: else the answer
  // may be that of the program that came after it.
  using Living = std::function<bool()>;
  // Of identities whose process may have ended or moved on.
  static inline const Living kGone = [] { return false; };

  // All but the program.
  model::Image Describe(const fp_ident& ident, const Living& living);
  // Path of a cgroup; `living`: a process that was in it, or 0. "": not known yet.
  std::string CgroupOf(uint64_t id, uint32_t living) { return cgroups_.PathOf(id, living); }
  CgroupNames& cgroups() { return cgroups_; }
  void SetCgroup(const std::string& path, model::Image& image);
  // The program of a living process by /proc, which does not tell of all of it. Null: unknown.
  model::ProgramPtr ProgramOf(const fp_ident& ident, const Living& living);

 private:
  const Procfs& procfs_;
  static constexpr size_t kMostAtStart = 16384;
  CgroupNames cgroups_;
  model::TextPool texts_;  // of cgroups and files, which many images share
};

}  // namespace footprint::collect

#endif  // FOOTPRINT_DAEMON_COLLECT_NAMING_H_
