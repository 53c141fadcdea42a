// SPDX-License-Identifier: Apache-2.0
// The sum rules of docs/json.md, in footprints of random work and of random scopes.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <map>
#include <ostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/daemon.h"

namespace footprint::e2e {
namespace {

struct Column {
  uint64_t calls = 0, errors = 0, total_ns = 0;
  bool operator==(const Column&) const = default;
  void Add(const Json& row) {
    calls += row.at("calls").get<uint64_t>();
    errors += row.at("errors").get<uint64_t>();
    total_ns += row.at("total_ns").get<uint64_t>();
  }
};

std::ostream& operator<<(std::ostream& out, const Column& column) {
  return out << column.calls << " calls, " << column.errors << " errors, " << column.total_ns
             << " ns";
}

template <typename Take>
Column SumWhere(const Json& rows, const Take& take) {
  Column sum;
  for (const Json& row : rows) {
    if (take(row)) sum.Add(row);
  }
  return sum;
}

uint64_t SumOf(const Json& errnos) {
  uint64_t sum = 0;
  for (const auto& [name, count] : errnos.items()) sum += count.get<uint64_t>();
  return sum;
}

// `still`: of processes that have ended, in which no call is about to leave.
void CheckErrnos(const Json& row, bool still) {
  const uint64_t errors = row.at("errors"), denied = row.at("denied");
  CHECK(SumOf(row.at("errnos")) <= errors);
  CHECK(SumOf(row.at("denied_errnos")) <= denied);
  if (still) CHECK(SumOf(row.at("errnos")) == errors);
}

void CheckSums(const Json& footprint, bool still) {
  const auto all = [](const Json&) { return true; };
  std::map<std::pair<std::string, std::string>, Column> served;
  for (const Json& row : footprint.at("objects")) {
    served[{row.at("abi"), row.at("syscall")}].Add(row);
    CHECK(row.at("max_ns") <= row.at("total_ns"));
  }
  Column calls;
  uint64_t denied = 0;
  for (const Json& row : footprint.at("syscalls")) {
    const std::string name = row.at("name"), abi = row.at("abi");
    INFO(abi << " " << name);
    Column own;
    own.Add(row);
    calls.Add(row);
    denied += row.at("denied").get<uint64_t>();
    CheckErrnos(row, still);
    const auto it = served.find({abi, name});
    if (it != served.end()) CHECK(it->second == own);
    if (name != "ioctl") continue;
    CHECK(SumWhere(footprint.at("ioctls"), [&](const Json& r) { return r.at("abi") == abi; }) ==
          own);
  }
  CHECK(footprint.at("calls") == calls.calls);
  CHECK(footprint.at("errors") == calls.errors);
  CHECK(footprint.at("denied") == denied);
  CHECK(SumWhere(footprint.at("subsystems"), all) == calls);
  // The daemon has its row beside those of the whole system; in any other scope it is one of them.
  const bool apart = footprint.at("observer_calls") != 0;
  CHECK(SumWhere(footprint.at("processes"), [&](const Json& row) {
          return !apart || row.value("observer", false) == false;
        }) == calls);
}

// What a call that takes or makes a descriptor must have: rows by server for every one of them.
void RequireServed(const Json& footprint, const std::string& name, uint64_t calls) {
  INFO(name);
  CHECK(Count(footprint, name) == calls);
  CHECK(SumWhere(footprint.at("objects"), [&](const Json& row) {
          return row.at("syscall") == name;
        }).calls == calls);
}

}  // namespace

TEST_CASE("e2e.sums.a_refused_call_hides_no_row") {
  Daemon daemon;
  const Json free = daemon.Record({Workload("mixed"), "openat", "0"});
  const Json refused = daemon.Record({Workload("mixed"), "openat", "1"});
  const uint64_t calls = Count(free, "openat");
  CHECK(calls >= 110);
  for (const Json& footprint : {free, refused}) {
    RequireSound(footprint);
    RequireServed(footprint, "openat", calls);
    RequireServed(footprint, "socket", 30);
    CheckSums(footprint, true);
    CHECK(Errno(footprint, "openat", "EPERM") == 0);
  }
  for (const char* name : {"openat", "socket"}) {
    CHECK(Row(refused, name).at("denied") == 1);
    CHECK(Row(refused, name).at("denied_errnos") == Json{{"EPERM", 1}});
    CHECK(Row(free, name).at("denied_errnos").empty());
  }
}

TEST_CASE("e2e.sums.hold_for_random_work_and_random_scopes") {
  Daemon daemon;
  std::mt19937 random(20261128);
  for (int round = 0; round < 6; ++round) {
    const std::string seed = std::to_string(random()), steps = std::to_string(50 + random() % 3000);
    INFO("mixed " << seed << " " << steps);
    const Json footprint =
        daemon.Record({Workload("mixed"), seed, steps, std::to_string(round % 2)});
    RequireSound(footprint);
    CheckSums(footprint, true);
    CHECK(Count(footprint, "clone") == 4);
  }
  // Other programs of this machine are at work in these.
  const std::string pid = std::to_string(getpid());
  const std::vector<std::vector<std::string>> scopes = {
      {"show"},
      {"show", "--pid", pid},
      {"show", "--tree", pid},
      {"show", "--command", "mixed"},
      {"show", "--command", "*"},
      {"show", "--command", "*e*"},
  };
  for (const auto& scope : scopes) {
    INFO(scope.back());
    CheckSums(daemon.Query(scope), scope.back() == "mixed");
  }
}

}  // namespace footprint::e2e
