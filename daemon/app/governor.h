// SPDX-License-Identifier: Apache-2.0
// Keeps what footprint takes from the system within a budget, by measuring less: first no times,
// then no objects. Never less than calls and errors.
// Ownership: values.   Threads: collector thread only.   Failure: none; it only decides.
#ifndef FOOTPRINT_DAEMON_APP_GOVERNOR_H_
#define FOOTPRINT_DAEMON_APP_GOVERNOR_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/model/tier.h"

namespace footprint::app {

// By FP_MEASURE_ bits.
using CallCosts = std::map<uint32_t, model::CallCost>;

class Governor {
 public:
  // Over this long the share is averaged before anything is shed: a burst is no reason.
  static constexpr uint64_t kWindowNs = 3'000'000'000;
  // What was shed comes back when the next step would have stayed below this part of the budget...
  static constexpr double kComeBackPart = 0.7;
  // ... for this long. The gap between 70 % and 100 % is what keeps a load at the edge from
  // flapping: below, there is room for an estimate that is wrong by a third.
  static constexpr uint64_t kCalmNs = 30'000'000'000;
  // A return that did not last makes the next one wait twice as long, up to this many times.
  static constexpr uint64_t kMostPatience = 16;

  // What happened since the last tick.
  struct Input {
    uint64_t interval_ns = 0;
    uint64_t calls = 0, descriptor_calls = 0;  // of the whole system
    uint64_t own_cpu_ns = 0;                   // of the daemon
  };
  struct Decision {
    uint32_t measure = 0;
    std::string why;  // "4.1 % of one core, budget 1 %"
  };

  // Percent of one core; 0: never decides anything.
  explicit Governor(double budget_percent) : budget_(budget_percent) {}

  // A tier was asked for, all of it is measured: begins anew.
  void Reset();
  // What to measure from now on, where that is something else. The caller does it, or not:
  // then the same is decided again.
  std::optional<Decision> Tick(const Input& input, const CallCosts& costs, uint32_t asked,
                               uint32_t measured);

 private:
  struct Mean {
    uint64_t interval_ns = 0, calls = 0, descriptor_calls = 0, own_cpu_ns = 0;
  };
  Mean MeanOfWindow() const;
  // Percent of one core that this load is when `measured` is measured; nullopt: cost unknown.
  static std::optional<double> Share(const Mean& mean, const CallCosts& costs, uint32_t measured);
  std::optional<Decision> ShedOne(double share, uint32_t next);
  std::optional<Decision> ComeBack(const Mean& mean, const CallCosts& costs, uint64_t interval_ns,
                                   uint32_t next);

  const double budget_;
  std::deque<Input> window_;
  uint64_t calm_ns_ = 0;          // how long the next step would have been affordable
  uint64_t patience_ = 1;         // times kCalmNs
  uint64_t since_return_ns_ = 0;  // since the last return
  bool returned_ = false;
};

// What the governor may choose for a tier, from all to least.
std::vector<uint32_t> StepsOf(uint32_t asked);

}  // namespace footprint::app

#endif  // FOOTPRINT_DAEMON_APP_GOVERNOR_H_
