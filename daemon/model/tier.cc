// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/tier.h"

#include <utility>

#include "daemon/model/minus.h"

namespace footprint::model {

TierHistory Changed(const TierHistory& history, TierChange change,
                    std::vector<std::string> measured, size_t most) {
  TierHistory next = history;
  next.now = change.to;
  next.measured = std::move(measured);
  next.changes.push_back(std::move(change));
  if (next.changes.size() > most) next.changes.erase(next.changes.begin());
  ++next.total;
  return next;
}

Cost Difference(const Cost& end, const Cost& base) {
  Cost d = end;
  d.calls = Minus(end.calls, base.calls);
  d.descriptor_calls = Minus(end.descriptor_calls, base.descriptor_calls);
  d.kernel_ns = Minus(end.kernel_ns, base.kernel_ns);
  d.own_cpu_ns = Minus(end.own_cpu_ns, base.own_cpu_ns);
  return d;
}

}  // namespace footprint::model
