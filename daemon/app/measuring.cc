// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/measuring.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace footprint::app {
namespace {

void LogChange(const model::TierHistory& history) {
  const model::TierChange& change = history.changes.back();
  spdlog::info("tier {} -> {} ({})", Words(change.from), Words(change.to), change.reason);
}

}  // namespace

Measuring::Measuring(kernel::Probe& probe, const base::Clock& clock,
                     const kernel::OwnerTable& owners, std::unique_ptr<Calibration> calibration,
                     double cpu_budget)
    : tiers_(
          probe.measured(), probe.possible(),
          [&probe](uint32_t what) { return probe.Measure(what); }, clock),
      meter_(owners),
      governor_(cpu_budget),
      calibration_(std::move(calibration)) {
  Learn();
}

// Only what is measured anyway is calibrated: trying another tier out would leave a gap in what
// everybody's calls are told about.
void Measuring::Learn() {
  if (calibration_ == nullptr || meter_.costs().contains(tiers_.measured())) return;
  if (const auto cost = Calibrate(); !cost.ok()) {
    spdlog::warn("the cost of a call is unknown: {}", std::string(cost.status().message()));
  }
}

void Measuring::Complete(model::Snapshot& snapshot) {
  meter_.Complete(snapshot, tiers_.measured());
  snapshot.tiers = tiers_.history();
}

absl::Status Measuring::Ask(const std::string& tier) {
  const uint64_t before = tiers_.history()->total;
  if (absl::Status status = tiers_.Ask(tier, "asked by RPC"); !status.ok()) return status;
  if (tiers_.history()->total != before) LogChange(*tiers_.history());
  governor_.Reset();
  Learn();
  return absl::OkStatus();
}

absl::StatusOr<model::CallCost> Measuring::Calibrate() {
  if (calibration_ == nullptr) {
    return absl::FailedPreconditionError(
        "costs are not known: calls without footprint were not measured at start (calibrate)");
  }
  auto cost = calibration_->Measure(MeasuredWords(tiers_.measured()));
  if (cost.ok()) meter_.Learn(tiers_.measured(), *cost);
  return cost;
}

void Measuring::Tick(const model::Snapshot& snapshot) {
  const model::Cost since = model::Difference(snapshot.cost, last_);
  const Governor::Input input{.interval_ns = snapshot.boottime_ns - last_boottime_ns_,
                              .calls = since.calls,
                              .descriptor_calls = since.descriptor_calls,
                              .own_cpu_ns = since.own_cpu_ns};
  const bool first = last_boottime_ns_ == 0;
  last_ = snapshot.cost;
  last_boottime_ns_ = snapshot.boottime_ns;
  if (first) return;
  const auto decision = governor_.Tick(input, meter_.costs(), tiers_.asked(), tiers_.measured());
  if (!decision) return;
  const absl::Status status =
      tiers_.Shed(decision->measure, absl::StrCat("governor: ", decision->why));
  if (status.ok()) {
    LogChange(*tiers_.history());
    return Learn();
  }
  if (status.message() == complaint_) return;
  complaint_ = std::string(status.message());
  spdlog::warn("the governor could not change what is measured: {}", complaint_);
}

}  // namespace footprint::app
