// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/tier.h"

#include <catch2/catch.hpp>

#include "daemon/model/scope.h"

namespace footprint::model {
namespace {

TierHistory Cycle(int changes, size_t most) {
  TierHistory history;
  history.now.tier = "full";
  for (int i = 0; i < changes; ++i) {
    TierChange change{.boottime_ns = static_cast<uint64_t>(i), .from = history.now, .to = {}};
    change.to.tier = history.now.tier == "full" ? "calls" : "full";
    history = Changed(history, change, {change.to.tier}, most);
  }
  return history;
}

TEST_CASE("unit.model.the_latest_changes_are_kept") {
  const TierHistory history = Cycle(7, 3);
  CHECK(history.total == 7);
  REQUIRE(history.changes.size() == 3);
  CHECK(history.changes.front().boottime_ns == 4);
  CHECK(history.now.tier == "calls");
  CHECK(history.measured == std::vector<std::string>{"calls"});
}

TEST_CASE("unit.model.a_window_has_its_own_changes_and_cost") {
  Footprint begin, end;
  begin.tiers = std::make_shared<TierHistory>(Cycle(2, 8));
  begin.cost = {.calls = 100, .descriptor_calls = 10, .kernel_ns = 1000, .own_cpu_ns = 7};
  end.tiers = std::make_shared<TierHistory>(Cycle(5, 8));
  end.cost = {.known = true,
              .call = {.plain_ns = 12},
              .calls = 130,
              .descriptor_calls = 12,
              .kernel_ns = 1500,
              .own_cpu_ns = 9};
  const Footprint window = Difference(end, begin);
  CHECK(window.tier_changes_base == 2);
  CHECK(window.tiers->total == 5);
  CHECK(window.cost.known);
  CHECK(window.cost.call.plain_ns == 12);
  CHECK(window.cost.calls == 30);
  CHECK(window.cost.descriptor_calls == 2);
  CHECK(window.cost.kernel_ns == 500);
  CHECK(window.cost.own_cpu_ns == 2);
  begin.tiers = nullptr;
  CHECK(Difference(end, begin).tier_changes_base == 0);
}

TEST_CASE("unit.model.a_snapshot_hands_its_tiers_on") {
  Snapshot snapshot;
  snapshot.tiers = std::make_shared<TierHistory>(Cycle(1, 8));
  snapshot.cost.calls = 9;
  const auto footprint = Evaluate(snapshot, {});
  REQUIRE(footprint.ok());
  CHECK(footprint->tiers == snapshot.tiers);
  CHECK(footprint->tier_changes_base == 0);
  CHECK(footprint->cost.calls == 9);
}

}  // namespace
}  // namespace footprint::model
