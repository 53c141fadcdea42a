// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/governor.h"

#include <linux/types.h>

#include <catch2/catch.hpp>

#include "bpf/abi/footprint.h"

namespace footprint::app {
namespace {

constexpr uint32_t kFull = FP_MEASURE_ALL;
constexpr uint32_t kNoTimes = FP_MEASURE_ERRORS | FP_MEASURE_OBJECTS;
constexpr uint32_t kErrors = FP_MEASURE_ERRORS;
constexpr uint32_t kLatency = FP_MEASURE_ERRORS | FP_MEASURE_LATENCY;
constexpr uint64_t kSecond = 1'000'000'000;

// 200, 100, 50 ns a call; a call with a descriptor costs twice that where objects are measured.
const CallCosts kCosts = {{kFull, {.plain_ns = 200, .descriptor_ns = 400}},
                          {kLatency, {.plain_ns = 150, .descriptor_ns = 150}},
                          {kNoTimes, {.plain_ns = 100, .descriptor_ns = 200}},
                          {kErrors, {.plain_ns = 50, .descriptor_ns = 50}}};

// A machine with a governor: a second a step.
struct Machine {
  explicit Machine(double budget, uint32_t tier = kFull)
      : governor(budget), asked(tier), measured(tier) {}
  // Answers how often what is measured changed.
  int Run(int seconds, uint64_t calls_per_second, uint64_t own_ns_per_second = 0) {
    int changes = 0;
    for (int i = 0; i < seconds; ++i) {
      const auto decision = governor.Tick({.interval_ns = kSecond,
                                           .calls = calls_per_second,
                                           .descriptor_calls = 0,
                                           .own_cpu_ns = own_ns_per_second},
                                          kCosts, asked, measured);
      if (!decision) continue;
      ++changes;
      measured = decision->measure;
      why = decision->why;
    }
    return changes;
  }
  Governor governor;
  uint32_t asked, measured;
  std::string why;
};

TEST_CASE("unit.app.governor_sheds_times_before_objects_and_never_errors") {
  CHECK(StepsOf(kFull) == std::vector<uint32_t>{kFull, kNoTimes, kErrors});
  CHECK(StepsOf(kLatency) == std::vector<uint32_t>{kLatency, kErrors});
  CHECK(StepsOf(kErrors) == std::vector<uint32_t>{kErrors});
  CHECK(StepsOf(0) == std::vector<uint32_t>{0});

  Machine machine(1.0);
  // 200,000 calls of 200 ns are 4 % of a core.
  CHECK(machine.Run(2, 200'000) == 0);  // a burst is no reason
  CHECK(machine.Run(1, 200'000) == 1);
  CHECK(machine.measured == kNoTimes);
  CHECK(machine.why == "4 % of one core, budget 1 %");
  CHECK(machine.Run(3, 200'000) == 1);
  CHECK(machine.measured == kErrors);
  CHECK(machine.Run(100, 10'000'000) == 0);  // 50 % of a core, and nothing left to shed
  CHECK(machine.measured == kErrors);
}

TEST_CASE("unit.app.governor_leaves_low_tiers_alone") {
  for (const uint32_t asked : {uint32_t{0}, kErrors}) {
    Machine machine(0.01, asked);
    CHECK(machine.Run(60, 1'000'000) == 0);
    CHECK(machine.measured == asked);
  }
  Machine machine(1.0, kLatency);
  CHECK(machine.Run(60, 200'000) == 1);
  CHECK(machine.measured == kErrors);
}

TEST_CASE("unit.app.governor_comes_back_step_by_step") {
  Machine machine(1.0);
  machine.Run(6, 300'000);
  REQUIRE(machine.measured == kErrors);
  // 10,000 calls would be 0.1 % with objects and 0.2 % with all.
  const int calm = Governor::kCalmNs / kSecond;
  CHECK(machine.Run(calm - 1, 10'000) == 0);
  CHECK(machine.Run(6, 10'000) == 1);
  CHECK(machine.measured == kNoTimes);
  CHECK(machine.why == "it takes 0.1 % of one core again, budget 1 %");
  CHECK(machine.Run(calm + 6, 10'000) == 1);
  CHECK(machine.measured == kFull);
  CHECK(machine.Run(100, 10'000) == 0);
}

TEST_CASE("unit.app.governor_does_not_flap_at_the_edge") {
  Machine machine(1.0);
  machine.Run(6, 300'000);
  REQUIRE(machine.measured == kErrors);
  // Objects would take 0.8 %: within the budget, but too near to it.
  CHECK(machine.Run(600, 80'000) == 0);
  // A pause shorter than it takes to come back.
  for (int i = 0; i < 10; ++i) {
    CHECK(machine.Run(20, 0) == 0);
    CHECK(machine.Run(10, 200'000) == 0);
  }
  // Just below and just above the budget: the mean decides, and it sheds but once.
  Machine edge(1.0);
  int changes = 0;
  for (int i = 0; i < 100; ++i) {
    changes += edge.Run(1, 49'000);
    changes += edge.Run(1, 52'000);
  }
  CHECK(changes == 1);
  CHECK(edge.measured == kNoTimes);
}

TEST_CASE("unit.app.governor_waits_longer_after_a_return_that_did_not_last") {
  // A load that is calm for 40 s and busy for 10 s.
  Machine machine(1.0, kLatency);
  int changes = 0;
  for (int i = 0; i < 20; ++i) {
    changes += machine.Run(10, 200'000);
    changes += machine.Run(40, 1'000);
  }
  // Shed, back, shed; from then on 40 s are too short.
  CHECK(changes == 3);
  CHECK(machine.measured == kErrors);
  CHECK(machine.Run(70, 1'000) == 1);
  CHECK(machine.measured == kLatency);
}

TEST_CASE("unit.app.governor_counts_descriptors_and_the_daemon") {
  Machine own(1.0);
  CHECK(own.Run(3, 0, kSecond / 50) == 1);  // 2 % by the daemon alone
  Governor governor(1.0);
  const Governor::Input input{
      .interval_ns = 3 * kSecond, .calls = 100'000, .descriptor_calls = 80'000};
  // 20,000 x 200 ns + 80,000 x 400 ns in 3 s
  const auto decision = governor.Tick(input, kCosts, kFull, kFull);
  REQUIRE(decision.has_value());
  CHECK(decision->why == "1.2 % of one core, budget 1 %");
}

TEST_CASE("unit.app.governor_without_a_budget_or_costs_decides_nothing") {
  Machine machine(0);
  CHECK(machine.Run(100, 100'000'000, kSecond) == 0);
  Governor governor(1.0);
  const Governor::Input input{.interval_ns = 10 * kSecond, .calls = 100'000'000};
  CHECK_FALSE(governor.Tick(input, {}, kFull, kFull).has_value());
}

TEST_CASE("unit.app.governor_begins_anew_when_a_tier_is_asked_for") {
  Machine machine(1.0);
  machine.Run(2, 300'000);
  machine.governor.Reset();
  CHECK(machine.Run(2, 300'000) == 0);
  CHECK(machine.Run(1, 300'000) == 1);
}

}  // namespace
}  // namespace footprint::app
