// SPDX-License-Identifier: Apache-2.0
// Where the daemon's log goes. Everything else logs through spdlog's default logger.
#ifndef FOOTPRINT_DAEMON_BASE_LOG_H_
#define FOOTPRINT_DAEMON_BASE_LOG_H_

#include <string>

#include "absl/status/status.h"

namespace footprint::base {

// level: trace | debug | info | warn | error. to: auto | journal | stderr; auto is the
// journal when stderr is connected to it (JOURNAL_STREAM, systemd.exec(5)).
// Errors: INVALID_ARGUMENT for another word.
absl::Status SetUpLog(const std::string& level, const std::string& to);

}  // namespace footprint::base

#endif  // FOOTPRINT_DAEMON_BASE_LOG_H_
