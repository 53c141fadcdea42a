// SPDX-License-Identifier: Apache-2.0
// What one user can make many of takes nothing from others: devices, protocols, commands, numbers.
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/e2e/daemon.h"

namespace footprint::e2e {
namespace {

constexpr char kFewClasses[] = "object_classes = 256\n";

// A program as nobody, beside the daemon.
std::string AsNobody(std::vector<std::string> argv) {
  Launch launch;
  launch.argv = std::move(argv);
  launch.uid = kNobody;
  Outcome outcome = Process(launch).Wait();
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  return outcome.out;
}

// A program that comes after: complete, and its objects have their names.
void RequireUnharmed(const Daemon& daemon) {
  TempDir folder;
  const Json footprint = daemon.Record({Workload("zoo"), folder.path()});
  RequireSound(footprint);
  for (const Json& row : footprint.at("objects")) CHECK(row.at("server") != "unknown");
  RequireSound(daemon.Record({Workload("ioctls"), "known"}));
}

std::vector<Json> RowsOf(const Json& footprint, const std::string& array, const std::string& member,
                         const std::string& value) {
  std::vector<Json> rows;
  for (const Json& row : footprint.at(array)) {
    if (row.at(member) == value) rows.push_back(row);
  }
  return rows;
}

}  // namespace

TEST_CASE("e2e.crowds.ptys_are_one_driver") {
  Daemon daemon({kFewClasses});
  CHECK(AsNobody({Workload("crowds"), "ptys", "1100"}) == "1100\n");
  const Json system = daemon.Query({"show", "--command", "crowds"});
  RequireSound(system);
  for (const Json& row : RowsOf(system, "objects", "syscall", "write")) {
    if (row.at("server") != "pty") continue;
    CHECK(row.at("device") == "136:*");
    CHECK(row.at("calls") == 1100);
  }
  CHECK(CallsBy(system, "objects", "server", "syscall", "write").at("pty") == 1100);
  RequireUnharmed(daemon);
}

TEST_CASE("e2e.crowds.protocols_of_a_socket_fold") {
  Daemon daemon({"object_classes = 64\n"});
  const std::string output = daemon.dir() + "/protocols.json";
  Outcome outcome = Run(daemon.RecordCommand({Workload("crowds"), "protocols"}, output));
  REQUIRE(outcome.status == 0);
  const Json footprint = Json::parse(ReadFile(output));
  RequireSound(footprint);
  const uint64_t made = std::stoull(outcome.out);
  CHECK(made > 200);
  CHECK(CallsBy(footprint, "objects", "server", "syscall", "fcntl").at("raw") == made);
}

TEST_CASE("e2e.crowds.commands_that_no_driver_took_are_no_rows") {
  Daemon daemon({kFewClasses});
  AsNobody({Workload("crowds"), "commands", "1100"});
  const Json system = daemon.Query({"show", "--command", "crowds"});
  RequireSound(system);
  for (const char* server : {"null", "no object"}) {
    INFO(server);
    const std::vector<Json> rows = RowsOf(system, "ioctls", "server", server);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].at("command") == "other");
    CHECK(rows[0].at("calls") == 1100);
    CHECK(rows[0].at("errors") == 1100);
  }
  RequireUnharmed(daemon);
}

// Some drivers do a command whatever its size says: as many different ones as anybody likes.
TEST_CASE("e2e.crowds.sizes_of_a_command_are_one_row_beyond_a_few") {
  constexpr uint64_t kSizes = 3'000;
  Daemon daemon({kFewClasses});
  AsNobody({Workload("crowds"), "sizes", std::to_string(kSizes)});
  const Json system = daemon.Query({"show", "--command", "crowds"});
  RequireSound(system);
  CHECK(system.at("ioctls").size() < 20);
  uint64_t calls = 0;
  for (const Json& row : system.at("ioctls")) calls += row.at("calls").get<uint64_t>();
  CHECK(calls == 2 * kSizes);
  RequireUnharmed(daemon);
}

TEST_CASE("e2e.crowds.numbers_in_no_table_are_one_row_beyond_a_few") {
  Daemon daemon;
  AsNobody({Workload("crowds"), "numbers", "1000", "3000", "30"});
  const Json footprint = daemon.Query({"show", "--command", "crowds"});
  RequireSound(footprint);
  std::set<std::string> apart;
  uint64_t calls = 0;
  for (const Json& row : footprint.at("syscalls")) {
    const std::string name = row.at("name");
    if (!name.starts_with("unknown")) continue;
    calls += row.at("calls").get<uint64_t>();
    if (name != "unknown") apart.insert(name);
    CHECK(row.at("errors") == row.at("calls"));
  }
  CHECK(calls == 90'000);
  CHECK(apart.size() <= 16);
  CHECK(Count(footprint, "unknown") == calls - apart.size());
  // What a newer kernel may give a call keeps its number whoever came before, and so does -1.
  const Json later = daemon.Record({Workload("calls"), "number=-1", "number=500", "number=70000"});
  RequireSound(later);
  CHECK(Count(later, "unknown:-1") == 1);
  CHECK(Count(later, "unknown:500") == 1);
  CHECK(Count(later, "unknown") == 1);
  CHECK(Errno(later, "unknown", "ENOSYS") == 1);
}

}  // namespace footprint::e2e
