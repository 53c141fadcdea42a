// SPDX-License-Identifier: Apache-2.0
// The loaded and attached module programs: an extra that may be absent.
// Ownership: owns object, links and ring; destruction detaches and unloads everything.
// Threads: collector thread only.
// Failure: Create tells which step failed; the daemon goes on without.
#ifndef FOOTPRINT_DAEMON_KERNEL_MODULE_PROBE_H_
#define FOOTPRINT_DAEMON_KERNEL_MODULE_PROBE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/kernel/module_source.h"
#include "daemon/kernel/probe.h"

namespace footprint::kernel {

class ModuleProbe : public ModuleSource {
 public:
  // Loads the form with kernel types, else the one without; see docs/decisions/0011.
  // Errors: PERMISSION_DENIED; UNAVAILABLE when neither loads, or no program attaches.
  static absl::StatusOr<std::unique_ptr<ModuleProbe>> Create(ObjectChoice choice);

  // "modules" (with kernel types) | "modules_core".
  virtual std::string object() const = 0;
  // Why it is not the form with kernel types; "" when it is.
  virtual std::string degraded_because() const = 0;
  // Readable when events wait; for epoll. Owned by the probe.
  virtual int event_fd() const = 0;
  virtual uint64_t MemoryBytes() const = 0;
};

// The five hooks as not attached, for `reason`.
std::vector<HookState> ModuleHooksWithout(const std::string& reason);

}  // namespace footprint::kernel

#endif  // FOOTPRINT_DAEMON_KERNEL_MODULE_PROBE_H_
