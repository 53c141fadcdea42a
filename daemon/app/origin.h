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

// Slots for a machine with this much memory: 1024 (6 MiB) per GiB, from 512 to 2048.
uint32_t SlotsForMemory(uint64_t memory_bytes);
uint64_t MemoryBytes();

}  // namespace footprint::app

#endif  // FOOTPRINT_DAEMON_APP_ORIGIN_H_
