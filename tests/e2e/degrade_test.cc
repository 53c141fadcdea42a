// SPDX-License-Identifier: Apache-2.0
// What is missing is named, in one line and in the exit status; the rest goes on.
#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/e2e/daemon.h"

namespace footprint::e2e {
namespace {

long Lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }
bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A daemon that is expected not to start.
Outcome Refusal(const std::string& config, const std::string& file = "config.toml") {
  TempDir dir;
  WriteFile(dir / "config.toml", config);
  return Run(
      {Binary("footprintd"), "--listen", "unix:" + (dir / "query.sock"), "--config", dir / file},
      20s);
}

Json HookOf(const Json& status, const std::string& part) {
  for (const Json& hook : status.at("hooks"))
    if (Has(hook.at("name"), part)) return hook;
  return Json::object();
}

}  // namespace

TEST_CASE("e2e.degrade.not_root") {
  TempDir dir;
  // A copy, since the build may lie where nobody can go.
  for (const char* name : {"footprintd", "footprint"})
    std::filesystem::copy_file(Binary(name), dir / name);
  WriteFile(dir / "config.toml", "");
  std::filesystem::permissions(dir.path(), std::filesystem::perms::all);
  Launch launch;
  launch.argv = {dir / "footprintd", "--listen", "unix:" + (dir / "query.sock"), "--config",
                 dir / "config.toml"};
  launch.uid = kNobody;
  Outcome outcome = Process(launch).Wait(20s);
  INFO(outcome.err);
  CHECK(outcome.status == 77);
  CHECK(Lines(outcome.err) == 1);
  CHECK(Has(outcome.err, "CAP_BPF"));
  CHECK(Has(outcome.err, "CAP_PERFMON"));
}

TEST_CASE("e2e.degrade.socket_not_permitted") {
  Daemon daemon;
  TempDir dir;
  std::filesystem::copy_file(Binary("footprint"), dir / "footprint");
  Launch launch;
  launch.argv = {dir / "footprint", "status"};
  launch.environment = {"FOOTPRINT_TARGET=" + daemon.target()};
  launch.uid = kNobody;
  Outcome outcome = Process(launch).Wait(20s);
  INFO(outcome.err);
  CHECK(outcome.status == 77);
  CHECK(Lines(outcome.err) == 1);
  CHECK(Has(outcome.err, daemon.socket()));
  // 0660: the owner and the group alone.
  auto mode = std::filesystem::status(daemon.socket()).permissions();
  CHECK((mode & std::filesystem::perms::all) == std::filesystem::perms{0660});
}

TEST_CASE("e2e.degrade.daemon_absent") {
  TempDir dir;
  const std::string target = "unix:" + (dir / "absent.sock");
  for (std::vector<std::string> command : std::vector<std::vector<std::string>>{
           {"status"}, {"show"}, {"show", "--pid", "1"}, {"run", "--", "/bin/true"}}) {
    Launch launch;
    launch.argv = command;
    launch.argv.insert(launch.argv.begin(), Binary("footprint"));
    launch.environment = {"FOOTPRINT_TARGET=" + target};
    Outcome outcome = Process(launch).Wait(20s);
    INFO(command[0] << ": " << outcome.err);
    CHECK(outcome.status == 69);
    CHECK(Lines(outcome.err) == 1);
    CHECK(Has(outcome.err, target));
  }
}

TEST_CASE("e2e.degrade.doctor_needs_no_daemon") {
  Outcome outcome = Run({Binary("footprint"), "doctor", "--format", "json"});
  CHECK(outcome.status == 0);
  CHECK(Json::parse(outcome.out).is_structured());
}

// What may not be tried is not known: the kernel is not to blame.
TEST_CASE("e2e.degrade.doctor_without_rights") {
  Launch launch;
  launch.argv = {Binary("footprint"), "doctor", "--format", "json"};
  launch.uid = kNobody;
  const Outcome outcome = Process(launch).Wait();
  CHECK(outcome.status == 77);
  const Json doctor = Json::parse(outcome.out);
  CHECK(doctor.at("ok") == false);
  int unknown = 0;
  for (const Json& finding : doctor.at("findings")) {
    INFO(finding);
    const std::string name = finding.at("name"), state = finding.at("state");
    CHECK((state == "present") == finding.at("present").get<bool>());
    if (!name.starts_with("raw_tp") && name != "ring buffer") continue;
    if (state == "present" || state == "not needed") continue;
    CHECK(state == "unknown");
    CHECK(Has(finding.at("detail"), "without CAP_BPF, CAP_PERFMON"));
    CHECK(finding.at("remedy") == "run as root, to know");
    ++unknown;
  }
  CHECK(unknown > 0);
  launch.argv = {Binary("footprint"), "doctor", "--format", "csv"};
  const std::string csv = Process(launch).Wait().out;
  CHECK(Has(csv, "name,required,present,detail,cost,remedy,state\r\n"));
  CHECK(Has(csv, ",unknown\r\n"));
}

TEST_CASE("e2e.degrade.second_daemon_refuses") {
  Daemon daemon;
  Outcome outcome = Run({Binary("footprintd"), "--listen", daemon.target(), "--config",
                         daemon.dir() + "/config.toml"},
                        20s);
  INFO(outcome.err);
  CHECK(outcome.status > 0);
  CHECK(outcome.status < 128);
  CHECK(Has(outcome.err, daemon.socket()));
  Json footprint = daemon.Record({Workload("calls"), "getppid=23"});
  RequireSound(footprint);
  CHECK(Count(footprint, "getppid") == 23);
}

TEST_CASE("e2e.degrade.socket_of_a_dead_daemon_is_replaced") {
  Daemon daemon;
  TempDir dir;
  WriteFile(dir / "config.toml", "");
  const std::string target = "unix:" + (dir / "query.sock");
  {
    Launch launch;
    launch.argv = {Binary("footprintd"), "--listen", target, "--config", dir / "config.toml"};
    Process dead(launch);
    REQUIRE(Eventually([&] { return std::filesystem::exists(dir / "query.sock"); }, 20s));
    dead.Signal(SIGKILL);
    dead.Wait();
  }
  REQUIRE(std::filesystem::exists(dir / "query.sock"));
  Launch launch;
  launch.argv = {Binary("footprintd"), "--listen", target, "--config", dir / "config.toml"};
  Process next(launch);
  CHECK(Eventually(
      [&] {
        return Run({Binary("footprint"), "--target", target, "status"}).status == 0;
      },
      20s));
  next.Signal(SIGTERM);
  CHECK(next.Wait().status == 0);
}

TEST_CASE("e2e.degrade.missing_hooks") {
  for (std::string hook :
       {"sched_process_fork", "sched_process_exec", "sched_process_exit", "sys_exit"}) {
    DYNAMIC_SECTION(hook) {
      Daemon daemon({"disable_hooks = [\"" + hook + "\"]\n"});
      Json status = daemon.Query({"status"});
      Json row = HookOf(status, hook);
      INFO(status.dump());
      REQUIRE(row.value("attached", true) == false);
      CHECK_FALSE(row.value("reason", "").empty());
      // Without the exit nobody sees errors or times.
      if (hook == "sys_exit") {
        CHECK(status.at("tier") == "calls");
        CHECK_FALSE(status.at("degraded_because").get<std::string>().empty());
      }

      Launch launch;
      launch.argv = {Workload("calls"), "getppid=23", "wait"};
      launch.keep_input = true;
      Process process(launch);
      Json footprint;
      CHECK(Eventually([&] {
        Outcome outcome =
            daemon.Client({"show", "--pid", std::to_string(process.pid()), "--format", "json"});
        if (outcome.status != 0) return false;
        footprint = Json::parse(outcome.out);
        return Count(footprint, "getppid") == 23;
      }));
      daemon.Stop();
    }
  }
}

// Many short programs over few slots: slots whose end nobody reports are found and freed.
TEST_CASE("e2e.degrade.missing_hooks_keep_the_totals") {
  constexpr uint64_t kRuns = 500;
  for (std::string hook :
       {"sched_process_fork", "sched_process_exec", "sched_process_exit", "sys_exit"}) {
    DYNAMIC_SECTION(hook) {
      Daemon daemon({"slots = 256\nspill_entries = 8192\ndisable_hooks = [\"" + hook + "\"]\n"});
      Outcome loop = Run({"/bin/sh", "-c",
                          "i=0; while [ $i -lt " + std::to_string(kRuns) + " ]; do " +
                              Workload("calls") + " number=999; i=$((i+1)); done"});
      REQUIRE(loop.status == 0);
      Json system = daemon.Query({"show"});
      INFO(system.at("losses").dump());
      uint64_t counted = Count(system, "unknown:999"), overflow = system.at("overflow_calls");
      CHECK(counted <= kRuns);
      CHECK(counted + overflow >= kRuns);
      if (system.at("complete") == true) CHECK(counted == kRuns);
      CHECK(system.at("losses").at("calls_unattributed") == overflow);
    }
  }
}

TEST_CASE("e2e.degrade.refuses_without_sys_enter") {
  Outcome outcome = Refusal("disable_hooks = [\"sys_enter\"]\n");
  INFO(outcome.err);
  CHECK(outcome.status == 78);
  CHECK(Lines(outcome.err) == 1);
  CHECK(Has(outcome.err, "sys_enter"));
}

TEST_CASE("e2e.degrade.configuration") {
  Outcome outcome = Refusal("interval_msec = 100\n");
  INFO(outcome.err);
  CHECK(outcome.status == 78);
  CHECK(Has(outcome.err, "interval_msec"));
  CHECK(Refusal("slots = [[[\n").status == 78);
  CHECK(Refusal("", "absent.toml").status == 78);
  for (std::string text : {"tier = \"everything\"", "slots = -1", "slots = \"many\"",
                           "interval_ms = 0", "object = \"other\"", "disable_hooks = 7"}) {
    outcome = Refusal(text + "\n");
    INFO(text << ": " << outcome.err);
    CHECK(outcome.status == 78);
    CHECK(Has(outcome.err, text.substr(0, text.find(' '))));
    CHECK(Lines(outcome.err) == 1);
  }
  outcome = Refusal("disable_hooks = [\"no_such\"]\n");
  CHECK(outcome.status == 78);
  CHECK(Has(outcome.err, "no_such"));
  outcome = Run({Binary("footprintd"), "--no-such-flag"});
  CHECK(outcome.status == 2);
  CHECK(outcome.err == "footprintd: not known: --no-such-flag; see footprintd --help\n");
  CHECK(Run({Binary("footprintd"), "--config"}).err.starts_with("footprintd: --config: "));
}

}  // namespace footprint::e2e
