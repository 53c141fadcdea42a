// SPDX-License-Identifier: Apache-2.0
// What a kernel says of itself: release, build id, command line, taint and the like.
// Ownership: values.   Threads: any.   Failure: said in each fact's Reading.
// Source: uname(2), /proc/cmdline, /proc/sys/kernel/tainted, /sys/kernel/notes,
//   /sys/kernel/security/lockdown, /sys/devices/system/clocksource.
#ifndef FOOTPRINT_DAEMON_SYSTEM_FACTS_H_
#define FOOTPRINT_DAEMON_SYSTEM_FACTS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/system/reader.h"
#include "daemon/system/system.h"

namespace footprint::system {

// Every fact, in the order of system.h.
std::vector<Fact> ReadFacts(const Machine& machine, const Config& config);

// Hexadecimal; "" where the notes (ELF, this machine's byte order) hold none.
std::string BuildIdOf(std::string_view notes);
// "P proprietary module; W warning issued"; "not tainted" for 0.
std::string TaintText(uint64_t mask);

}  // namespace footprint::system

#endif  // FOOTPRINT_DAEMON_SYSTEM_FACTS_H_
