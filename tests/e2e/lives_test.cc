// SPDX-License-Identifier: Apache-2.0
// Many short lives, and one pid for two of them.
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/e2e/daemon.h"

namespace footprint::e2e {
namespace {

constexpr uint64_t kRuns = 20'000;

// Forks until the child's pid is `wanted`; others on this machine may take it first.
// `child` runs in it, and then it ends.
pid_t ForkAs(pid_t wanted, const std::function<void()>& child) {
  for (int attempt = 0; attempt < 200; attempt++) {
    std::ofstream("/proc/sys/kernel/ns_last_pid") << wanted - 1 << std::flush;
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      if (getpid() == wanted) child();
      _exit(0);
    }
    if (pid == wanted) return pid;
    waitpid(pid, nullptr, 0);
  }
  return -1;
}

Json ShowWhen(const Daemon& daemon, pid_t pid, const std::string& call, uint64_t count) {
  Json footprint;
  REQUIRE(Eventually([&] {
    Outcome outcome = daemon.Client({"show", "--pid", std::to_string(pid), "--format", "json"});
    if (outcome.status != 0) return false;
    footprint = Json::parse(outcome.out);
    return Count(footprint, call) == count;
  }));
  return footprint;
}

}  // namespace

TEST_CASE("e2e.lives.twenty_thousand") {
  Daemon daemon;
  // A name of its own, so that nobody else's runs count.
  const std::string program = daemon.dir() + "/fp_true";
  std::filesystem::copy_file("/bin/true", program);
  Json run = daemon.Record({"/bin/sh", "-c",
                            "i=0; while [ $i -lt " + std::to_string(kRuns) + " ]; do " + program +
                                "; i=$((i+1)); done"});
  RequireSound(run);
  CHECK(Count(run, "execve") == kRuns + 1);
  CHECK(Count(run, "exit_group") == kRuns + 1);
  // dash forks by vfork or clone.
  CHECK(Count(run, "vfork") + Count(run, "clone") == kRuns);

  Json command = daemon.Query({"show", "--command", "fp_true"});
  // A slow daemon loses notes of so many at once, and says so.
  const bool lost = daemon.Query({"status"}).at("names_lost") != 0;
  CHECK((kSanitized || !lost));
  if (!lost) RequireSound(command);
  CHECK(Count(command, "execve") == kRuns);
  CHECK(Count(command, "exit_group") == kRuns);
  uint64_t seen = 0;
  for (const Json& row : command.at("processes")) {
    CHECK(row.at("comm") == "fp_true");
    if (!lost || row.at("exe") != "") CHECK(row.at("exe") == program);
    uint64_t folded = row.value("folded", uint64_t{0});
    seen += folded ? folded : 1;
  }
  CHECK(seen == kRuns);
  CHECK(Sum(command, "processes", "calls") == command.at("calls"));
  daemon.Stop();
}

TEST_CASE("e2e.lives.reused_pid_inherits_nothing") {
  for (std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      Daemon daemon({"object = \"" + object + "\"\n"});
      int gate[2];
      REQUIRE(pipe2(gate, 0) == 0);
      pid_t first = fork();
      if (first == 0) {
        for (int i = 0; i < 101; i++) syscall(SYS_getppid);
        _exit(0);
      }
      waitpid(first, nullptr, 0);
      Json before = ShowWhen(daemon, first, "getppid", 101);

      // The same pid without an exec: nothing but the fork tells the two apart.
      pid_t second = ForkAs(first, [&] {
        char byte;
        close(gate[1]);
        for (int i = 0; i < 7; i++) syscall(SYS_getuid);
        if (read(gate[0], &byte, 1) != 0) _exit(1);
      });
      REQUIRE(second == first);
      Json after = ShowWhen(daemon, second, "getuid", 7);
      CHECK(Count(after, "getppid") == 0);
      CHECK(Count(after, "getpid") == 1);
      // set_robust_list is the C library's, in fork.
      for (const Json& row : after.at("syscalls"))
        CHECK(row.at("calls") == (row.at("name") == "getuid" ? 7 : 1));
      CHECK(after.at("calls") == 7 + Json({"set_robust_list", "getpid", "close", "read"}).size());
      CHECK(after.at("complete") == true);
      close(gate[1]);
      close(gate[0]);
      waitpid(second, nullptr, 0);

      // And once more with another program.
      pid_t third =
          ForkAs(first, [&] { execl(Workload("calls").c_str(), "calls", "getuid=11", nullptr); });
      REQUIRE(third == first);
      waitpid(third, nullptr, 0);
      after = ShowWhen(daemon, third, "getuid", 11);
      CHECK(Count(after, "getppid") == 0);
      CHECK(Count(after, "execve") == 1);
      CHECK(Count(after, "exit_group") == 1);
    }
  }
}

// A thread that takes its leader's place in an exec, which fails then, ends under another tid. What
// it was counted in must not be taken for that of the next thread on its stack.
TEST_CASE("e2e.lives.failed_exec_leaves_nothing") {
  constexpr uint64_t kProcesses = 200, kSuccessors = 400, kEach = 101;
  // Without a hook for the end of threads they are known by their tids.
  const std::vector<std::string> ways = {"object = \"core\"\n", "object = \"plain\"\n",
                                         "object = \"full\"\n",
                                         "disable_hooks = [\"sched_process_exit\"]\n"};
  for (const std::string& way : ways) {
    DYNAMIC_SECTION(way) {
      Daemon daemon({"slots = 4096\n" + way});
      const Json footprint = daemon.Record(
          {Workload("failed_exec"), std::to_string(kProcesses), std::to_string(kSuccessors)});
      RequireSound(footprint);
      CHECK(Count(footprint, "getppid") == kSuccessors * kEach);
      CHECK(Row(footprint, "execve").at("errors") == kProcesses);
      CHECK(Count(footprint, "execve") == 1 + kProcesses + kSuccessors / 2);
      uint64_t working = 0;
      for (const Json& row : footprint.at("processes")) {
        const uint64_t folded = std::max<uint64_t>(row.value("folded", uint64_t{0}), 1);
        if (row.value("comm", "") == "exe") working += folded;
      }
      CHECK(working == kSuccessors / 2);
      // Nobody of them lives on, and no slot is held.
      CHECK(Eventually([&] {
        const Json all = daemon.Query({"show", "--command", "failed_exec"});
        return std::none_of(all.at("processes").begin(), all.at("processes").end(),
                            [](const Json& row) { return row.value("alive", false); });
      }));
      CHECK(Eventually([&] {
        return daemon.Query({"status"}).at("slots").at("used").get<uint64_t>() < kProcesses;
      }));
      daemon.Stop();
    }
  }
}

}  // namespace footprint::e2e
