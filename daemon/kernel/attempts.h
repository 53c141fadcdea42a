// SPDX-License-Identifier: Apache-2.0
// In which order the objects are tried, until the kernel accepts one.
// Ownership: values.   Threads: any.   Failure: tells why the last one was refused.
#ifndef FOOTPRINT_DAEMON_KERNEL_ATTEMPTS_H_
#define FOOTPRINT_DAEMON_KERNEL_ATTEMPTS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/kernel/object.h"

namespace footprint::kernel {

struct Attempt {
  ObjectKind kind = ObjectKind::kCore;
  bool may_read_kernel = true;
  bool rescues = false;  // see Options
};

struct Attempts {
  Attempt last;                      // the one that succeeded
  std::vector<std::string> reasons;  // why none of the richer objects did
  absl::Status without_perf;         // why `last` is without rescues, where they are wanted
};

// No thread is to be had. An object that asks the kernel for less changes nothing about that.
absl::Status NoThreadError();
bool IsNoThread(const absl::Status& status);

// Calls `load` until it succeeds, the richest first. `preemptible`: rescues are wanted.
// Errors: PERMISSION_DENIED; else UNAVAILABLE, with the words of the last attempt. What
// NoThreadError() made ends the attempts.
absl::StatusOr<Attempts> TryObjects(ObjectChoice choice, bool preemptible,
                                    const std::function<absl::Status(const Attempt&)>& load);

}  // namespace footprint::kernel

#endif  // FOOTPRINT_DAEMON_KERNEL_ATTEMPTS_H_
