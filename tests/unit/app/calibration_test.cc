// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/calibration.h"

#include <catch2/catch.hpp>

#include "daemon/app/cost_meter.h"
#include "daemon/app/owners.h"

namespace footprint::app {
namespace {

TEST_CASE("unit.app.calibration_takes_rounds_that_nothing_disturbed") {
  double extra = 0;
  int round = 0;
  const Calibration calibration([&](CallOf kind, int calls) -> uint64_t {
    // Three of five rounds are disturbed.
    const double disturbed = ++round % 5 >= 2 ? 50'000 : 0;
    const double one = kind == CallOf::kPlain ? 100 + extra : 150 + 2 * extra;
    return static_cast<uint64_t>((one + disturbed) * calls);
  });
  extra = 90;
  const auto cost = calibration.Measure({"calls", "errors"});
  REQUIRE(cost.ok());
  CHECK(cost->plain_ns == Approx(90));
  CHECK(cost->descriptor_ns == Approx(180));
  CHECK(cost->bare_plain_ns == Approx(100));
  CHECK(cost->bare_descriptor_ns == Approx(150));
  CHECK(cost->measured == std::vector<std::string>{"calls", "errors"});
  // What slowed the calls before the attach has gone: this is no cost of 0.
  extra = -20;
  const absl::Status status = calibration.Measure({}).status();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK_THAT(std::string(status.message()), Catch::Contains("80 ns, and 100 ns before the attach"));
}

TEST_CASE("unit.app.calibration_of_a_slow_machine_makes_fewer_rounds") {
  int calls_made = 0;
  const Calibration calibration([&](CallOf, int calls) {
    calls_made += calls;
    return uint64_t{10'000} * static_cast<uint64_t>(calls);  // 10 us a call
  });
  CHECK(calls_made < 10'000);
}

TEST_CASE("unit.app.the_loop_makes_calls") {
  const auto loop = CallLoop();
  REQUIRE(loop.ok());
  CHECK((*loop)(CallOf::kPlain, 10'000) > 10'000);  // more than 1 ns each
  CHECK((*loop)(CallOf::kDescriptor, 10'000) > 10'000);
}

model::Snapshot WithCalls(uint64_t getppid, uint64_t read) {
  auto image = std::make_shared<model::Image>();
  image->counts = model::PackedCounts::Pack(model::Counts{
      .calls = {{{.abi = 1, .number = 0}, {.calls = read}},
                {{.abi = 1, .number = 0, .kind = model::CallKind::kMade}, {.calls = 77}},
                {{.abi = 1, .number = 110}, {.calls = getppid}}}});
  auto life = std::make_shared<model::Life>();
  life->images = {image};
  model::Snapshot snapshot;
  snapshot.lives = {life};
  return snapshot;
}

TEST_CASE("unit.app.cost_follows_what_was_measured_when") {
  CostMeter meter(*MakeOwnerTable({}));
  model::Snapshot snapshot = WithCalls(10, 5);
  meter.Complete(snapshot, 7);
  CHECK_FALSE(snapshot.cost.known);
  CHECK(snapshot.cost.calls == 15);
  CHECK(snapshot.cost.descriptor_calls == 5);
  CHECK(snapshot.cost.kernel_ns == 0);

  meter.Learn(7, {.plain_ns = 100, .descriptor_ns = 200});
  meter.Learn(1, {.plain_ns = 50, .descriptor_ns = 50});
  snapshot = WithCalls(20, 15);
  meter.Complete(snapshot, 7);
  CHECK(snapshot.cost.known);
  CHECK(snapshot.cost.call.descriptor_ns == 200);
  CHECK(snapshot.cost.kernel_ns == 10 * 100 + 10 * 200);
  CHECK(snapshot.call_costs.size() == 2);
  snapshot = WithCalls(30, 15);
  meter.Complete(snapshot, 1);
  CHECK(snapshot.cost.kernel_ns == 3000 + 10 * 50);
  CHECK(snapshot.cost.call.plain_ns == 50);
}

}  // namespace
}  // namespace footprint::app
