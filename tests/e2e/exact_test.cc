// SPDX-License-Identifier: Apache-2.0
// Known work, exact numbers, no loss; with both BPF objects.
#include <signal.h>

#include <catch2/catch.hpp>

#include "tests/e2e/daemon.h"

namespace footprint::e2e {
namespace {

// Sixteen odd primes: one million in all.
const std::vector<std::string> kMillion = {"62071", "62137", "62201", "62273", "62347", "62417",
                                           "62483", "62549", "62617", "62683", "62753", "62819",
                                           "62897", "62969", "63067", "61717"};
constexpr uint64_t kProcesses = 16;
constexpr uint64_t kErrorsEach = 101;

std::string Config(const std::string& object) { return "object = \"" + object + "\"\n"; }

void CheckMillion(const Daemon& daemon) {
  std::vector<std::string> command = {Workload("fan"), std::to_string(kErrorsEach)};
  command.insert(command.end(), kMillion.begin(), kMillion.end());
  Json footprint = daemon.Record(command);
  RequireSound(footprint);
  CHECK(Count(footprint, "getppid") == 1'000'000);
  CHECK(Row(footprint, "getppid").at("errors") == 0);
  CHECK(Errno(footprint, "close", "EBADF") == kProcesses * kErrorsEach);
  CHECK(Row(footprint, "close").at("errors") == kProcesses * kErrorsEach);
  // The children leave clone without having entered it: neither calls nor denied calls.
  CHECK(Count(footprint, "clone") == kProcesses);
  CHECK(footprint.at("denied") == 0);
  CHECK(Count(footprint, "exit_group") == kProcesses + 1);
  CHECK(Count(footprint, "execve") == 1);
  CHECK(footprint.at("unfinished") == 0);
  CHECK(footprint.at("in_flight") == 0);
}

}  // namespace

TEST_CASE("e2e.exact.million") {
  for (std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      Daemon daemon({Config(object)});
      CHECK(daemon.Query({"status"}).at("bpf_object") == object);
      CheckMillion(daemon);
      daemon.Stop();
    }
  }
}

TEST_CASE("e2e.exact.million_without_btf") {
  Daemon daemon({"", true});
  Json status = daemon.Query({"status"});
  CHECK(status.at("bpf_object") == "core");
  CHECK_FALSE(status.at("degraded_because").get<std::string>().empty());
  CheckMillion(daemon);
}

TEST_CASE("e2e.exact.errors") {
  for (std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      Daemon daemon({Config(object)});
      Json footprint = daemon.Record({Workload("calls"), "none=13", "close=29", "number=-1",
                                      "number=999", "getppid=31", "getuid=37"});
      RequireSound(footprint);
      // A failed execve stays in its image; the one that began it is the fourteenth.
      CHECK(Count(footprint, "execve") == 14);
      CHECK(Errno(footprint, "execve", "ENOENT") == 13);
      CHECK(Errno(footprint, "close", "EBADF") == 29);
      CHECK(Count(footprint, "getppid") == 31);
      CHECK(Count(footprint, "getuid") == 37);
      CHECK(Count(footprint, "unknown:999") == 1);
      CHECK(Errno(footprint, "unknown:999", "ENOSYS") == 1);
      CHECK(Count(footprint, "unknown:-1") == 1);
      CHECK(Errno(footprint, "unknown:-1", "ENOSYS") == 1);
      CHECK(footprint.at("errors") == Sum(footprint, "syscalls", "errors"));
    }
  }
}

TEST_CASE("e2e.exact.tiers") {
  for (std::string tier : {"calls", "errors", "latency"}) {
    DYNAMIC_SECTION(tier) {
      Daemon daemon({"tier = \"" + tier + "\"\n"});
      CHECK(daemon.Query({"status"}).at("tier") == tier);
      Json footprint = daemon.Record({Workload("calls"), "none=3", "close=29", "getppid=31"});
      RequireSound(footprint);
      CHECK(footprint.at("tier") == tier);
      CHECK(Count(footprint, "execve") == 4);
      CHECK(Count(footprint, "close") >= 29);
      CHECK(Count(footprint, "getppid") == 31);
      CHECK(Errno(footprint, "close", "EBADF") == (tier == "calls" ? 0 : 29));
      CHECK((Row(footprint, "getppid").at("total_ns") > 0) == (tier == "latency"));
    }
  }
}

// It sleeps in a call since before the attach, and from then on every call is refused.
TEST_CASE("e2e.exact.denied_to_an_older_process") {
  for (std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      Launch launch;
      launch.argv = {Workload("denied"), "23", "wait"};
      launch.keep_input = true;
      Process process(launch);
      REQUIRE(Eventually([&] { return process.out() == "up\n"; }));
      Daemon daemon({Config(object)});
      process.Write("x");
      CHECK(process.Wait().status == 0);
      const Json footprint = daemon.Query({"show", "--pid", std::to_string(process.pid())});
      RequireSound(footprint);
      CHECK(Row(footprint, "getppid").value("denied", 0) == 23);
      CHECK(Count(footprint, "getuid") == 7);
    }
  }
}

#ifdef __x86_64__
// The kernel leaves 32 bits of the error in a register of 64, arch/x86/kernel/ldt.c.
TEST_CASE("e2e.exact.an_error_of_32_bits") {
  Daemon daemon;
  const Json footprint = daemon.Record({Workload("calls"), "ldt=5"});
  RequireSound(footprint);
  CHECK(Count(footprint, "modify_ldt") == 5);
  CHECK(Errno(footprint, "modify_ldt", "ENOSYS") == 5);
}
#endif

TEST_CASE("e2e.exact.denied_by_seccomp") {
  for (std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      Daemon daemon({Config(object)});
      Json footprint = daemon.Record({Workload("denied"), "23"});
      RequireSound(footprint);
      CHECK(Count(footprint, "getppid") == 0);
      CHECK(Row(footprint, "getppid").at("denied") == 23);
      CHECK(footprint.at("denied") == 23);
      CHECK(Count(footprint, "getuid") == 7);
    }
  }
}

TEST_CASE("e2e.exact.in_flight") {
  Daemon daemon;
  Launch launch;
  launch.argv = {Workload("calls"), "getppid=23", "wait"};
  launch.keep_input = true;
  Process process(launch);
  const std::string pid = std::to_string(process.pid());
  Json footprint;
  REQUIRE(Eventually([&] {
    footprint = daemon.Query({"show", "--pid", pid});
    return Count(footprint, "getppid") == 23 && footprint.at("in_flight") == 1;
  }));
  uint64_t reads = Count(footprint, "read");
  CHECK(footprint.at("unfinished") == 0);
  process.Write("x");
  CHECK(process.Wait().status == 0);
  footprint = daemon.Query({"show", "--pid", pid});
  CHECK(footprint.at("in_flight") == 0);
  CHECK(Count(footprint, "read") == reads);
  CHECK(Count(footprint, "getppid") == 23);
  CHECK(Count(footprint, "exit_group") == 1);
}

// arm64 has no pause of its own.
#ifdef __aarch64__
constexpr char kPause[] = "ppoll";
#else
constexpr char kPause[] = "pause";
#endif

// A call that a signal's death interrupts leaves with the kernel's restart code before
// the thread dies, so it is an error, not an unfinished call.
TEST_CASE("e2e.exact.killed_while_blocked") {
  Daemon daemon;
  Json footprint = daemon.Record({Workload("killed")}, 128 + SIGALRM);
  RequireSound(footprint);
  CHECK(Count(footprint, kPause) == 1);
  CHECK(Errno(footprint, kPause, "ERESTARTNOHAND") == 1);
  CHECK(footprint.at("in_flight") == 0);
  CHECK(Count(footprint, "exit_group") == 0);
}

TEST_CASE("e2e.exact.unfinished") {
  for (std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      Daemon daemon({Config(object)});
      Json footprint = daemon.Record({Workload("halted")});
      RequireSound(footprint);
      CHECK(Count(footprint, "reboot") == 1);
      CHECK(footprint.at("unfinished") == 1);
      CHECK(footprint.at("in_flight") == 0);
    }
  }
}

#ifdef __x86_64__
TEST_CASE("e2e.exact.i386") {
  for (std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      Daemon daemon({Config(object)});
      Json footprint = daemon.Record({Workload("i386")});
      RequireSound(footprint);
      CHECK(Count(footprint, "getppid", "i386") == 41);
      CHECK(Count(footprint, "close", "i386") == 5);
      CHECK(Errno(footprint, "close", "EBADF", "i386") == 5);
      CHECK(Count(footprint, "exit", "i386") == 1);
      // The execve was made by a 64-bit program.
      CHECK(footprint.at("calls") == 41 + 5 + 1 + 1);

      footprint = daemon.Record({Workload("int80"), "43", "17"});
      RequireSound(footprint);
      CHECK(Count(footprint, "getppid", "i386") == 43);
      CHECK(Count(footprint, "getppid", "x86_64") == 17);
    }
  }
}
#endif

#ifdef __aarch64__
TEST_CASE("e2e.exact.arm") {
  for (std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      Daemon daemon({Config(object)});
      Json footprint = daemon.Record({Workload("arm")});
      RequireSound(footprint);
      CHECK(Count(footprint, "getppid", "arm") == 41);
      CHECK(Count(footprint, "close", "arm") == 5);
      CHECK(Errno(footprint, "close", "EBADF", "arm") == 5);
      CHECK(Count(footprint, "set_tls", "arm") == 3);
      CHECK(Count(footprint, "exit", "arm") == 1);
      // The execve was made by a 64-bit program.
      CHECK(footprint.at("calls") == 41 + 5 + 3 + 1 + 1);
    }
  }
}
#endif

}  // namespace footprint::e2e
