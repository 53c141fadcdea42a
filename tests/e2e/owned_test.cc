// SPDX-License-Identifier: Apache-2.0
// What the daemon owns, and what is its clients': the socket's file, recordings, its configuration.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <memory>
#include <vector>

#include "tests/e2e/daemon.h"

namespace footprint::e2e {
namespace {

std::unique_ptr<Process> Recording(const Daemon& daemon) {
  Launch launch;
  launch.argv = daemon.RecordCommand({Workload("calls"), "wait"}, daemon.dir() + "/unused.json");
  launch.environment = {"FOOTPRINT_TARGET=" + daemon.target()};
  launch.keep_input = true;
  return std::make_unique<Process>(launch);
}

// It needs a thread of its own, at the end of what this process starts. Other tests have theirs.
void NoSearchForLeaks() { setenv("ASAN_OPTIONS", "detect_leaks=0", 1); }

uint64_t Recordings(const Daemon& daemon) { return daemon.Query({"status"}).at("recordings"); }

}  // namespace

TEST_CASE("e2e.owned.recordings_end_with_their_client") {
  Daemon daemon({"max_recordings = 4\n"});
  for (int round = 0; round < 2; round++) {
    std::vector<std::unique_ptr<Process>> clients;
    for (int i = 0; i < 4; i++) clients.push_back(Recording(daemon));
    REQUIRE(Eventually([&] { return Recordings(daemon) == 4; }, 20s));
    for (const auto& client : clients) client->Signal(SIGKILL);
    clients.clear();
    CHECK(Eventually([&] { return Recordings(daemon) == 0; }, 20s));
  }
  const Json footprint = daemon.Record({Workload("calls"), "getppid=23"});
  RequireSound(footprint);
  CHECK(Count(footprint, "getppid") == 23);
  daemon.Stop();
}

TEST_CASE("e2e.owned.daemon_killed_in_a_run") {
  TempDir dir;
  const std::string target = "unix:" + (dir / "query.sock");
  const std::vector<std::string> environment = {"FOOTPRINT_TARGET=" + target};
  Process daemon({.argv = {Binary("footprintd"), "--listen", target}});
  REQUIRE(Eventually([&] { return access((dir / "query.sock").c_str(), F_OK) == 0; }, 30s));
  Launch launch;
  launch.argv = {Binary("footprint"), "run", "--output", dir / "run.json", "--",
                 Workload("calls"),   "wait"};
  launch.environment = environment;
  launch.keep_input = true;
  Process client(launch);
  launch.argv = {Binary("footprint"), "status", "--format", "json"};
  launch.keep_input = false;
  REQUIRE(Eventually(
      [&] {
        const Outcome status = Process(launch).Wait();
        return status.status == 0 && Json::parse(status.out).at("recordings") == 1;
      },
      20s));
  daemon.Signal(SIGKILL);
  CHECK(daemon.Wait().status == 128 + SIGKILL);
  client.Write("\n");
  const Outcome outcome = client.Wait();
  INFO(outcome.err);
  const bool gone = outcome.err.find("went away") != std::string::npos ||
                    outcome.err.find("no daemon at") != std::string::npos;
  CHECK(gone);
  CHECK(outcome.err.find("CANCELLED") == std::string::npos);
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  // A client that finds the daemon gone says so and answers 69.
  const Outcome status = Process(launch).Wait();
  CHECK(status.status == 69);
  CHECK(std::count(status.err.begin(), status.err.end(), '\n') == 1);
}

TEST_CASE("e2e.owned.socket_is_made_again") {
  Daemon daemon;
  struct stat before {
  }, after{};
  REQUIRE(stat(daemon.socket().c_str(), &before) == 0);
  REQUIRE(unlink(daemon.socket().c_str()) == 0);
  CHECK(Eventually([&] { return stat(daemon.socket().c_str(), &after) == 0; }));
  CHECK((after.st_mode & 07777) == 0660);
  CHECK(Eventually([&] { return daemon.Client({"status"}).status == 0; }));
  daemon.Stop();
  CHECK(access(daemon.socket().c_str(), F_OK) != 0);
}

// gRPC aborts when it gets no thread: a start with too few says so, whatever the number is.
TEST_CASE("e2e.owned.too_few_threads") {
  TempDir dir;
  std::string group = "/sys/fs/cgroup/pids/footprint_test_" + std::to_string(getpid());
  if (mkdir(group.c_str(), 0755) != 0) {
    WARN("no cgroup v1 of pids: nothing was checked");
    return;
  }
  const std::string within = "echo $$ > " + group + "/cgroup.procs && exec \"$0\" \"$@\"";
  NoSearchForLeaks();
  for (const int most : {1, 3, 5, 8, 12, 17}) {
    WriteFile(group + "/pids.max", std::to_string(most));
    const Outcome outcome = Run({"/bin/sh", "-c", within, Binary("footprintd"), "--listen",
                                 "unix:" + (dir / "query.sock")});
    INFO(most << ": " << outcome.err);
    CHECK(outcome.status == 69);
    CHECK(outcome.err.find("TasksMax") != std::string::npos);
  }
  // The client needs threads, too, and ends without them.
  Daemon daemon;
  for (const int most : {1, 2, 3, 5, 8, 12}) {
    WriteFile(group + "/pids.max", std::to_string(most));
    const Outcome outcome = Run(
        {"/bin/sh", "-c", within, Binary("footprint"), "--target", daemon.target(), "status"}, 20s);
    INFO(most << ": " << outcome.err);
    CHECK((outcome.status == 0 || outcome.status == 69));
  }
  CHECK(Eventually([&] { return rmdir(group.c_str()) == 0; }));
}

// No thread more than it began with, while clients come: it answers, and ends when it is asked to.
TEST_CASE("e2e.owned.no_further_thread") {
  const std::string group = "/sys/fs/cgroup/pids/footprint_test_" + std::to_string(getpid());
  if (mkdir(group.c_str(), 0755) != 0) {
    WARN("no cgroup v1 of pids: nothing was checked");
    return;
  }
  NoSearchForLeaks();
  {
    Daemon daemon;
    WriteFile(group + "/cgroup.procs", std::to_string(daemon.pid()));
    WriteFile(group + "/pids.max", "1");
    std::vector<std::unique_ptr<Process>> watchers;
    for (int i = 0; i < 12; ++i) {
      Launch launch;
      launch.argv = {Binary("footprint"), "--target", daemon.target(), "watch", "--count", "2"};
      watchers.push_back(std::make_unique<Process>(launch));
    }
    CHECK(daemon.Client({"status"}).status == 0);
    daemon.Stop();
  }
  CHECK(Eventually([&] { return rmdir(group.c_str()) == 0; }));
}

TEST_CASE("e2e.owned.what_a_start_refuses_the_check_refuses") {
  TempDir dir;
  const auto check = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), Binary("footprintd"));
    const Outcome start = Run(arguments);
    arguments.emplace_back("--check-config");
    const Outcome checked = Run(arguments);
    INFO(start.err << checked.err);
    CHECK(start.status == 78);
    CHECK(checked.status == 78);
    CHECK(start.err == checked.err);
    CHECK(std::count(checked.err.begin(), checked.err.end(), '\n') == 1);
  };
  const auto file = [&](const std::string& text) {
    WriteFile(dir / "f.toml", text);
    return dir / "f.toml";
  };
  check({"--config", dir.path()});
  check({"--config", ""});
  check({"--config", dir / "absent"});
  check({"--listen", ""});
  check({"--listen", "tcp:1"});
  check({"--listen", "unix:rel.sock"});
  check({"--listen", "unix:" + std::string(200, 'x')});
  check({"--listen", "unix:" + dir.path()});
  check({"--config", file("disable_hooks = [\"no_such\"]\n")});
  check({"--config", file("disable_hooks = [\"sys_enter\"]\n")});
  check({"--config", file("listen = \"/run/x\"\n")});
  check({"--config", file("listen = \"unix:" + (dir / "f.toml") + "/s\"\n")});
  check({"--config", file("cpu_budget = 1\ncalibrate = false\n")});
  check({"--config", file("slots = 65\n")});
  check({"--config", file("slots = 64\nslot_memory_mib = 8\n")});
  CHECK(Run({Binary("footprintd"), "--config", file("slots = 64\n"), "--check-config"}).status ==
        0);
  CHECK(Run({Binary("footprintd"), "--check-config"}).status == 0);
}

}  // namespace footprint::e2e
