// SPDX-License-Identifier: Apache-2.0
// The daemon put together: owns every room, and the order of start and stop.
// Threads: Run occupies the calling thread, which becomes the collector thread.
#ifndef FOOTPRINT_DAEMON_APP_APP_H_
#define FOOTPRINT_DAEMON_APP_APP_H_

#include "absl/status/status.h"
#include "daemon/app/config.h"

namespace footprint::app {

// Attaches, listens, serves until SIGTERM or SIGINT, detaches.
// Errors: PERMISSION_DENIED (missing capabilities), UNAVAILABLE (missing kernel feature),
// ALREADY_EXISTS (a daemon on that socket), INVALID_ARGUMENT (configuration).
absl::Status Run(const Config& config);

// sysexits(3) for what Run or LoadConfig returned: 0, 69, 77, 78 or 70.
int ExitCode(const absl::Status& status);

}  // namespace footprint::app

#endif  // FOOTPRINT_DAEMON_APP_APP_H_
