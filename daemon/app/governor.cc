// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/governor.h"

#include <linux/types.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_format.h"
#include "bpf/abi/footprint.h"

namespace footprint::app {

std::vector<uint32_t> StepsOf(uint32_t asked) {
  // Times cost most and are missed least: what a program uses is still told without them.
  std::vector<uint32_t> steps = {asked};
  for (const uint32_t shed : {FP_MEASURE_LATENCY, FP_MEASURE_OBJECTS}) {
    if (steps.back() & shed) steps.push_back(steps.back() & ~shed);
  }
  return steps;
}

void Governor::Reset() {
  window_.clear();
  calm_ns_ = 0;
  patience_ = 1;
  returned_ = false;
}

Governor::Mean Governor::MeanOfWindow() const {
  Mean mean;
  for (const Input& input : window_) {
    mean.interval_ns += input.interval_ns;
    mean.calls += input.calls;
    mean.descriptor_calls += input.descriptor_calls;
    mean.own_cpu_ns += input.own_cpu_ns;
  }
  return mean;
}

std::optional<double> Governor::Share(const Mean& mean, const CallCosts& costs, uint32_t measured) {
  const auto cost = costs.find(measured);
  if (cost == costs.end() || mean.interval_ns == 0) return std::nullopt;
  const auto descriptor_calls = static_cast<double>(mean.descriptor_calls);
  const double kernel_ns =
      (static_cast<double>(mean.calls) - descriptor_calls) * cost->second.plain_ns +
      descriptor_calls * cost->second.descriptor_ns;
  return 100 * (kernel_ns + static_cast<double>(mean.own_cpu_ns)) /
         static_cast<double>(mean.interval_ns);
}

std::optional<Governor::Decision> Governor::ShedOne(double share, uint32_t next) {
  // The return before did not last: wait longer before the next.
  if (returned_ && since_return_ns_ < patience_ * kCalmNs) {
    patience_ = std::min(2 * patience_, kMostPatience);
  } else {
    patience_ = 1;
  }
  returned_ = false;
  window_.clear();
  calm_ns_ = 0;
  return Decision{.measure = next,
                  .why = absl::StrFormat("%.3g %% of one core, budget %.3g %%", share, budget_)};
}

std::optional<Governor::Decision> Governor::ComeBack(const Mean& mean, const CallCosts& costs,
                                                     uint64_t interval_ns, uint32_t next) {
  const std::optional<double> share = Share(mean, costs, next);
  const bool affordable = share && *share < kComeBackPart * budget_;
  calm_ns_ = affordable ? calm_ns_ + interval_ns : 0;
  if (calm_ns_ < patience_ * kCalmNs) return std::nullopt;
  window_.clear();
  calm_ns_ = 0;
  returned_ = true;
  since_return_ns_ = 0;
  return Decision{.measure = next,
                  .why = absl::StrFormat("it takes %.3g %% of one core again, budget %.3g %%",
                                         *share, budget_)};
}

std::optional<Governor::Decision> Governor::Tick(const Input& input, const CallCosts& costs,
                                                 uint32_t asked, uint32_t measured) {
  if (budget_ <= 0) return std::nullopt;
  since_return_ns_ += input.interval_ns;
  window_.push_back(input);
  Mean mean = MeanOfWindow();
  if (mean.interval_ns < kWindowNs) return std::nullopt;
  while (mean.interval_ns - window_.front().interval_ns >= kWindowNs) {
    window_.pop_front();
    mean = MeanOfWindow();
  }
  const std::vector<uint32_t> steps = StepsOf(asked);
  const auto now = std::find(steps.begin(), steps.end(), measured);
  if (now == steps.end()) return std::nullopt;
  const std::optional<double> share = Share(mean, costs, measured);
  if (share && *share > budget_) {
    calm_ns_ = 0;
    if (now + 1 == steps.end()) return std::nullopt;  // never less than errors
    return ShedOne(*share, *(now + 1));
  }
  if (now == steps.begin()) return std::nullopt;
  return ComeBack(mean, costs, input.interval_ns, *(now - 1));
}

}  // namespace footprint::app
