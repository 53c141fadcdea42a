// SPDX-License-Identifier: Apache-2.0
// Tables too small, a daemon that does not run: totals right, or stamped with what is missing.
#include <signal.h>

#include <catch2/catch.hpp>
#include <sstream>

#include "tests/e2e/daemon.h"
#include "tests/e2e/kernel_modules.h"

namespace footprint::e2e {
namespace {

const std::vector<std::string> Pool() { return {Workload("threads"), "1000", "101"}; }
constexpr uint64_t kPoolCalls = 1000 * 101;
// Room for each thread, at the latest in the spill: a sanitized daemon adds slots more slowly than
// threads start.
const std::string kRoomy = "slots = 4096\nspill_entries = 65536\n";

std::vector<long> Numbers(const std::string& text) {
  std::istringstream lines(text);
  std::vector<long> numbers;
  for (long number; lines >> number;) numbers.push_back(number);
  return numbers;
}

}  // namespace

TEST_CASE("e2e.loss.slots_64_spill_holds") {
  Json roomy, tight;
  {
    Daemon daemon({kRoomy});
    roomy = daemon.Record(Pool());
    RequireSound(roomy);
    CHECK(Count(roomy, "getppid") == kPoolCalls);
  }
  Daemon daemon({"slots = 64\nspill_entries = 65536\n"});
  tight = daemon.Record(Pool());
  RequireSound(tight);
  CHECK(Count(tight, "getppid") == kPoolCalls);
  INFO("roomy, tight: " << RowsThatDiffer(roomy, tight));
  CHECK(tight.at("calls") == roomy.at("calls"));
  CHECK(tight.at("errors") == roomy.at("errors"));
}

// A thread that is not the leader has the leader's tid afterwards, with a slot or without one.
TEST_CASE("e2e.loss.another_thread_execs") {
  for (const std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      for (const std::string slots : {"64", "4096"}) {
        Daemon daemon(
            {"slots = " + slots + "\nspill_entries = 65536\nobject = \"" + object + "\"\n"});
        const Json footprint =
            daemon.Record({Workload("crowd"), "200", Workload("calls"), "getppid=23", "close=29"});
        RequireSound(footprint);
        CHECK(Count(footprint, "execve") == 2);
        CHECK(Count(footprint, "getppid") == 23);
        CHECK(Errno(footprint, "close", "EBADF") == 29);
        CHECK(Count(footprint, "exit_group") == 1);
        const Json& images = footprint.at("processes");
        INFO(slots << " slots: " << images.dump());
        REQUIRE(images.size() == 2);
        CHECK(images.at(0).at("pid") == images.at(1).at("pid"));
        // Without the right to read kernel memory only /proc tells it, of those who still run.
        if (KernelLetsRead()) CHECK(images.at(1).at("exe") == Workload("calls"));
        CHECK(images.at(1).at("image") == 2);
        CHECK(images.at(1).at("alive") == false);
      }
    }
  }
}

TEST_CASE("e2e.loss.slots_64_spill_full") {
  Json roomy;
  {
    Daemon daemon({kRoomy});
    roomy = daemon.Record(Pool());
    RequireSound(roomy);
  }
  Daemon daemon({"slots = 64\nspill_entries = 256\n"});
  Json tight = daemon.Record(Pool());
  const Json& losses = tight.at("losses");
  INFO(losses.dump());
  INFO("roomy, tight: " << RowsThatDiffer(roomy, tight));
  CHECK(tight.at("complete") == false);
  uint64_t overflow = tight.at("overflow_calls");
  CHECK(losses.at("calls_unattributed") == overflow);
  CHECK(overflow > 0);
  // Overflow is the whole system's, so it is at least what this command lacks.
  uint64_t known = roomy.at("calls"), counted = tight.at("calls");
  CHECK(counted < known);
  CHECK(counted + overflow >= known);
  CHECK(Count(tight, "getppid") < kPoolCalls);
  CHECK(Count(tight, "getppid") + overflow >= kPoolCalls);
  CHECK(daemon.Query({"status"}).at("complete") == false);
  // CSV has no place for it.
  const Outcome csv = daemon.Client({"show", "--format", "csv"});
  CHECK(csv.status == 0);
  CHECK(csv.err.find("incomplete: ") != std::string::npos);
  daemon.Stop();
}

TEST_CASE("e2e.loss.stopped_daemon") {
  Daemon daemon;
  Launch launch;
  launch.argv = daemon.RecordCommand({Workload("storm")}, daemon.dir() + "/run.json");
  launch.keep_input = true;
  Process client(launch);
  auto lines = [&] { return Numbers(client.out()); };
  size_t asked = 0;
  auto forks = [&] {
    client.Write("x");
    asked++;
    REQUIRE(Eventually([&] { return lines().size() >= asked; }));
    return lines().back();
  };
  // A workload cannot be waited for where its progress is the question: windows of time.
  auto forks_in = [&](std::chrono::seconds window) {
    long begin = forks();
    CHECK_FALSE(client.Ended(window));
    return forks() - begin;
  };
  REQUIRE(forks() >= 0);
  const long before = forks_in(2s);
  REQUIRE(before > 100);
  daemon.Signal(SIGSTOP);
  const long stopped = forks_in(10s);
  daemon.Signal(SIGCONT);
  // Ten seconds at no less than half the speed: a bound for a broken design, not a benchmark.
  CHECK(stopped > before * 5 / 2);
  client.Signal(SIGTERM);
  Outcome outcome = client.Wait(60s);
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  const uint64_t total = Numbers(outcome.out).back();
  Json footprint = Json::parse(ReadFile(daemon.dir() + "/run.json"));
  INFO(footprint.at("losses").dump());
  uint64_t overflow = footprint.at("overflow_calls");
  if (footprint.at("complete") == true) {
    RequireSound(footprint);
    CHECK(Count(footprint, "clone") == total);
    CHECK(Count(footprint, "exit_group") == total + 1);
  } else {
    CHECK(Count(footprint, "clone") <= total);
    CHECK(Count(footprint, "exit_group") <= total + 1);
    uint64_t missing =
        total - Count(footprint, "clone") + total + 1 - Count(footprint, "exit_group");
    uint64_t lost = 0;
    for (const auto& item : footprint.at("losses").items()) lost += item.value().get<uint64_t>();
    CHECK(lost > 0);
    // Calls of a child whose parent is unknown are somebody else's; all others are overflow.
    if (footprint.at("losses").at("origin_unknown") == 0) CHECK(overflow >= missing);
  }
  // What is past stays stamped; what comes is whole again.
  CHECK(daemon.Query({"show"}).at("complete") == footprint.at("complete"));
  Json after = daemon.Record({Workload("calls"), "getppid=23"});
  RequireSound(after);
  CHECK(Count(after, "getppid") == 23);
  daemon.Stop();
}

}  // namespace footprint::e2e
