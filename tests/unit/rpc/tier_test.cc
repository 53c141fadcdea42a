// SPDX-License-Identifier: Apache-2.0
// Tiers over a real server, and what footprints say of them.
#include <catch2/catch.hpp>

#include "daemon/rpc/convert.h"
#include "daemon/rpc/convert_tier.h"
#include "tests/unit/rpc/running_server.h"

namespace footprint::rpc {
namespace {

model::TierChange Change(const std::string& from, model::TierState to, uint64_t when) {
  return {.realtime_ns = static_cast<int64_t>(when) + 1'000'000'000,
          .boottime_ns = when,
          .from = {.tier = from, .shed = {}},
          .to = std::move(to),
          .reason = "governor: too much\n"};
}

model::Footprint WithChanges() {
  auto history = std::make_shared<model::TierHistory>();
  history->now = {.tier = "full", .shed = {"latency", "objects"}};
  history->changes = {Change("full", {.tier = "calls", .shed = {}}, 10),
                      Change("calls", {.tier = "full", .shed = {}}, 20),
                      Change("full", history->now, 30)};
  history->total = 5;
  model::Footprint footprint;
  auto origin = std::make_shared<model::Origin>();
  origin->tier = "latency";
  origin->ignored = {"syscall:getppid", "command:\x1b"};
  footprint.origin = origin;
  footprint.tiers = history;
  footprint.end_boottime_ns = 1'000'000;
  footprint.cost = {.known = true,
                    .call = {.measured = {"calls", "errors"}, .plain_ns = 92, .descriptor_ns = 95},
                    .calls = 100,
                    .descriptor_calls = 40,
                    .kernel_ns = 10'000,
                    .own_cpu_ns = 5'000};
  return footprint;
}

TEST_CASE("unit.rpc.a_footprint_lists_the_changes_in_its_window") {
  model::Footprint footprint = WithChanges();
  v1::Footprint all;
  ToProto(footprint, true, all);
  CHECK(all.tier() == "full");
  CHECK(all.shed_size() == 2);
  REQUIRE(all.tier_changes_size() == 3);
  CHECK(all.tier_changes_older() == 2);
  CHECK(all.tier_changes(0).from_tier() == "full");
  CHECK(all.tier_changes(0).to_tier() == "calls");
  CHECK(all.tier_changes(0).boottime_ns() == 10);
  CHECK(all.tier_changes(0).time().seconds() == 1);
  CHECK(all.tier_changes(2).to_shed(0) == "latency");
  CHECK(all.tier_changes(2).reason() == "governor: too much\\x0a");

  footprint.tier_changes_base = 4;
  v1::Footprint last;
  ToProto(footprint, true, last);
  REQUIRE(last.tier_changes_size() == 1);
  CHECK(last.tier_changes(0).boottime_ns() == 30);
  CHECK(last.tier_changes_older() == 0);
  footprint.tier_changes_base = 5;
  v1::Footprint none;
  ToProto(footprint, true, none);
  CHECK(none.tier_changes_size() == 0);
  CHECK(none.tier() == "full");
}

// What was measured all the time has no note, whatever else changed.
TEST_CASE("unit.rpc.notes_name_what_was_off") {
  const auto notes = [](const model::TierState& from, const model::TierState& to) {
    auto history = std::make_shared<model::TierHistory>();
    history->now = to;
    history->changes = {{.from = from, .to = to}};
    history->total = 1;
    model::Footprint footprint = WithChanges();
    footprint.tiers = history;
    v1::Footprint out;
    ToProto(footprint, true, out);
    std::string names;
    for (const std::string& note : out.notes()) names += note.substr(0, note.find(':')) + " ";
    return names;
  };
  const model::TierState full{.tier = "full", .shed = {}};
  CHECK(notes(full, {.tier = "full", .shed = {"latency"}}) == "times ");
  CHECK(notes({.tier = "full", .shed = {"latency", "objects"}}, full) == "objects times ");
  CHECK(notes(full, {.tier = "latency", .shed = {}}) == "objects ");
  CHECK(notes({.tier = "errors", .shed = {}}, {.tier = "latency", .shed = {}}) == "times ");
  CHECK(notes({.tier = "calls", .shed = {}}, full) == "objects times errors ");
  CHECK(notes(full, full).empty());
  v1::Footprint out;
  ToProto(WithChanges(), true, out);
  REQUIRE(out.notes_size() == 4);
  CHECK(out.notes(3).starts_with("tiers: 2 earlier changes"));
}

TEST_CASE("unit.rpc.a_footprint_carries_its_cost_and_what_is_ignored") {
  model::Footprint footprint = WithChanges();
  v1::Footprint out;
  ToProto(footprint, true, out);
  CHECK(out.cost().call().plain_ns() == 92);
  CHECK(out.cost().call().measured(1) == "errors");
  CHECK(out.cost().calls() == 100);
  CHECK(out.cost().descriptor_calls() == 40);
  CHECK(out.cost().kernel_ns() == 10'000);
  CHECK(out.cost().kernel_percent_of_core() == Approx(1.0));
  CHECK(out.cost().own_percent_of_core() == Approx(0.5));
  REQUIRE(out.provenance().ignored_size() == 2);
  CHECK(out.provenance().ignored(0) == "syscall:getppid");
  CHECK(out.provenance().ignored(1) == "command:\\x1b");
  footprint.cost.known = false;
  v1::Footprint unknown;
  ToProto(footprint, true, unknown);
  CHECK_FALSE(unknown.cost().has_call());
}

TEST_CASE("unit.rpc.objects_are_told_if_they_were_measured_at_any_time") {
  model::Footprint footprint = WithChanges();
  CHECK(ObjectsMeasured(footprint));  // older changes may have been anything
  footprint.tier_changes_base = 4;
  CHECK(ObjectsMeasured(footprint));  // before the last change
  footprint.tier_changes_base = 5;
  CHECK_FALSE(ObjectsMeasured(footprint));
  footprint.tiers = nullptr;
  CHECK_FALSE(ObjectsMeasured(footprint));  // tier latency from the beginning
}

TEST_CASE("unit.rpc.the_status_tells_the_tier_and_its_cost") {
  model::Snapshot snapshot = Nobody();
  const model::Footprint footprint = WithChanges();
  snapshot.origin = footprint.origin;
  snapshot.tiers = footprint.tiers;
  snapshot.cost = footprint.cost;
  snapshot.call_costs = {footprint.cost.call};
  v1::GetStatusResponse out;
  ToProto(snapshot, out);
  CHECK(out.tier() == "full");
  CHECK(out.shed_size() == 2);
  CHECK(out.tier_changes_size() == 3);
  CHECK(out.tier_changes_older() == 2);
  CHECK(out.cost().calls() == 100);
  REQUIRE(out.call_costs_size() == 1);
  CHECK(out.call_costs(0).descriptor_ns() == 95);
}

TEST_CASE("unit.rpc.tiers_are_set_and_refused") {
  RunningServer running;
  const auto stub = v1::ControlService::NewStub(running.Channel());
  const auto set = [&](const std::string& tier, v1::SetTierResponse* response) {
    Deadline context;
    v1::SetTierRequest request;
    request.set_tier(tier);
    return stub->SetTier(&context, request, response);
  };
  v1::SetTierResponse response;
  REQUIRE(set("latency", &response).ok());
  CHECK(response.tier() == "latency");
  CHECK(response.shed(0) == "latency");
  CHECK(response.measured_size() == 2);
  CHECK(set("fast", &response).error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(set(std::string(100'000, 'x'), &response).error_code() ==
        grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(set("full", &response).error_code() == grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_CASE("unit.rpc.calibration_is_answered") {
  RunningServer running;
  const auto stub = v1::ControlService::NewStub(running.Channel());
  Deadline context;
  v1::CalibrateResponse response;
  REQUIRE(stub->Calibrate(&context, {}, &response).ok());
  CHECK(response.cost().plain_ns() == 92.5);
  CHECK(response.cost().measured(0) == "calls");
}

}  // namespace
}  // namespace footprint::rpc
