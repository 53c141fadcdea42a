// SPDX-License-Identifier: Apache-2.0
// Adds up what measuring costs the system, harvest by harvest.
// Ownership: values.   Threads: collector thread only.   Failure: none.
#ifndef FOOTPRINT_DAEMON_APP_COST_METER_H_
#define FOOTPRINT_DAEMON_APP_COST_METER_H_

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>

#include "daemon/app/governor.h"
#include "daemon/kernel/probe.h"
#include "daemon/model/snapshot.h"

namespace footprint::app {

class CostMeter {
 public:
  // The table tells which calls take a descriptor.
  explicit CostMeter(const kernel::OwnerTable& owners);

  void Learn(uint32_t measured, model::CallCost cost) { costs_[measured] = std::move(cost); }
  const CallCosts& costs() const { return costs_; }
  // Fills in the cost since the attach. `measured` was measured since the last snapshot.
  void Complete(model::Snapshot& snapshot, uint32_t measured);

 private:
  void Add(const model::CallKey& key, uint64_t calls);

  std::array<std::bitset<FP_OWNER_NUMBERS>, FP_OWNER_ABIS> takes_descriptor_;
  CallCosts costs_;
  uint64_t calls_ = 0, descriptor_calls_ = 0;  // of the harvest that Complete is at
  model::Cost total_;
  std::optional<uint64_t> own_cpu_at_attach_;  // loading came before, and is no cost of measuring
  double kernel_ns_ = 0;
};

}  // namespace footprint::app

#endif  // FOOTPRINT_DAEMON_APP_COST_METER_H_
