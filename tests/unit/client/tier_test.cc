// SPDX-License-Identifier: Apache-2.0
#include "client/render/tier.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "client/render/render.h"
#include "tests/unit/client/sample.h"

namespace footprint::client::render {
namespace {

using Catch::Matchers::Contains;
using Json = nlohmann::json;

Report Changed() {
  Report report = SampleReport();
  v1::Footprint& footprint = report.footprint;
  footprint.add_shed("latency");
  v1::TierChange& change = *footprint.add_tier_changes();
  change.mutable_time()->set_seconds(1767323046);
  change.set_boottime_ns(2'000'000'000);
  change.set_from_tier("full");
  change.set_to_tier("full");
  change.add_to_shed("latency");
  change.set_reason("governor: 4.1 % of one core, budget 1 %\x1b");
  v1::OwnCost& cost = *footprint.mutable_cost();
  cost.mutable_call()->set_plain_ns(92.4);
  cost.mutable_call()->set_descriptor_ns(151);
  cost.mutable_call()->add_measured("calls");
  cost.set_calls(35112);
  cost.set_kernel_ns(16'000'000);
  cost.set_kernel_percent_of_core(0.81);
  cost.set_own_percent_of_core(0.1);
  footprint.mutable_provenance()->add_ignored("syscall:getppid");
  footprint.mutable_provenance()->add_ignored("command:\x1b");
  return report;
}

TEST_CASE("the head tells what was measured since when", "[client]") {
  const std::string table = FootprintTable(Changed(), {});
  CHECK_THAT(table, Contains(", tier full without latency\n"));
  CHECK_THAT(table, Contains(" full -> full without latency (governor: 4.1 % of one core, budget "
                             "1 %\\x1b)\n"));
  CHECK_THAT(table, Contains("ignored   syscall:getppid, command:\\x1b\n"));
  CHECK_THAT(table, Contains("cost      0.81 % of one core (92 ns a call, 151 ns with a "
                             "descriptor; 35112 calls of the system), daemon 0.10 % of "
                             "one core\n"));
  // Times were measured until the change.
  CHECK_THAT(table, Contains("filesystem     30       2  4.56 us"));
}

TEST_CASE("of many changes the latest are shown, and how many there were", "[client]") {
  Report report = Changed();
  for (int i = 0; i < 9; ++i)
    *report.footprint.add_tier_changes() = report.footprint.tier_changes(0);
  report.footprint.set_tier_changes_older(100);
  const std::string lines =
      TierChanges(report.footprint.tier_changes(), report.footprint.tier_changes_older(), 10);
  CHECK_THAT(lines, Catch::StartsWith("          106 earlier changes\n"));
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 5);
  CHECK(TierChanges({}, 0, 10).empty());
}

TEST_CASE("what was measured at any time of the window is shown", "[client]") {
  v1::Footprint footprint = Changed().footprint;
  CHECK(LatencyMeasured(footprint));
  footprint.clear_tier_changes();
  CHECK_FALSE(LatencyMeasured(footprint));
  CHECK(ErrorsMeasured(footprint));
  footprint.set_tier("calls");
  CHECK_FALSE(ErrorsMeasured(footprint));
  footprint.set_tier_changes_older(1);
  CHECK(ErrorsMeasured(footprint));
}

TEST_CASE("changes and costs for programs", "[client]") {
  const Json json = Json::parse(FootprintJson(Changed(), true));
  CHECK(json.at("tier") == "full");
  CHECK(json.at("shed") == Json{"latency"});
  const Json& change = json.at("tier_changes").at(0);
  CHECK(change.at("boottime_ns") == 2'000'000'000u);
  CHECK(change.at("from").at("tier") == "full");
  CHECK(change.at("from").at("shed").empty());
  CHECK(change.at("to").at("shed") == Json{"latency"});
  CHECK(change.at("time") == "2026-01-02T03:04:06.000000000Z");
  CHECK(json.at("tier_changes_older") == 0);
  CHECK(json.at("cost").at("call").at("descriptor_ns") == 151.0);
  CHECK(json.at("cost").at("calls") == 35112);
  CHECK(json.at("provenance").at("ignored").at(0) == "syscall:getppid");
  // Unknown is null, not 0.
  CHECK(Json::parse(FootprintJson(SampleReport(), true)).at("cost").at("call").is_null());
}

TEST_CASE("the status tells what each level costs", "[client]") {
  v1::GetStatusResponse status;
  status.mutable_uptime()->set_seconds(2);
  status.set_tier("full");
  status.add_shed("latency");
  status.add_measured("calls");
  *status.mutable_cost() = Changed().footprint.cost();
  *status.add_call_costs() = Changed().footprint.cost().call();
  const std::string table = StatusTable(status, "unix:/s", false);
  CHECK_THAT(table, Contains("tier            full without latency,"));
  CHECK_THAT(table, Contains("cost            0.81 % of one core"));
  CHECK_THAT(table, Contains("                calls: 92 ns a call, 151 ns with a descriptor\n"));
  const Json json = Json::parse(StatusJson(status, "unix:/s"));
  CHECK(json.at("call_costs").at(0).at("measured") == Json{"calls"});
  CHECK(json.at("measured") == Json{"calls"});
  CHECK_THAT(StatusCsv(status, "unix:/s"), Contains("cost.plain_ns,92.4\r\n"));
  CHECK_THAT(StatusCsv(status, "unix:/s"), Contains("shed,latency\r\n"));
  status.mutable_cost()->clear_call();
  CHECK_THAT(StatusTable(status, "unix:/s", false), Contains("per call not known"));
}

TEST_CASE("the answer of footprint tier", "[client]") {
  v1::SetTierResponse tier;
  tier.set_tier("full");
  tier.add_shed("objects");
  tier.add_measured("calls");
  tier.add_measured("errors");
  CHECK(TierTable(tier) == "tier      full without objects\nmeasured  calls, errors\n");
  CHECK(Json::parse(TierJson(tier)) ==
        Json{{"tier", "full"}, {"shed", {"objects"}}, {"measured", {"calls", "errors"}}});
}

}  // namespace
}  // namespace footprint::client::render
