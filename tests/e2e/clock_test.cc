// SPDX-License-Identifier: Apache-2.0
// The wall clock is set while the daemon runs. For a machine of its own: tests/vm runs it by name.
#include <time.h>

#include <catch2/catch.hpp>

#include "tests/e2e/daemon.h"

namespace footprint::e2e {
namespace {

timespec Now(clockid_t clock) {
  timespec now = {};
  REQUIRE(clock_gettime(clock, &now) == 0);
  return now;
}

// Goes on at its end as if it had never been set.
class WallClock {
 public:
  ~WallClock() {
    const timespec monotonic = Now(CLOCK_MONOTONIC);
    const timespec right = {wall_.tv_sec + monotonic.tv_sec - monotonic_.tv_sec, 0};
    clock_settime(CLOCK_REALTIME, &right);
  }
  void Step(time_t seconds) {
    timespec now = Now(CLOCK_REALTIME);
    now.tv_sec += seconds;
    REQUIRE(clock_settime(CLOCK_REALTIME, &now) == 0);
  }

 private:
  const timespec wall_ = Now(CLOCK_REALTIME), monotonic_ = Now(CLOCK_MONOTONIC);
};

}  // namespace

TEST_CASE("e2e.clock.steps_of_the_wall_clock", "[.][clock]") {
  Daemon daemon;
  WallClock clock;
  const std::string output = daemon.dir() + "/steps.json";
  Launch launch;
  launch.argv =
      daemon.RecordCommand({Workload("calls"), "getppid=23", "wait", "getppid=29"}, output);
  launch.keep_input = true;
  Process run(launch);
  Launch watch;
  watch.argv = {Binary("footprint"), "watch", "--interval", "0.5",
                "--count",           "20",    "--format",   "json"};
  watch.environment = {"FOOTPRINT_TARGET=" + daemon.target()};
  Process watcher(watch);
  for (const time_t step : {-15, 3600, -7200, 86'400}) {
    clock.Step(step);
    INFO(step << " s");
    for (int i = 0; i < 3; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      const Outcome outcome = daemon.Client({"status"}, 20s);
      INFO(outcome.err);
      CHECK(outcome.status == 0);
      CHECK(std::chrono::steady_clock::now() - begin < 5s * Slowness());
    }
  }
  run.Write("x");
  const Outcome ended = run.Wait(60s);
  INFO(ended.err);
  CHECK(ended.status == 0);
  const Json footprint = Json::parse(ReadFile(output));
  RequireSound(footprint);
  CHECK(Count(footprint, "getppid") == 23 + 29);
  CHECK(watcher.Wait(60s).status == 0);
}

}  // namespace footprint::e2e
