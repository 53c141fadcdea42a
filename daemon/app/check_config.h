// SPDX-License-Identifier: Apache-2.0
// Everything that a start refuses because of its configuration, whatever the machine does at the
// moment: --check-config and a start ask here, so that they cannot differ.
#ifndef FOOTPRINT_DAEMON_APP_CHECK_CONFIG_H_
#define FOOTPRINT_DAEMON_APP_CHECK_CONFIG_H_

#include "absl/status/status.h"
#include "daemon/app/config.h"

namespace footprint::app {

// Of a configuration that LoadConfig gave, or the command line changed.
// Errors: INVALID_ARGUMENT, with the key.
absl::Status CheckConfig(const Config& config);
// The part of it that is about cpu_budget.
absl::Status CheckBudget(const Config& config);

}  // namespace footprint::app

#endif  // FOOTPRINT_DAEMON_APP_CHECK_CONFIG_H_
