// SPDX-License-Identifier: Apache-2.0
// What is measured and what that costs, put together: tiers, calibration, cost and governor.
// Ownership: owns them; borrows probe and clock.   Threads: collector thread only.
// Failure: see each call; without a calibration costs are unknown and said to be so.
#ifndef FOOTPRINT_DAEMON_APP_MEASURING_H_
#define FOOTPRINT_DAEMON_APP_MEASURING_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "daemon/app/calibration.h"
#include "daemon/app/cost_meter.h"
#include "daemon/app/governor.h"
#include "daemon/app/tiers.h"
#include "daemon/base/clock.h"
#include "daemon/kernel/probe.h"
#include "daemon/model/snapshot.h"

namespace footprint::app {

class Measuring {
 public:
  // `calibration` is null where nobody calibrates. Its baseline was taken before the attach; the
  // cost of what is measured now is measured here.
  Measuring(kernel::Probe& probe, const base::Clock& clock, const kernel::OwnerTable& owners,
            std::unique_ptr<Calibration> calibration, double cpu_budget);

  // Tiers and cost of a snapshot. Between two of them the tier must not change.
  void Complete(model::Snapshot& snapshot);
  // Errors: as Tiers::Ask. The caller has just taken a snapshot.
  absl::Status Ask(const std::string& tier);
  // Errors: FAILED_PRECONDITION nobody calibrates, or as Calibration::Measure.
  absl::StatusOr<model::CallCost> Calibrate();
  // Lets the governor decide. The caller has just taken this snapshot.
  void Tick(const model::Snapshot& snapshot);

  const Tiers& tiers() const { return tiers_; }

 private:
  void Learn();

  Tiers tiers_;
  CostMeter meter_;
  Governor governor_;
  const std::unique_ptr<Calibration> calibration_;
  uint64_t last_boottime_ns_ = 0;  // of the last tick; 0: there was none
  model::Cost last_;
  std::string complaint_;  // the last one of the probe
};

}  // namespace footprint::app

#endif  // FOOTPRINT_DAEMON_APP_MEASURING_H_
