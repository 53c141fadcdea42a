// SPDX-License-Identifier: Apache-2.0
// What stands behind descriptors: every kind of file by its name, every call once.
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <sstream>

#include "tests/e2e/daemon.h"

namespace footprint::e2e {
namespace {

// Calls of one syscall by server.
std::map<std::string, uint64_t> Servers(const Json& footprint, const std::string& syscall) {
  return CallsBy(footprint, "objects", "server", "syscall", syscall);
}

// Every call with a descriptor is in exactly one row of objects.
void RequireSumsOfObjects(const Json& footprint) {
  std::map<std::pair<std::string, std::string>, uint64_t> calls, errors;
  for (const Json& row : footprint.at("objects")) {
    const std::pair key(row.at("abi").get<std::string>(), row.at("syscall").get<std::string>());
    calls[key] += row.at("calls").get<uint64_t>();
    errors[key] += row.at("errors").get<uint64_t>();
  }
  REQUIRE_FALSE(calls.empty());
  for (const auto& [key, sum] : calls) {
    INFO(key.second);
    CHECK(Count(footprint, key.second, key.first) == sum);
    CHECK(Row(footprint, key.second, key.first).at("errors") == errors[key]);
  }
}

// What a workload printed: the part before the last tab, and the number behind it, added up.
std::map<std::string, uint64_t> Expected(const std::string& printed) {
  std::map<std::string, uint64_t> expected;
  std::istringstream lines(printed);
  for (std::string line; std::getline(lines, line);) {
    const size_t tab = line.rfind('\t');
    REQUIRE(tab != std::string::npos);
    expected[line.substr(0, tab)] += std::stoull(line.substr(tab + 1));
  }
  return expected;
}

std::string Text(const std::map<std::string, uint64_t>& calls) {
  std::string text;
  for (const auto& [server, count] : calls) text += server + " " + std::to_string(count) + "\n";
  return text;
}

// Records a command and answers its footprint and what it printed.
std::pair<Json, std::string> RecordPrinted(const Daemon& daemon,
                                           const std::vector<std::string>& command) {
  const std::string output = daemon.dir() + "/objects.json";
  Outcome outcome = Run(daemon.RecordCommand(command, output));
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  return {Json::parse(ReadFile(output)), outcome.out};
}

}  // namespace

TEST_CASE("e2e.objects.every_kind_of_file") {
  Daemon daemon;
  REQUIRE(daemon.Query({"status"}).at("tier") == "full");
  TempDir folder;
  auto [footprint, printed] = RecordPrinted(daemon, {Workload("zoo"), folder.path()});
  RequireSound(footprint);
  RequireSumsOfObjects(footprint);
  const auto expected = Expected(printed);
  CHECK(expected.size() >= 25);
  CHECK(Text(Servers(footprint, "fcntl")) == Text(expected));
  const std::set<std::string> filesystems = {"ext4", "tmpfs", "overlay", "rootfs", "proc", "sysfs"};
  for (const Json& row : footprint.at("objects")) {
    const auto server = row.at("server").get<std::string>();
    INFO(server);
    CHECK((row.at("subsystem") == "filesystem") == filesystems.contains(server));
    if (server == "null") CHECK(row.at("device") == "1:3");
  }
  // What creates a descriptor is attributed to what it created.
  CHECK(Servers(footprint, "eventfd2") == std::map<std::string, uint64_t>{{"eventfd", 1}});
  CHECK(Servers(footprint, "timerfd_create") == std::map<std::string, uint64_t>{{"timerfd", 1}});
}

TEST_CASE("e2e.objects.every_kind_of_file_without_typed_loads") {
  Daemon daemon({"object = \"plain\"\n"});
  TempDir folder;
  auto [footprint, printed] = RecordPrinted(daemon, {Workload("zoo"), folder.path()});
  RequireSound(footprint);
  CHECK(Text(Servers(footprint, "fcntl")) == Text(Expected(printed)));
}

TEST_CASE("e2e.objects.a_number_changes_hands") {
  Daemon daemon;
  Json footprint = daemon.Record({Workload("swap"), "turns", "1009"});
  RequireSound(footprint);
  RequireSumsOfObjects(footprint);
  CHECK(Servers(footprint, "fcntl") ==
        std::map<std::string, uint64_t>{
            {"zero", 1009}, {"unix", 1009}, {"pipe", 1009}, {"no object", 1009}});
  CHECK(Errno(footprint, "fcntl", "EBADF") == 1009);
}

TEST_CASE("e2e.objects.a_number_changes_hands_in_a_race") {
  Daemon daemon;
  Json footprint = daemon.Record({Workload("swap"), "race", "200003"});
  RequireSumsOfObjects(footprint);
  CHECK(Count(footprint, "fcntl") == 200003);
  // A descriptor that moved at every look is "unknown", stamped, and nothing else.
  uint64_t unknown = 0;
  for (const auto& [server, calls] : Servers(footprint, "fcntl")) {
    INFO(server << " " << calls);
    CHECK(std::set<std::string>{"zero", "unix", "pipe", "unknown"}.contains(server));
    if (server == "unknown") unknown = calls;
  }
  CHECK(footprint.at("losses").at("object_unknown") >= unknown);
  CHECK(footprint.at("complete") == (footprint.at("losses").at("object_unknown") == 0));
}

TEST_CASE("e2e.objects.ioctl_commands") {
  Daemon daemon;
  auto [footprint, printed] = RecordPrinted(daemon, {Workload("ioctls"), "known"});
  RequireSound(footprint);
  RequireSumsOfObjects(footprint);
  std::map<std::string, uint64_t> seen;
  std::map<std::string, std::string> names;
  std::set<std::string> foreign;
  for (const Json& row : footprint.at("ioctls")) {
    const std::string key =
        row.at("server").get<std::string>() + "\t" + row.at("command").get<std::string>();
    seen[key] += row.at("calls").get<uint64_t>();
    names[key] = row.at("name").get<std::string>();
    if (row.at("foreign") == true) foreign.insert(key);
  }
  const auto expected = Expected(printed);
  CHECK(expected.size() >= 27);
  for (const auto& [key, calls] : expected) {
    INFO(key);
    CHECK(seen[key] == calls);
  }
  CHECK(names["udp\t0x8913"] == "SIOCGIFFLAGS");
  for (const auto& [key, name] : names) {
    INFO(key);
    if (key.starts_with("udp\t0x89")) CHECK(name.starts_with("SIOCGIF"));
  }
  CHECK(names["pty\t0x5401"] == "TCGETS");
  CHECK(names["pipe\t0x541b"] == "FIONREAD");
  CHECK(names["urandom\t0x80045200"] == "RNDGETENTCNT");
  // Not its driver's: the name of the number, and a mark.
  CHECK(names["null\t0x5401"] == "TCGETS");
  CHECK(names["pty\t0x80081272"] == "BLKGETSIZE64");
  CHECK(foreign == std::set<std::string>{"null\t0x5401", "pty\t0x80081272"});
  // In no table, and of no driver.
  CHECK(names["pty\tother"] == "other commands");
  CHECK(Sum(footprint, "ioctls", "calls") == Count(footprint, "ioctl"));
}

TEST_CASE("e2e.objects.too_many_ioctl_commands") {
  // What the daemon opens itself would take most of the classes. Of 32 commands a quarter is one
  // class's.
  Daemon daemon({"object_classes = 16\n[ignore]\ncommands = [\"footprintd\"]\n"});
  auto [footprint, printed] = RecordPrinted(daemon, {Workload("ioctls"), "many"});
  const uint64_t taken = std::stoull(printed);
  REQUIRE(taken > 8);
  uint64_t named = 0, other = 0;
  for (const Json& row : footprint.at("ioctls")) {
    if (row.at("server") != "pty" || row.at("errors") != 0) continue;
    (row.at("command") == "other" ? other : named) += row.at("calls").get<uint64_t>();
  }
  CHECK(named == 8);
  CHECK(other == taken - 8);
  CHECK(footprint.at("complete") == false);
  CHECK(footprint.at("losses").at("command_dropped") == taken - 8);
  RequireSumsOfObjects(footprint);
}

TEST_CASE("e2e.objects.too_many_objects") {
  Daemon daemon({"object_classes = 16\n"});
  TempDir folder;
  Json footprint = daemon.Record({Workload("zoo"), folder.path()});
  RequireSumsOfObjects(footprint);
  CHECK(footprint.at("complete") == false);
  CHECK(footprint.at("losses").at("object_unknown") >= 23);
  CHECK(Servers(footprint, "fcntl").at("unknown") >= 23);
}

TEST_CASE("e2e.objects.lower_tiers_say_nothing_of_objects") {
  Daemon daemon({"tier = \"latency\"\n"});
  Json footprint = daemon.Record({Workload("swap"), "turns", "3"});
  RequireSound(footprint);
  CHECK(footprint.at("objects").empty());
  CHECK(footprint.at("ioctls").empty());
  CHECK(Count(footprint, "fcntl") == 12);
}

TEST_CASE("e2e.objects.real_programs") {
  Daemon daemon;
  TempDir folder;
  const std::string database = "sqlite3 " + folder.path() +
                               "/db 'create table t(x); insert into t values(1); select * from t'";
  const std::string memory =
      "sqlite3 /dev/shm/footprint-test.db 'create table t(x); select * from t'; "
      "rm /dev/shm/footprint-test.db";
  const std::string web =
      "cd " + folder.path() +
      " && echo hello > page && python3 -u -m http.server --bind 127.0.0.1 0 > log 2>&1 & "
      "server=$!; until port=$(grep -o 'port [0-9]*' " +
      folder.path() +
      "/log | cut -d' ' -f2) && [ -n \"$port\" ]; do sleep 0.05; done; "
      "curl -s http://127.0.0.1:$port/page; kill $server";
  const std::vector<std::pair<std::string, std::set<std::string>>> programs = {
      {database, {}},
      {memory, {"tmpfs"}},
      {"ping -c 2 -i 0.2 127.0.0.1", {}},
      {"echo hello | socat -t 1 - 'SYSTEM:cat,pty,raw,echo=0'", {"pty", "pipe"}},
      {web, {"tcp"}},
  };
  for (const auto& [program, servers] : programs) {
    INFO(program);
    Json footprint = daemon.Record({"sh", "-c", program});
    RequireSound(footprint);
    RequireSumsOfObjects(footprint);
    std::set<std::string> seen;
    for (const Json& row : footprint.at("objects")) seen.insert(row.at("server"));
    for (const std::string& server : servers) {
      INFO(server);
      CHECK(seen.contains(server));
    }
  }
}

// Started by the script oref0, which fetches the program.
TEST_CASE("e2e.oref0.determine_basal", "[.][oref0]") {
  const char* home = getenv("FOOTPRINT_OREF0");
  REQUIRE(home != nullptr);
  Daemon daemon;
  const std::string program =
      "cd '" + std::string(home) +
      "' && node bin/oref0-calculate-iob.js examples/pumphistory.json examples/profile.json "
      "examples/clock.json > /dev/null && node bin/oref0-determine-basal.js examples/iob.json "
      "examples/temp_basal.json examples/glucose.json examples/profile.json";
  Json footprint = daemon.Record({"sh", "-c", program});
  RequireSound(footprint);
  RequireSumsOfObjects(footprint);
  for (const char* server : {"epoll", "eventfd", "pipe", "null"}) {
    INFO(server);
    uint64_t calls = 0;
    for (const Json& row : footprint.at("objects")) {
      if (row.at("server") == server) calls += row.at("calls").get<uint64_t>();
    }
    CHECK(calls > 0);
  }
  CHECK(Servers(footprint, "epoll_ctl").size() == 1);
}

}  // namespace footprint::e2e
