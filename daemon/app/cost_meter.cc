// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/cost_meter.h"

#include <algorithm>

namespace footprint::app {

CostMeter::CostMeter(const kernel::OwnerTable& owners) {
  constexpr uint32_t kPlace = FP_OWNER_PLACE_MASK << FP_OWNER_FD_SHIFT;
  for (size_t abi = 0; abi < owners.size(); ++abi) {
    for (size_t number = 0; number < owners[abi].size(); ++number) {
      takes_descriptor_[abi][number] = (owners[abi][number] & kPlace) != 0;
    }
  }
}

void CostMeter::Add(const model::CallKey& key, uint64_t calls) {
  if (key.kind != model::CallKind::kCalls) return;
  calls_ += calls;
  const bool known = key.abi < FP_OWNER_ABIS && key.number >= 0 && key.number < FP_OWNER_NUMBERS;
  if (known && takes_descriptor_[key.abi][key.number]) descriptor_calls_ += calls;
}

void CostMeter::Complete(model::Snapshot& snapshot, uint32_t measured) {
  calls_ = descriptor_calls_ = 0;
  const auto add = [this](const model::CallKey& key, uint64_t calls) { Add(key, calls); };
  for (const auto& life : snapshot.lives) {
    for (const auto& image : life->images) {
      if (image->counts != nullptr) image->counts->ForEachCall(add);
    }
  }
  for (const auto& command : snapshot.commands) command->counts.ForEachCall(add);
  calls_ = std::max(calls_, total_.calls);
  descriptor_calls_ = std::max(descriptor_calls_, total_.descriptor_calls);
  const auto cost = costs_.find(measured);
  total_.known = cost != costs_.end();
  if (total_.known) {
    const auto more = static_cast<double>(calls_ - total_.calls);
    const auto descriptor =
        std::min(static_cast<double>(descriptor_calls_ - total_.descriptor_calls), more);
    total_.call = cost->second;
    kernel_ns_ +=
        (more - descriptor) * cost->second.plain_ns + descriptor * cost->second.descriptor_ns;
  }
  total_.calls = calls_;
  total_.descriptor_calls = descriptor_calls_;
  total_.kernel_ns = static_cast<uint64_t>(kernel_ns_);
  if (!own_cpu_at_attach_) own_cpu_at_attach_ = snapshot.own_cpu_ns;
  total_.own_cpu_ns = snapshot.own_cpu_ns - *own_cpu_at_attach_;
  snapshot.cost = total_;
  for (const auto& [bits, known] : costs_) snapshot.call_costs.push_back(known);
}

}  // namespace footprint::app
