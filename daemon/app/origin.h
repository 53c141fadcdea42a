// SPDX-License-Identifier: Apache-2.0
// Facts about this machine and this daemon that every footprint carries.
#ifndef FOOTPRINT_DAEMON_APP_ORIGIN_H_
#define FOOTPRINT_DAEMON_APP_ORIGIN_H_

#include <cstdint>

#include "daemon/base/clock.h"
#include "daemon/model/snapshot.h"

namespace footprint::app {

// From uname(2) and /proc/sys/kernel/random/boot_id; the probe's part is left empty.
model::Origin DescribeMachine(const base::Clock& clock);

// Slots for a machine: enough for the forks that its processors can do between two
// harvests (512 each, at least 1024), but no more than 1024 (6 MiB) per GiB of memory.
// From 512 to 4096.
uint32_t DefaultSlots(uint64_t memory_bytes, uint32_t processors);
// Objects that can be told apart: 256 (0.2 MiB) below 2 GiB of memory, 1024 from there.
uint32_t DefaultClasses(uint64_t memory_bytes);
uint64_t MemoryBytes();

}  // namespace footprint::app

#endif  // FOOTPRINT_DAEMON_APP_ORIGIN_H_
