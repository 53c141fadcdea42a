// SPDX-License-Identifier: Apache-2.0
// Names of kernel addresses: by the kernel's own look-up, else by reading /proc/kallsyms.
// Ownership: owns both.   Threads: collector thread only.   Failure: as objects::Symbols.
#ifndef FOOTPRINT_DAEMON_APP_KERNEL_SYMBOLS_H_
#define FOOTPRINT_DAEMON_APP_KERNEL_SYMBOLS_H_

#include <memory>

#include "daemon/kernel/symbol_probe.h"
#include "daemon/objects/kallsyms.h"

namespace footprint::app {

class KernelSymbols : public objects::Symbols {
 public:
  KernelSymbols();
  absl::StatusOr<std::vector<objects::Symbol>> Resolve(
      std::span<const uint64_t> addresses) const override;

 private:
  std::unique_ptr<kernel::SymbolProbe> probe_;  // null: this kernel has no bpf_snprintf
  objects::Kallsyms file_;
};

}  // namespace footprint::app

#endif  // FOOTPRINT_DAEMON_APP_KERNEL_SYMBOLS_H_
