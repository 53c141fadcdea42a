// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/tiers.h"

#include <linux/types.h>

#include <catch2/catch.hpp>

#include "bpf/abi/footprint.h"

namespace footprint::app {
namespace {

using Catch::Matchers::Contains;
using Strings = std::vector<std::string>;

struct HandClock : base::Clock {
  int64_t RealtimeNs() const override { return 1000 + static_cast<int64_t>(now); }
  uint64_t BoottimeNs() const override { return now; }
  uint64_t OwnCpuNs() const override { return 0; }
  uint64_t now = 1;
};

struct Fixture {
  explicit Fixture(uint32_t possible = FP_MEASURE_ALL)
      : tiers(
            possible, possible,
            [this](uint32_t what) {
              if (fails) return absl::InternalError("sys_exit does not attach");
              measured.push_back(what);
              return absl::OkStatus();
            },
            clock) {}
  HandClock clock;
  bool fails = false;
  std::vector<uint32_t> measured;
  Tiers tiers;
};

TEST_CASE("unit.app.tiers_have_names") {
  for (const char* name : {"calls", "errors", "latency", "full"}) {
    REQUIRE(MeasureOf(name).has_value());
    CHECK(TierWithin(*MeasureOf(name)) == name);
  }
  CHECK(MeasureOf("calls") == 0u);
  CHECK(MeasureOf("full") == uint32_t{FP_MEASURE_ALL});
  CHECK_FALSE(MeasureOf("fast").has_value());
  CHECK(MeasuredWords(0) == Strings{"calls"});
  CHECK(MeasuredWords(5) == Strings{"calls", "errors", "objects"});
  CHECK(Words({.tier = "full", .shed = {"latency", "objects"}}) ==
        "full without latency and objects");
}

TEST_CASE("unit.app.every_change_of_the_tier_is_kept") {
  Fixture f;
  CHECK(f.tiers.history()->now == model::TierState{.tier = "full", .shed = {}});
  const model::TierHistoryPtr before = f.tiers.history();
  f.clock.now = 5;
  REQUIRE(f.tiers.Ask("errors", "asked by RPC").ok());
  f.clock.now = 7;
  REQUIRE(f.tiers.Ask("full", "asked by RPC").ok());
  f.clock.now = 9;
  REQUIRE(f.tiers.Shed(5, "governor: too much").ok());
  CHECK(f.measured == std::vector<uint32_t>{1, 7, 5});

  const model::TierHistory& history = *f.tiers.history();
  CHECK(before->changes.empty());  // who holds it is not disturbed
  REQUIRE(history.changes.size() == 3);
  CHECK(history.total == 3);
  CHECK(history.changes[0].from.tier == "full");
  CHECK(history.changes[0].to.tier == "errors");
  CHECK(history.changes[0].boottime_ns == 5);
  CHECK(history.changes[0].realtime_ns == 1005);
  CHECK(history.changes[2].reason == "governor: too much");
  CHECK(history.now == model::TierState{.tier = "full", .shed = {"latency"}});
  CHECK(history.measured == Strings{"calls", "errors", "objects"});
  CHECK(f.tiers.asked() == 7);
  // Asking ends what was shed; asking for what there is changes nothing.
  REQUIRE(f.tiers.Ask("full", "asked by RPC").ok());
  CHECK(f.tiers.history()->now.shed.empty());
  REQUIRE(f.tiers.Ask("full", "asked by RPC").ok());
  CHECK(f.tiers.history()->total == 4);
}

TEST_CASE("unit.app.a_tier_that_cannot_be_is_refused") {
  Fixture f(FP_MEASURE_ERRORS | FP_MEASURE_LATENCY);
  const absl::Status word = f.tiers.Ask("fast", "");
  CHECK(absl::IsInvalidArgument(word));
  CHECK_THAT(std::string(word.message()), Contains("calls, errors, latency, full"));
  const absl::Status full = f.tiers.Ask("full", "");
  CHECK(absl::IsFailedPrecondition(full));
  CHECK_THAT(std::string(full.message()), Contains("latency is"));
  f.fails = true;
  CHECK(absl::IsInternal(f.tiers.Ask("errors", "")));
  CHECK(f.tiers.history()->now.tier == "latency");
  CHECK(f.tiers.history()->total == 0);
}

TEST_CASE("unit.app.old_changes_of_the_tier_are_counted") {
  Fixture f;
  for (int i = 0; i < 300; ++i) REQUIRE(f.tiers.Ask(i % 2 ? "full" : "calls", "").ok());
  CHECK(f.tiers.history()->total == 300);
  CHECK(f.tiers.history()->changes.size() == 256);
}

}  // namespace
}  // namespace footprint::app
