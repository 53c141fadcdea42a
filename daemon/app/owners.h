// SPDX-License-Identifier: Apache-2.0
// The table that tells the kernel programs each call's subsystem, peculiarities and descriptors.
#ifndef FOOTPRINT_DAEMON_APP_OWNERS_H_
#define FOOTPRINT_DAEMON_APP_OWNERS_H_

#include <memory>
#include <string>
#include <vector>

#include "daemon/kernel/probe.h"

namespace footprint::app {

// From the tables of data/; calls of these names are not counted, in any ABI. On the heap: 32 KiB.
std::unique_ptr<kernel::OwnerTable> MakeOwnerTable(const std::vector<std::string>& ignored);

}  // namespace footprint::app

#endif  // FOOTPRINT_DAEMON_APP_OWNERS_H_
