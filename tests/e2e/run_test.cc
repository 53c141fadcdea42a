// SPDX-License-Identifier: Apache-2.0
// `footprint run` is as its command: status, input, output, signals.
#include <signal.h>

#include <catch2/catch.hpp>

#include "tests/e2e/daemon.h"

namespace footprint::e2e {

TEST_CASE("e2e.run.exit_status") {
  Daemon daemon;
  daemon.Record({"/bin/true"}, 0);
  daemon.Record({"/bin/sh", "-c", "exit 41"}, 41);
  daemon.Record({"/bin/sh", "-c", "kill -9 $$"}, 128 + SIGKILL);
  daemon.Record({Workload("killed")}, 128 + SIGALRM);
  CHECK(daemon.Client({"run", "--", "/bin/true"}).status == 0);
}

TEST_CASE("e2e.run.command_that_cannot_start") {
  Daemon daemon;
  Outcome outcome = Run(daemon.RecordCommand({"/nonexistent/program"}, daemon.dir() + "/x"));
  CHECK(outcome.status == 127);
  CHECK(outcome.err.find("/nonexistent/program") != std::string::npos);
  WriteFile(daemon.dir() + "/plain", "no program");
  outcome = Run(daemon.RecordCommand({daemon.dir() + "/plain"}, daemon.dir() + "/x"));
  CHECK(outcome.status == 126);
  CHECK(outcome.err.find("/plain") != std::string::npos);
}

TEST_CASE("e2e.run.passes_input_output_and_signals") {
  Daemon daemon;
  Launch launch;
  launch.argv =
      daemon.RecordCommand({"/bin/sh", "-c",
                            "trap 'echo caught; exit 7' TERM; read word; echo got $word >&2; "
                            "echo ready; while :; do read word; done"},
                           daemon.dir() + "/run.json");
  launch.keep_input = true;
  Process client(launch);
  client.Write("seven\n");
  REQUIRE(Eventually([&] { return client.out().find("ready") != std::string::npos; }));
  client.Signal(SIGTERM);
  Outcome outcome = client.Wait(20s);
  CHECK(outcome.status == 7);
  CHECK(outcome.out == "ready\ncaught\n");
  CHECK(outcome.err.find("got seven") != std::string::npos);
  Json footprint = Json::parse(ReadFile(daemon.dir() + "/run.json"));
  RequireSound(footprint);
  CHECK(Count(footprint, "rt_sigreturn") + Count(footprint, "exit_group") >= 1);
}

// Only the command's own tree, from its first instruction on.
TEST_CASE("e2e.run.follows_the_tree_alone") {
  Daemon daemon;
  Launch other;
  other.argv = {Workload("storm")};
#ifdef __SANITIZE_ADDRESS__
  // No faster than a slow daemon can follow: the losses of others are ours, too.
  other.argv.push_back("500");
#endif
  other.keep_input = true;
  Process noise(other);
  Json footprint = daemon.Record(
      {"/bin/sh", "-c",
       Workload("calls") + " getppid=23 & " + Workload("calls") + " getuid=29; wait"});
  RequireSound(footprint);
  CHECK(Count(footprint, "getppid") == 23 + 1);  // dash makes one at its start
  CHECK(Count(footprint, "execve") == 3);
  CHECK(Count(footprint, "exit_group") == 3);
  noise.Signal(SIGTERM);
  noise.Wait();
}

TEST_CASE("e2e.run.formats") {
  Daemon daemon;
  Outcome table =
      daemon.Client({"run", "--format", "table", "--", Workload("calls"), "getppid=23"});
  CHECK(table.status == 0);
  CHECK(table.out.find("getppid") != std::string::npos);
  Outcome csv = Run({Binary("footprint"), "run", "--target", daemon.target(), "--format", "csv",
                     "--", Workload("calls"), "getppid=23"});
  CHECK(csv.status == 0);
  CHECK(csv.out.find("getppid") != std::string::npos);
  CHECK(daemon.Client({"show", "--format", "yaml"}).status == 2);
  CHECK(daemon.Client({"no-such-command"}).status == 2);
}

}  // namespace footprint::e2e
