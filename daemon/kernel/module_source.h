// SPDX-License-Identifier: Apache-2.0
// What the module programs offer to the ledger, in abi structs, without libbpf: the seam that
// lets the ledger be tested on counts made by hand.
// Threads: collector thread only.
#ifndef FOOTPRINT_DAEMON_KERNEL_MODULE_SOURCE_H_
#define FOOTPRINT_DAEMON_KERNEL_MODULE_SOURCE_H_

#include <linux/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bpf/abi/modules.h"
#include "daemon/kernel/source.h"

namespace footprint::kernel {

class ModuleSource {
 public:
  virtual ~ModuleSource() = default;

  // Rises with everything that is counted; equal means nothing to read.
  virtual uint64_t Changes() const = 0;
  // Begins the next epoch and answers the one that ends.
  virtual uint32_t NextEpoch() = 0;

  // Every entry; one that changes meanwhile is handed over as it was at one moment.
  virtual absl::Status WalkModules(
      const std::function<void(const fp_module_key&, const fp_module_counts&)>& sink) = 0;
  virtual absl::Status WalkCallers(
      const std::function<void(const fp_module_caller_key&, const fp_module_caller&)>& sink) = 0;
  virtual absl::Status WalkRequests(
      const std::function<void(const fp_request_key&, const fp_request&)>& sink) = 0;
  // For entries that do not change any more: freed generations, epochs that are over.
  virtual void DeleteModule(const fp_module_key& key) = 0;
  virtual void DeleteCaller(const fp_module_caller_key& key) = 0;
  virtual void DeleteRequest(const fp_request_key& key) = 0;

  // Hands over every waiting event, oldest first.
  virtual void DrainEvents(const std::function<void(const fp_module_event&)>& sink) = 0;

  virtual std::array<uint64_t, FP_MODULE_LOSS_COUNT> Losses() const = 0;
  virtual std::vector<HookState> Hooks() const = 0;
};

}  // namespace footprint::kernel

#endif  // FOOTPRINT_DAEMON_KERNEL_MODULE_SOURCE_H_
