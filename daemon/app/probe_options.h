// SPDX-License-Identifier: Apache-2.0
// From the configuration and this machine to what the kernel side is loaded with.
// Ownership: values; the options borrow the table of owners.   Threads: any.   Failure: none.
#ifndef FOOTPRINT_DAEMON_APP_PROBE_OPTIONS_H_
#define FOOTPRINT_DAEMON_APP_PROBE_OPTIONS_H_

#include "daemon/app/config.h"
#include "daemon/kernel/probe.h"

namespace footprint::app {

kernel::ObjectChoice ChoiceOf(const Config& config);
// Sizes that are 0 in the configuration come from the memory of this machine. What does not fit
// into the daemon's own limit is logged.
kernel::Options ProbeOptions(const Config& config, const kernel::OwnerTable& owners);

}  // namespace footprint::app

#endif  // FOOTPRINT_DAEMON_APP_PROBE_OPTIONS_H_
