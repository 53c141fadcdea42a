// SPDX-License-Identifier: Apache-2.0
// What footprint adds to a call on this machine: short loops of calls before the programs are
// attached and after, on one thread, in CPU time, so that who else runs does not count.
// Ownership: owns the descriptor that its loops use.
// Threads: one, the same for all calls; a second one waits beside it while loops run.
// Failure: Create says what could not be opened.
#ifndef FOOTPRINT_DAEMON_APP_CALIBRATION_H_
#define FOOTPRINT_DAEMON_APP_CALIBRATION_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/model/tier.h"

namespace footprint::app {

enum class CallOf { kPlain, kDescriptor };
// Makes this many calls; answers the CPU time that they took, ns.
using Loop = std::function<uint64_t(CallOf, int)>;

// getppid(2), and lseek(2) on /dev/zero, by syscall(2). They are calls of this process, and shown
// as the observer's like all others. Errors: of open(2).
absl::StatusOr<Loop> CallLoop();

class Calibration {
 public:
  // Measures the calls as they are without footprint: nothing is attached yet.
  explicit Calibration(Loop loop);
  // What footprint adds to them now, while `measured` is measured. Errors: FAILED_PRECONDITION when
  // calls are no slower than they were: then it was something else that slowed them, and is gone.
  absl::StatusOr<model::CallCost> Measure(std::vector<std::string> measured) const;

 private:
  struct Times {
    double plain_ns = 0, descriptor_ns = 0;  // of one call
  };
  Times Run() const;

  const Loop loop_;
  const Times bare_;
};

}  // namespace footprint::app

#endif  // FOOTPRINT_DAEMON_APP_CALIBRATION_H_
