// SPDX-License-Identifier: Apache-2.0
// The right name for every call, and the static view, of the product as it ships.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>

#include "tests/e2e/daemon.h"

namespace footprint::e2e {
namespace {

bool Contained(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Outcome ClientAlone(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), Binary("footprint"));
  return Run(arguments);
}

Json JsonOf(const Outcome& outcome) {
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  return Json::parse(outcome.out);
}

}  // namespace

TEST_CASE("e2e.names.look_up_without_a_daemon") {
  const Json arm = JsonOf(ClientAlone({"syscalls", "--abi", "arm", "3", "4", "54", "168", "240",
                                       "281", "983045", "--format", "json"}));
  std::vector<std::string> names;
  for (const Json& row : arm.at("syscalls")) names.push_back(row.at("name"));
  CHECK(names ==
        std::vector<std::string>{"read", "write", "ioctl", "poll", "futex", "socket", "set_tls"});
  CHECK(Contained(arm.at("tables").at("arm"), "sha256:"));
  const Json unknown =
      JsonOf(ClientAlone({"syscalls", "--abi", "riscv64", "0xffff", "--format", "json"}));
  CHECK(unknown.at("syscalls").at(0).at("name") == "unknown:65535");
  for (std::vector<std::string> wrong :
       std::vector<std::vector<std::string>>{{"syscalls", "opne"},
                                             {"syscalls", "--abi", "arm46"},
                                             {"syscalls", "--missing-from", "amr"},
                                             {"features", "--arch", "x68"}}) {
    const Outcome outcome = ClientAlone(wrong);
    INFO(outcome.err);
    CHECK(outcome.status == 2);
    CHECK(Contained(outcome.err, "nearest: "));
    CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  }
  CHECK(ClientAlone({"syscalls", "--rules", "read"}).status == 2);
  CHECK(ClientAlone({"system", "--local", "--coverage"}).status == 2);
  CHECK(JsonOf(ClientAlone({"features", "--format", "json"})).at("features").size() > 30);
}

TEST_CASE("e2e.names.a_run_prints_the_table_made_by_hand") {
  Daemon daemon;
  const Outcome run = daemon.Client({"run", "--", Workload("calls"), "getppid=23", "close=7"});
  INFO(run.err);
  REQUIRE(run.status == 0);
  CHECK(Contained(run.err, "system call"));
  CHECK(Contained(run.err, "subsystem"));
  CHECK(Contained(run.err, "definition"));
  std::istringstream lines(run.err);
  bool getppid = false, process = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("getppid ")) {
      getppid =
          Contained(line, " 23 ") && Contained(line, "process") && line.ends_with("kernel/sys.c");
    }
    process = process || line.starts_with("process ");
  }
  CHECK(getppid);
  CHECK(process);  // the totals of a subsystem
  const Json footprint = daemon.Record({Workload("calls"), "getppid=23"});
  CHECK(Row(footprint, "getppid").at("definition").get<std::string>().starts_with("kernel/sys.c:"));
}

#ifdef __x86_64__
// 64 is getppid of i386 and semget of x86_64; 39 is mkdir of i386 and getpid of x86_64.
TEST_CASE("e2e.names.i386_and_x86_64_side_by_side_never_mix") {
  for (std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      Daemon daemon({"object = \"" + object + "\"\n"});
      const std::string script = "for i in 1 2 3 4 5 6 7; do " + Workload("i386") + " & " +
                                 Workload("calls") + " getppid=23 & " + Workload("int80") +
                                 " 11 13 & done; wait";
      const Json footprint = daemon.Record({"/bin/sh", "-c", script});
      RequireSound(footprint);
      CHECK(Count(footprint, "getppid", "i386") == 7 * (41 + 11));
      CHECK(Errno(footprint, "close", "EBADF", "i386") == 7 * 5);
      CHECK(Count(footprint, "exit", "i386") == 7);
      CHECK(Count(footprint, "semget") == 0);
      // The shell itself makes one or none.
      const uint64_t own = Count(footprint, "getppid");
      CHECK(own >= 7 * (23 + 13));
      CHECK(own <= 7 * (23 + 13) + 8);
      for (const Json& row : footprint.at("syscalls")) {
        if (row.at("abi") != "i386") continue;
        const std::string name = row.at("name");
        CHECK((name == "getppid" || name == "close" || name == "exit"));
      }
    }
  }
}
#endif

TEST_CASE("e2e.names.system_of_the_live_kernel") {
  Daemon daemon;
  const Json asked = daemon.Query({"system"});
  const Json local = JsonOf(ClientAlone({"system", "--local", "--format", "json"}));
  for (const char* name : {"kernel_release", "kernel_version", "build_id", "machine",
                           "command_line", "clock_source", "lockdown", "taint", "page_size"}) {
    CAPTURE(name);
    const Json& fact = asked.at("facts").at(name);
    CHECK_FALSE(fact.at("source").get<std::string>().empty());
    CHECK(fact.at("value").get<std::string>().empty() !=
          fact.at("problem").get<std::string>().empty());
    CHECK(fact.at("value") == local.at("facts").at(name).at("value"));
  }
  for (const char* list :
       {"config", "builtin_modules", "modules", "filesystems", "protocols", "tracepoints"}) {
    CAPTURE(list);
    CHECK_FALSE(asked.at(list).at("source").get<std::string>().empty());
    CHECK(asked.at(list).at("problem") == local.at(list).at("problem"));
  }
  CHECK(asked.at("config").at("sha256") == local.at("config").at("sha256"));
  // The same by other means.
  if (std::filesystem::exists("/proc/config.gz")) {
    const Outcome sum =
        Run({"/bin/sh", "-c", "zcat /proc/config.gz | grep ^CONFIG_ | LC_ALL=C sort | sha256sum"});
    CHECK(sum.out.starts_with(asked.at("config").at("sha256").get<std::string>()));
    CHECK(asked.at("config").at("values").at("CONFIG_BPF_SYSCALL") == "y");
  }
  uint64_t read = 0;
  for (const Json& call : asked.at("abis").at(0).at("calls")) {
    if (call.at("name") == "read") read += call.at("state") == "built_in";
  }
  CHECK(read == 1);
}

TEST_CASE("e2e.names.system_as_a_normal_user_says_what_is_less") {
  TempDir dir;
  std::filesystem::copy_file(Binary("footprint"), dir / "footprint");
  Launch launch;
  launch.argv = {dir / "footprint", "system", "--local", "--format", "json"};
  launch.uid = kNobody;
  const Json json = JsonOf(Process(launch).Wait(20s));
  CHECK(Contained(json.at("tracepoints").at("problem"), "CAP_BPF"));
  for (const Json& row : json.at("tracepoints").at("tracepoints")) {
    CHECK(row.at("presence") == "unknown");
  }
  CHECK_FALSE(json.at("facts").at("kernel_release").at("value").get<std::string>().empty());
  // Symbols without addresses, or none: either is said. A kernel that shows all to all says none.
  const Json& abi = json.at("abis").at(0);
  const std::string restrict = ReadFile("/proc/sys/kernel/kptr_restrict");
  if (!restrict.starts_with("0")) {
    CHECK((abi.at("note") != "" || abi.at("problem") != ""));
  }
}

TEST_CASE("e2e.names.coverage_of_a_scope") {
  Daemon daemon;
  Launch launch;
  launch.argv = {Workload("calls"), "getppid=23", "number=999", "wait"};
  launch.keep_input = true;
  Process process(launch);
  const std::string pid = std::to_string(process.pid());
  REQUIRE(Eventually([&] {
    const Outcome shown = daemon.Client({"show", "--pid", pid, "--format", "json"});
    return shown.status == 0 && Count(Json::parse(shown.out), "getppid") == 23;
  }));
  const Json footprint = daemon.Query({"show", "--pid", pid});
  const Json system = daemon.Query({"system", "--coverage", "--pid", pid});
  const Json& coverage = system.at("coverage");
  CHECK(coverage.at("scope") == "pid " + pid);
  CHECK(coverage.at("complete") == true);
  uint64_t used = 0, missing = 0, possible = 0, built_in = 0;
  for (const Json& row : coverage.at("rows")) {
    used += row.at("used").get<uint64_t>();
    if (row.at("abi") != "x86_64" && row.at("abi") != "arm64") continue;
    missing += row.at("used_not_built_in").get<uint64_t>();
    possible += row.at("possible").get<uint64_t>();
    built_in += row.at("built_in").get<uint64_t>();
  }
  CHECK(used == footprint.at("syscalls").size());
  CHECK(missing == 1);  // 999, which no kernel has
  CHECK(possible == system.at("abis").at(0).at("possible"));
  CHECK(built_in == system.at("abis").at(0).at("built_in"));
  process.Write("x");
  CHECK(process.Wait().status == 0);
  CHECK(daemon.Client({"system", "--coverage", "--pid", "4194303"}).status == 1);
}

}  // namespace footprint::e2e
