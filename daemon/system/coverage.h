// SPDX-License-Identifier: Apache-2.0
// The dynamic beside the static: how much of what a kernel offers is really used.
// Ownership: values.   Threads: any.   Failure: none.
#ifndef FOOTPRINT_DAEMON_SYSTEM_COVERAGE_H_
#define FOOTPRINT_DAEMON_SYSTEM_COVERAGE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/system/system.h"
#include "data/names.h"

namespace footprint::system {

// How often a scope made a call.
struct Use {
  names::Abi abi = names::Abi::kUnknown;
  int32_t number = 0;
  uint64_t calls = 0;
};

struct CoverageRow {
  std::string abi;
  uint8_t subsystem = 0;  // index into names::Subsystems()
  uint32_t possible = 0;  // calls of the table
  uint32_t used = 0;      // distinct calls made
  uint64_t calls = 0;     // how often
  // Unset where the kernel's symbols could not be read.
  std::optional<uint32_t> built_in;           // of `possible`
  std::optional<uint32_t> used_not_built_in;  // of `used`: answered ENOSYS, or unknown numbers
};

// A row for each subsystem of each ABI that the kernel offers or that was used: ABIs as in
// `system`, then others; subsystems by their index. Several uses of one call are one.
std::vector<CoverageRow> Cover(const System& system, std::span<const Use> uses);

}  // namespace footprint::system

#endif  // FOOTPRINT_DAEMON_SYSTEM_COVERAGE_H_
