// SPDX-License-Identifier: Apache-2.0
// Room follows the need: many threads, many cells, and those without a slot of their own.
#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>

#include "tests/e2e/daemon.h"

namespace footprint::e2e {
namespace {

uint64_t SlotsUsed(const Daemon& daemon) { return daemon.Query({"status"}).at("slots").at("used"); }

// Processes that hold a slot each, and wait.
class Occupants {
 public:
  Occupants(const Daemon& daemon, size_t count) {
    Launch launch;
    launch.argv = {Workload("calls"), "getuid=1", "wait"};
    launch.keep_input = true;
    for (size_t i = 0; i < count; i++) processes_.push_back(std::make_unique<Process>(launch));
    // What ended meanwhile has given its slot back: one more takes it.
    REQUIRE(Eventually([&] {
      const Json slots = daemon.Query({"status"}).at("slots");
      if (slots.at("used") == slots.at("total")) return true;
      processes_.push_back(std::make_unique<Process>(launch));
      return false;
    }));
  }

 private:
  std::vector<std::unique_ptr<Process>> processes_;
};

constexpr char kTight[] = "slots = 64\nspill_entries = 65536\n";
// A sanitized daemon adds slots more slowly than threads start: its spill has room for them.
const std::string kSlowGrowth = kSanitized ? "spill_entries = 65536\n" : "";
const std::string kGrowing = "slot_memory_mib = 160\n" + kSlowGrowth;

}  // namespace

// The defaults of a small machine, and of one that has room for all.
TEST_CASE("e2e.room.twenty_thousand_threads") {
  constexpr uint64_t kThreads = 20'000, kEach = 11;
  Daemon daemon({kGrowing});
  const uint64_t before = daemon.Query({"status"}).at("kernel_bytes");
  const Json footprint =
      daemon.Record({Workload("threads"), std::to_string(kThreads), std::to_string(kEach), "3"});
  RequireSound(footprint);
  CHECK(Count(footprint, "getppid") == kThreads * kEach);
  CHECK(Errno(footprint, "close", "EBADF") == kThreads * 3);
  CHECK(Eventually([&] { return SlotsUsed(daemon) < kThreads / 10; }));
  // What is there before anybody needs it.
  CHECK((kSanitized || before < 8 << 20));
  daemon.Stop();
}

TEST_CASE("e2e.room.is_given_back") {
  Daemon daemon({kGrowing});
  const auto kernel_bytes = [&]() -> uint64_t {
    return daemon.Query({"status"}).at("kernel_bytes");
  };
  uint64_t before = 0, most = 0;
  CHECK(Eventually([&] { return (before = kernel_bytes()) != 0; }));
  RequireSound(daemon.Record({Workload("threads"), "3000", "11"}));
  CHECK(Eventually([&] { return (most = kernel_bytes()) > before + (12 << 20); }, 30s));
  // Only after a while that nobody wanted them, and a part at a time.
  CHECK(Eventually([&] { return kernel_bytes() < before + (most - before) / 2; }, 120s));
  daemon.Stop();
}

// Pairs of a call and an errno: what one thread makes of them is in its own further slots.
TEST_CASE("e2e.room.one_thread_with_many_errnos") {
  constexpr uint64_t kPairs = 3'500;
  for (const std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      Daemon daemon({"object = \"" + object + "\"\n"});
      const Json footprint = daemon.Record({Workload("pairs"), std::to_string(kPairs)});
      RequireSound(footprint);
      uint64_t denied = 0, answered = 0, pairs = 0;
      for (const Json& row : footprint.at("syscalls")) {
        denied += row.at("denied").get<uint64_t>();
        pairs += row.at("denied_errnos").size();
        for (const Json& count : row.at("denied_errnos")) answered += count.get<uint64_t>();
      }
      CHECK(denied == kPairs);
      CHECK(answered == kPairs);
      CHECK(pairs == kPairs);
      CHECK(daemon.Query({"status"}).at("spill").at("used") == 0);
      daemon.Stop();
    }
  }
}

// What some processes keep in the spill map leaves room there for threads without a slot.
TEST_CASE("e2e.room.nobody_holds_the_spill_map") {
  Daemon daemon({"slots = 128\nspill_entries = 32768\n"});
  Launch launch;
  launch.argv = {Workload("pairs"), "9000", "wait"};
  launch.uid = kNobody;
  launch.keep_input = true;
  std::vector<std::unique_ptr<Process>> holders;
  for (int i = 0; i < 8; i++) {
    // Each has a slot of its own: further ones are not given where so few are left.
    REQUIRE(Eventually([&] { return SlotsUsed(daemon) < 122; }));
    holders.push_back(std::make_unique<Process>(launch));
    REQUIRE(Eventually([&] { return holders.back()->out() == "up\n"; }));
  }
  const Json spill = daemon.Query({"status"}).at("spill");
  CHECK(spill.at("used").get<uint64_t>() > spill.at("total").get<uint64_t>() / 4);
  CHECK(spill.at("used").get<uint64_t>() < spill.at("total").get<uint64_t>() / 4 * 3);
  if (kSanitized) return;  // its harvests of so large a map take seconds
  const Occupants occupants(daemon, 100);
  const Json footprint = daemon.Record({Workload("calls"), "getppid=23", "close=2"});
  RequireSound(footprint);
  CHECK(Count(footprint, "getppid") == 23);
  CHECK(Errno(footprint, "close", "EBADF") == 2);
  daemon.Stop();
}

TEST_CASE("e2e.room.one_thread_with_many_cells") {
  constexpr uint64_t kCells = 2'000, kRounds = 3;
  for (const std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      Daemon daemon({"object = \"" + object + "\"\n"});
      const Json footprint =
          daemon.Record({Workload("cells"), std::to_string(kCells), std::to_string(kRounds)});
      RequireSound(footprint);
      // Numbers that no table knows, and the calls of a program's start and end.
      CHECK(footprint.at("calls").get<uint64_t>() > kCells * kRounds);
      CHECK(footprint.at("calls").get<uint64_t>() < kCells * kRounds + 200);
      CHECK(footprint.at("errors").get<uint64_t>() >= kCells * kRounds);
      // The room of the one who made them, and not that of all.
      const Json status = daemon.Query({"status"});
      CHECK(status.at("spill").at("used").get<uint64_t>() <=
            status.at("spill").at("total").get<uint64_t>() / 2);
      CHECK(Eventually([&] { return SlotsUsed(daemon) < 1'000; }));
      const Json other = daemon.Record({Workload("calls"), "getppid=23"});
      RequireSound(other);
      CHECK(Count(other, "getppid") == 23);
      daemon.Stop();
    }
  }
}

TEST_CASE("e2e.room.without_a_slot_nothing_is_left_out") {
  for (const std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      Daemon daemon({kTight + ("object = \"" + object + "\"\n")});
      const Occupants occupants(daemon, 100);
      const Json denied = daemon.Record({Workload("denied"), "23"});
      RequireSound(denied);
      CHECK(Row(denied, "getppid").at("denied") == 23);
      CHECK(Row(denied, "getppid").at("denied_errnos") == Json{{"EPERM", 23}});
      CHECK(Count(denied, "getppid") == 0);
      CHECK(Count(denied, "getuid") == 7);
      CHECK(Row(denied, "execve").at("total_ns").get<uint64_t>() > 0);

      Launch launch;
      launch.argv = {Workload("calls"), "getppid=23", "wait"};
      launch.keep_input = true;
      Process process(launch);
      Json footprint;
      CHECK(Eventually([&] {
        footprint = daemon.Query({"show", "--pid", std::to_string(process.pid())});
        return Count(footprint, "getppid") == 23 && footprint.at("in_flight") == 1;
      }));
      process.Write("x");
      CHECK(process.Wait().status == 0);
      footprint = daemon.Query({"show", "--pid", std::to_string(process.pid())});
      CHECK(footprint.at("in_flight") == 0);
    }
  }
}

// What seccomp kills a thread for is refused, as what it answers with an error.
TEST_CASE("e2e.room.killed_for_a_call") {
  for (const std::string slots : {"slots = 4096\n", kTight}) {
    DYNAMIC_SECTION(slots) {
      Daemon daemon({slots});
      std::unique_ptr<Occupants> occupants;
      if (slots == kTight) occupants = std::make_unique<Occupants>(daemon, 100);
      for (const std::string how : {"strict", "thread", "process"}) {
        const Json footprint = daemon.Record({Workload("denied"), "1", how});
        INFO(how);
        RequireSound(footprint);
        CHECK(Row(footprint, "getppid").value("denied", 0) == 1);
        CHECK(footprint.at("denied") == 1);
      }
      // What it was refused before is no part of it.
      const Json footprint = daemon.Record({Workload("denied"), "1", "refused"});
      RequireSound(footprint);
      CHECK(Row(footprint, "getuid").value("denied", 0) == 3);
      CHECK(Row(footprint, "getppid").value("denied", 0) == 1);
      CHECK(footprint.at("denied") == 4);
    }
  }
}

TEST_CASE("e2e.room.says_what_to_raise") {
  const auto advice = [](const std::string& config) {
    Daemon daemon({config});
    daemon.Record({Workload("threads"), "1000", "101"});
    return daemon.Query({"status"}).at("degraded_because").get<std::string>();
  };
  CHECK(advice("slots = 4096\n" + kSlowGrowth).find("raise") == std::string::npos);
  CHECK(advice("slots = 64\n").find("raise slot_memory_mib, or slots") != std::string::npos);
}

}  // namespace footprint::e2e
