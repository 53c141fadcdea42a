// SPDX-License-Identifier: Apache-2.0
// How tables look on terminals of several widths, and where there is no terminal.
#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "tests/e2e/daemon.h"
#include "tests/e2e/terminal.h"

namespace footprint::e2e {
namespace {

using Catch::Matchers::Contains;

// In columns: names of this test are ASCII.
size_t Widest(const std::string& text) {
  std::istringstream lines(text);
  size_t widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, line.size());
  return widest;
}

// The line that begins with a word, without it.
std::string LineOf(const std::string& text, const std::string& word) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(word + " ")) return line.substr(word.size());
  return "";
}

std::vector<std::string> Show(const Daemon& daemon, std::vector<std::string> words) {
  words.insert(words.begin(), {Binary("footprint"), "show", "--target", daemon.target()});
  return words;
}

}  // namespace

TEST_CASE("e2e.table.is_as_wide_as_the_terminal") {
  Daemon daemon;
  REQUIRE(daemon.Client({"run", "--", "/bin/cat", "/proc/self/status"}).status == 0);
  for (uint16_t columns : {40, 60, 80, 200}) {
    CAPTURE(columns);
    for (const char* by :
         {"", "syscall", "subsystem", "process", "driver", "object", "ioctl", "module"}) {
      CAPTURE(by);
      const auto words = *by == '\0' ? Show(daemon, {}) : Show(daemon, {"--by", by});
      const Outcome shown = OnTerminal(words, columns);
      INFO(shown.out);
      CHECK(shown.status == 0);
      CHECK(Widest(shown.out) <= columns);
      CHECK_THAT(shown.out, !Contains("  ~"));  // no name without its beginning
    }
  }
  const auto calls = Show(daemon, {"--by", "syscall"});
  const std::string narrow = OnTerminal(calls, 60).out, wide = OnTerminal(calls, 200).out;
  CHECK_THAT(LineOf(narrow, "system call"), Contains("calls") && !Contains("definition"));
  CHECK_THAT(LineOf(wide, "system call"), Contains("served by") && Contains("definition"));
  CHECK_THAT(LineOf(wide, "read"), Catch::EndsWith("fs/read_write.c"));
}

TEST_CASE("e2e.table.is_never_cut_without_a_terminal") {
  // A unit that no terminal of 80 columns has room for.
  Daemon daemon;
  REQUIRE(daemon.Client({"run", "--", "/bin/cat", "/proc/self/status"}).status == 0);
  const Outcome piped = daemon.Client({"show"});
  REQUIRE(piped.status == 0);
  CHECK_THAT(LineOf(piped.out, "read"), Catch::EndsWith("fs/read_write.c"));
  CHECK_THAT(LineOf(piped.out, "mmap"), Contains("arch/") || Contains("mm/"));
  CHECK_THAT(piped.out, !Contains("~"));
  const std::string file = daemon.dir() + "/table";
  REQUIRE(daemon.Client({"show", "--output", file}).status == 0);
  CHECK_THAT(ReadFile(file), !Contains("~") && Contains("fs/read_write.c"));
}

TEST_CASE("e2e.table.limits_every_table") {
  Daemon daemon;
  REQUIRE(daemon.Client({"run", "--", "/bin/cat", "/proc/self/status"}).status == 0);
  for (const char* by : {"syscall", "subsystem", "process", "driver", "object"}) {
    CAPTURE(by);
    const Outcome table = daemon.Client({"show", "--by", by, "--limit", "1"});
    INFO(table.out);
    const size_t more = table.out.find("... and ");
    REQUIRE(more != std::string::npos);
    CHECK_THAT(table.out, Catch::EndsWith(" more (--limit 0)\n") || Contains("Note:"));
    // The head, a blank line, titles, one row.
    const std::string rows = table.out.substr(0, more);
    CHECK(std::count(rows.begin() + static_cast<long>(rows.find("\n\n")) + 2, rows.end(), '\n') ==
          2);
    const Outcome csv = daemon.Client({"show", "--by", by, "--limit", "1", "--format", "csv"});
    CHECK(std::count(csv.out.begin(), csv.out.end(), '\n') == 2);
  }
}

TEST_CASE("e2e.table.denied_calls_have_a_column") {
  Daemon daemon;
  const Outcome table = daemon.Client({"run", "--", Workload("denied"), "23"});
  INFO(table.err);
  CHECK_THAT(LineOf(table.err, "system call"), Contains("denied"));
  CHECK_THAT(LineOf(table.err, "subsystem"), Contains("denied"));
  const Json footprint = daemon.Record({Workload("denied"), "23"});
  const uint64_t denied = footprint.at("denied");
  REQUIRE(denied > 0);
  CHECK(Sum(footprint, "syscalls", "denied") == denied);
  CHECK(Sum(footprint, "subsystems", "denied") == denied);
  CHECK(Sum(footprint, "processes", "denied") == denied);
}

// A table that has no row says why, and no title stands alone.
TEST_CASE("e2e.table.no_title_without_a_row") {
  Daemon daemon({"tier = \"errors\"\n"});
  for (const char* by : {"driver", "object", "ioctl", "module"}) {
    const Outcome table = daemon.Client({"show", "--by", by});
    CHECK_THAT(table.out, Contains("was not measured: tier errors") && !Contains("served by  "));
  }
  const Outcome run = daemon.Client({"run", "--", "/bin/true"});
  CHECK_THAT(run.err, !Contains("ioctl ") && !Contains("served by"));
}

// A young daemon's share of the CPU is not that of its start.
TEST_CASE("e2e.table.figures_of_a_young_daemon") {
  Daemon daemon;
  const Outcome run = daemon.Client({"run", "--", "/bin/true"});
  INFO(run.err);
  // A machine that takes a second for it has a share to tell.
  if (LineOf(run.err, "window").find(" ms)") != std::string::npos)
    CHECK_THAT(LineOf(run.err, "cost"), Contains("of CPU time") && !Contains("%"));
  const Json status = daemon.Query({"status"});
  CHECK(status.at("cost").at("own_cpu_ns").get<uint64_t>() <
        status.at("own_cpu_ns").get<uint64_t>());
  const Outcome table = daemon.Client({"status"});
  CHECK_THAT(table.out, !Contains("e+0") && !Contains("nothing is lost"));
  const std::string attached = LineOf(table.out, "attached");
  CHECK((attached.find(" +") != std::string::npos || attached.find(" -") != std::string::npos));
}

}  // namespace footprint::e2e
