// SPDX-License-Identifier: Apache-2.0
// The counts of real commands equal those of strace -f -c on the same command.
//
// What differs, and why:
//   exit, exit_group  never return; strace -c counts at the return. Each process makes one.
//   rt_sigreturn      its return value is a restored register. strace takes one that looks
//                     like an error for an error; footprint does not.
#include <signal.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "tests/e2e/daemon.h"

namespace footprint::e2e {
namespace {

struct Pair {
  uint64_t calls = 0;
  uint64_t errors = 0;
  bool operator==(const Pair&) const = default;
};
using Table = std::map<std::string, Pair>;

struct Sample {
  const char* name;
  std::vector<std::string> command;
  int status = 0;
  // Calls whose number depends on timing, with or without a tracer.
  std::set<std::string> vague = {};
  // Calls that a signal may make begin anew, each time with an error: what succeeds is compared.
  std::set<std::string> restarted = {};
};

std::string Tree() {
  // A real directory tree; read-only, so that both runs see the same.
  return "/usr/include/linux";
}

Sample Ls() { return {"ls", {"/bin/ls", "-lR", Tree()}}; }
// The shell has a handler for SIGCHLD, and two children that end at nearly the same time
// make one signal.
const std::set<std::string> kOfShells = {"rt_sigreturn"};
// A child's SIGCHLD may come while the shell forks the next (ERESTARTNOINTR, kernel/fork.c).
const std::set<std::string> kForksOfShells = {"clone"};

// The reader takes blocks that divide what tar writes, so every read is full.
Sample Tar() {
  return {"tar",
          {"/bin/sh", "-c", "tar -cf - -C " + Tree() + " . | dd bs=512 of=/dev/null status=none"},
          0,
          kOfShells,
          kForksOfShells};
}
// Each program gets all its input in one write.
Sample Pipeline() {
  return {"pipeline",
          {"/bin/sh", "-c",
           "printf 'c\\nb\\na\\nb\\n' | cat | tr a-z A-Z | sort | uniq | sed s/A/Z/ | grep -v Q | "
           "head -n 5 | cut -c 1 | wc -l"},
          0,
          kOfShells,
          kForksOfShells};
}
Sample Threads() { return {"threads", {Workload("threads"), "8", "1009"}}; }
Sample Python() {
  return {"python",
          {"/usr/bin/env", "PYTHONHASHSEED=0", "/usr/bin/python3", Workload("script.py")}};
}
Sample Killed() { return {"killed", {Workload("killed")}, 128 + SIGALRM}; }
Sample Find() { return {"find", {"/usr/bin/find", Tree(), "-name", "*.h", "-size", "+20k"}}; }

// Output of `strace -c -U name,calls,errors`; the errors are blank where there are none.
Table Parse(const std::string& text) {
  Table table;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    Pair pair;
    if (words >> name >> pair.calls && name != "total") {
      words >> pair.errors;
      table[name] = pair;
    }
  }
  return table;
}

Table Straced(const Sample& sample, const TempDir& dir) {
  std::vector<std::string> command = {
      "strace", "-f", "-qq", "-c", "-U", "name,calls,errors", "-o", dir / "strace"};
  command.insert(command.end(), sample.command.begin(), sample.command.end());
  Outcome outcome = Run(command);
  INFO(outcome.err);
  // strace ends as its command ended: by the same signal.
  REQUIRE(outcome.status == sample.status);
  return Parse(ReadFile(dir / "strace"));
}

Table Counted(const Json& footprint) {
  Table table;
  for (const Json& row : footprint.at("syscalls")) {
    REQUIRE(row.at("abi") == kNativeAbi);
    if (row.at("calls") > 0) table[row.at("name")] = {row.at("calls"), row.at("errors")};
  }
  return table;
}

// One line for each call that differs; empty when none does.
std::string Differences(Table counted, Table expected) {
  std::ostringstream text;
  Table all = counted;
  all.insert(expected.begin(), expected.end());
  for (const auto& item : all) {
    const Pair ours = counted[item.first], theirs = expected[item.first];
    if (ours == theirs) continue;
    text << item.first << ": footprint " << ours.calls << " calls " << ours.errors
         << " errors, strace " << theirs.calls << " and " << theirs.errors << "\n";
  }
  return text.str();
}

void CheckSame(const Daemon& daemon, const Sample& sample) {
  TempDir dir;
  Table expected = Straced(sample, dir);
  REQUIRE(expected.size() > 10);
  Json footprint = daemon.Record(sample.command, sample.status);
  RequireSound(footprint);
  CHECK(footprint.at("unfinished") == 0);
  Table counted = Counted(footprint);
  std::set<std::string> apart = {"exit", "exit_group", "rt_sigreturn"};
  apart.insert(sample.vague.begin(), sample.vague.end());
  for (const std::string& name : apart) {
    if (name == "rt_sigreturn" && !sample.vague.contains(name))
      CHECK(counted[name].calls == expected[name].calls);
    expected.erase(name);
    counted.erase(name);
  }
  for (const std::string& name : sample.restarted) {
    for (Table* table : {&counted, &expected}) {
      REQUIRE(table->contains(name));
      Pair& pair = table->at(name);
      pair = {pair.calls - pair.errors, 0};
    }
  }
  CHECK(Differences(counted, expected) == "");
}

}  // namespace

TEST_CASE("e2e.strace.same_counts") {
  Daemon daemon;
  for (const Sample& sample : {Ls(), Tar(), Pipeline(), Threads(), Python(), Killed(), Find()})
    DYNAMIC_SECTION(sample.name) { CheckSame(daemon, sample); }
}

TEST_CASE("e2e.strace.same_counts_without_btf") {
  Daemon daemon({"", true});
  for (const Sample& sample : {Ls(), Tar(), Pipeline(), Threads(), Python(), Killed()})
    DYNAMIC_SECTION(sample.name) { CheckSame(daemon, sample); }
}

// What strace -c cannot see, counted against what the command is known to do.
TEST_CASE("e2e.strace.calls_that_never_return") {
  Daemon daemon;
  Json footprint = daemon.Record(Pipeline().command);
  // The shell and ten children: printf is a builtin, its subshell ends in the shell's way.
  CHECK(Count(footprint, "exit_group") == 11);
  footprint = daemon.Record(Threads().command);
  CHECK(Count(footprint, "exit") == 8);
  CHECK(Count(footprint, "exit_group") == 1);
}

}  // namespace footprint::e2e
