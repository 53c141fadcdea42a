// SPDX-License-Identifier: Apache-2.0
// What is measured now: the tier that was asked for, less what the governor sheds; and every
// change of it.
// Ownership: borrows clock and the way to the probe.   Threads: collector thread only.
// Failure: a change that the probe refuses changes nothing and is not recorded.
#ifndef FOOTPRINT_DAEMON_APP_TIERS_H_
#define FOOTPRINT_DAEMON_APP_TIERS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "daemon/base/clock.h"
#include "daemon/model/tier.h"

namespace footprint::app {

// FP_MEASURE_ bits of a tier's name, and back; the name of the highest tier that is within.
std::optional<uint32_t> MeasureOf(const std::string& tier);
std::string TierWithin(uint32_t measured);
// "calls", and a word for each bit.
std::vector<std::string> MeasuredWords(uint32_t measured);
// "full", "full without latency and objects".
std::string Words(const model::TierState& state);

class Tiers {
 public:
  using Measure = std::function<absl::Status(uint32_t)>;
  // `measured` is what the probe measures already, `possible` what it can.
  Tiers(uint32_t measured, uint32_t possible, Measure measure, const base::Clock& clock);

  // Measures a tier, whole. Errors: INVALID_ARGUMENT no such tier; FAILED_PRECONDITION not
  // possible; what the probe says.
  absl::Status Ask(const std::string& tier, const std::string& reason);
  // Measures this part of the tier that was asked for. Errors: what the probe says.
  absl::Status Shed(uint32_t measured, const std::string& reason);

  uint32_t asked() const { return asked_; }
  uint32_t measured() const { return measured_; }
  const model::TierHistoryPtr& history() const { return history_; }

 private:
  absl::Status Change(uint32_t asked, uint32_t measured, const std::string& reason);

  const uint32_t possible_;
  const Measure measure_;
  const base::Clock& clock_;
  uint32_t asked_, measured_;
  model::TierHistoryPtr history_;
};

}  // namespace footprint::app

#endif  // FOOTPRINT_DAEMON_APP_TIERS_H_
