// SPDX-License-Identifier: Apache-2.0
// Calls of all processes + overflow = calls that an independent counter in the kernel saw.
//
// One cgroup: every process of the load is born in it (clone3, CLONE_INTO_CGROUP) after
// both counters are attached and is gone before either is read. So both see the same
// window, and must agree exactly.
// The whole system: no two programs can be attached at one instant. A counter attached
// before the daemon and read after the answer sees more, one attached after READY and read
// before the question sees less; the answer must lie between.
#include <catch2/catch.hpp>

#include "tests/bpf/counter.h"
#include "tests/e2e/daemon.h"

namespace footprint::bpf_test {
namespace {

using e2e::Daemon;
using e2e::Json;

constexpr const char* kRounds = "1000";

e2e::Launch Load(const Cgroup& cgroup) {
  e2e::Launch launch;
  launch.argv = {e2e::Workload("busy"), kRounds};
  launch.cgroup = cgroup.fd();
  return launch;
}

uint64_t Everything(const Json& system) {
  return system.at("calls").get<uint64_t>() + system.at("observer_calls").get<uint64_t>() +
         system.at("overflow_calls").get<uint64_t>();
}

struct Bounds {
  uint64_t less = 0, answer = 0, more = 0;
  Json system;
};

// Runs the load beside a load outside the cgroup, and asks for the whole system.
Bounds Between(const std::string& config) {
  Cgroup cgroup("footprint-sum");
  Bounds bounds;
  Counter outer;
  {
    Daemon daemon({config});
    Counter inner;
    e2e::Launch other;
    other.argv = {e2e::Workload("busy"), kRounds};
    e2e::Process inside(Load(cgroup)), outside(other);
    REQUIRE(inside.Wait().status == 0);
    REQUIRE(outside.Wait().status == 0);
    bounds.less = inner.All();
    bounds.system = daemon.Query({"show"});
    bounds.more = outer.All();
    REQUIRE(inner.Missed() == 0);
    REQUIRE(outer.Missed() == 0);
  }
  bounds.answer = Everything(bounds.system);
  INFO(bounds.system.at("losses").dump());
  CHECK(bounds.less <= bounds.answer);
  CHECK(bounds.answer <= bounds.more);
  // The bounds mean something only if they are near each other.
  CHECK(bounds.more - bounds.less < bounds.less / 10);
  return bounds;
}

}  // namespace

TEST_CASE("bpf.sum_rule.cgroup_exactly") {
  for (std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      Cgroup cgroup("footprint-sum");
      Daemon daemon({"object = \"" + object + "\"\nslots = 16384\n"});
      Counter counter(cgroup.id());
      e2e::Launch other;
      other.argv = {e2e::Workload("busy"), kRounds};
      e2e::Process load(Load(cgroup)), noise(other);
      REQUIRE(load.Wait().status == 0);
      REQUIRE(noise.Wait().status == 0);
      Json footprint = daemon.Query({"show", "--unit", cgroup.path()});
      e2e::RequireSound(footprint);
      CHECK(counter.InCgroup() > 1'000'000);
      CHECK(footprint.at("calls") == counter.InCgroup());
      CHECK(e2e::Sum(footprint, "processes", "calls") == counter.InCgroup());
      CHECK(counter.Missed() == 0);
      daemon.Stop();
    }
  }
}

// Too few slots and hardly any spill: what the cgroup lacks is overflow, no more and no less
// than the system's sum allows.
TEST_CASE("bpf.sum_rule.cgroup_with_overflow") {
  Cgroup cgroup("footprint-sum");
  Daemon daemon({"slots = 64\nspill_entries = 256\n"});
  Counter counter(cgroup.id());
  e2e::Process load(Load(cgroup));
  REQUIRE(load.Wait().status == 0);
  Json footprint = daemon.Query({"show", "--unit", cgroup.path()});
  Json system = daemon.Query({"show"});
  uint64_t overflow = system.at("overflow_calls");
  CHECK(footprint.at("calls") <= counter.InCgroup());
  CHECK(footprint.at("calls").get<uint64_t>() + overflow >= counter.InCgroup());
  CHECK(system.at("losses").at("calls_unattributed") == overflow);
  CHECK(system.at("complete") == (overflow == 0));
}

TEST_CASE("bpf.sum_rule.system") {
  for (std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      // Room for both loads, however late a loaded machine lets the daemon have its turn.
      Bounds bounds = Between("object = \"" + object + "\"\nslots = 16384\n");
      e2e::RequireSound(bounds.system);
      CHECK(e2e::Sum(bounds.system, "processes", "calls") ==
            bounds.system.at("calls").get<uint64_t>());
    }
  }
}

TEST_CASE("bpf.sum_rule.system_with_overflow") {
  Bounds bounds = Between("slots = 64\nspill_entries = 256\n");
  CHECK(bounds.system.at("overflow_calls") > 0);
  CHECK(bounds.system.at("complete") == false);
}

}  // namespace footprint::bpf_test
