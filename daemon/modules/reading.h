// SPDX-License-Identifier: Apache-2.0
// One look at both sides: what the programs counted, and what /proc/modules says.
// Ownership: values.   Threads: collector thread only.
// Failure: a side that could not be read says so.
#ifndef FOOTPRINT_DAEMON_MODULES_READING_H_
#define FOOTPRINT_DAEMON_MODULES_READING_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "daemon/kernel/module_source.h"
#include "daemon/modules/proc_modules.h"

namespace footprint::modules {

using GenerationId = std::pair<std::string, uint64_t>;  // name, loaded_ns
using Reader = std::function<absl::StatusOr<std::vector<ProcModule>>()>;

struct Reading {
  std::map<GenerationId, fp_module_counts> counts;
  std::map<std::string, ProcModule> proc;
  bool counted = false;  // `counts` is whole
  bool told = false;     // /proc/modules could be read
  bool quiet = false;    // nothing happened meanwhile: both sides are of one moment

  const ProcModule* Find(const std::string& name) const;
  // The present generation began after the attach.
  bool LoadSeen(const std::string& name) const;
};

// `source` may be null.
Reading ReadOnce(kernel::ModuleSource* source, const Reader& read_modules);

// References by the counts, on top of `base`. A load brings one, which the kernel holds until the
// module has initialised (kernel/module/main.c) and gives back by a put.
int64_t Held(const fp_module_counts& counts, int64_t base);
bool Unloaded(const fp_module_counts& counts);

}  // namespace footprint::modules

#endif  // FOOTPRINT_DAEMON_MODULES_READING_H_
