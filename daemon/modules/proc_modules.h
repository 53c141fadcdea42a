// SPDX-License-Identifier: Apache-2.0
// What the kernel itself says about modules: /proc/modules, and the list of built-in ones.
// Ownership: values.   Threads: any.
// Failure: the reading errno; a line that makes no sense is passed over.
#ifndef FOOTPRINT_DAEMON_MODULES_PROC_MODULES_H_
#define FOOTPRINT_DAEMON_MODULES_PROC_MODULES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daemon/model/modules.h"

namespace footprint::modules {

// A line of /proc/modules; kernel/module/procfs.c.
struct ProcModule {
  std::string name;
  uint64_t size = 0;                // bytes
  std::optional<int64_t> refcount;  // unset: a kernel that cannot unload shows "-"
  std::vector<std::string> users;   // modules that hold it
  model::ModuleState state = model::ModuleState::kLive;
  std::string taints;  // "OE"
};

std::vector<ProcModule> ParseProcModules(absl::string_view text);

// Under `root`, "" on a live system.
// Errors: NOT_FOUND on a kernel without modules.
absl::StatusOr<std::vector<ProcModule>> ReadProcModules(const std::string& root);

// Names as modules have them, with '_', sorted. From /lib/modules/RELEASE/modules.builtin; where
// that cannot be read from /sys/module, which has only those with parameters or a version.
std::vector<std::string> ReadBuiltIn(const std::string& root, const std::string& release);

}  // namespace footprint::modules

#endif  // FOOTPRINT_DAEMON_MODULES_PROC_MODULES_H_
