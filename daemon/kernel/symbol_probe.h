// SPDX-License-Identifier: Apache-2.0
// The kernel's own look-up of symbols, by a BPF program that is run on demand.
// Ownership: owns the loaded program.   Threads: collector thread only.
// Failure: Create fails before Linux 5.13, which has no bpf_snprintf.
#ifndef FOOTPRINT_DAEMON_KERNEL_SYMBOL_PROBE_H_
#define FOOTPRINT_DAEMON_KERNEL_SYMBOL_PROBE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace footprint::kernel {

class SymbolProbe {
 public:
  virtual ~SymbolProbe() = default;
  static absl::StatusOr<std::unique_ptr<SymbolProbe>> Create();
  // One text for each address, in their order, as %pS writes it: lib/vsprintf.c.
  // Costs microseconds an address.
  virtual absl::StatusOr<std::vector<std::string>> Texts(std::span<const uint64_t> addresses) = 0;
};

}  // namespace footprint::kernel

#endif  // FOOTPRINT_DAEMON_KERNEL_SYMBOL_PROBE_H_
