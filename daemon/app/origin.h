// SPDX-License-Identifier: Apache-2.0
// Facts about this machine and this daemon that every footprint carries.
#ifndef FOOTPRINT_DAEMON_APP_ORIGIN_H_
#define FOOTPRINT_DAEMON_APP_ORIGIN_H_

#include <cstdint>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/model/snapshot.h"

namespace footprint::app {

// From uname(2) and /proc/sys/kernel/random/boot_id; the probe's part is left empty.
model::Origin DescribeMachine(const base::Clock& clock);

// Bytes that slots may take: 1 % of the memory, at least 8 MiB, and at most half of what the daemon
// itself may take (`limit_bytes`).
uint64_t SlotBudget(uint64_t memory_bytes, uint64_t limit_bytes);
// Slots that have room in so many bytes: from 256 to 65536, whole blocks.
uint32_t SlotsWithin(uint64_t bytes);
inline constexpr uint64_t kNoLimit = UINT64_MAX;
// Memory that the daemon's cgroup (v2) may take, bytes: the least of memory.max and memory.high of
// it and all above it; kNoLimit where there is none. `root` is "" on a live system.
uint64_t MemoryLimit(const std::string& root);
// Objects that can be told apart: 256 (0.2 MiB) below 2 GiB of memory, 1024 from there.
uint32_t DefaultClasses(uint64_t memory_bytes);
uint64_t MemoryBytes();

}  // namespace footprint::app

#endif  // FOOTPRINT_DAEMON_APP_ORIGIN_H_
