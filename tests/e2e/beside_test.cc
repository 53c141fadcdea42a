// SPDX-License-Identifier: Apache-2.0
// Other tools at the same tracepoints, who were there first.
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/e2e/daemon.h"

namespace footprint::e2e {
namespace {

// An event of perf on a tracepoint, "subsystem/name": its function stays at the tracepoint, before
// all that comes later, and runs the BPF programs of perf's events for all tools.
class PerfEvent {
 public:
  explicit PerfEvent(const std::string& tracepoint) {
    const std::string id = ReadFile("/sys/kernel/tracing/events/" + tracepoint + "/id");
    INFO("is tracefs mounted? " << tracepoint);
    REQUIRE_FALSE(id.empty());
    perf_event_attr attribute = {};
    attribute.type = PERF_TYPE_TRACEPOINT;
    attribute.size = sizeof(attribute);
    attribute.config = std::strtoull(id.c_str(), nullptr, 10);
    file_ = syscall(SYS_perf_event_open, &attribute, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
    REQUIRE(file_ >= 0);
  }
  PerfEvent(const PerfEvent&) = delete;
  PerfEvent& operator=(const PerfEvent&) = delete;
  ~PerfEvent() { close(file_); }

 private:
  int file_ = -1;
};

// kernel.perf_event_paranoid, for as long as it lives.
class ParanoidPerf {
 public:
  explicit ParanoidPerf(const std::string& value) { WriteFile(kFile, value); }
  ParanoidPerf(const ParanoidPerf&) = delete;
  ParanoidPerf& operator=(const ParanoidPerf&) = delete;
  ~ParanoidPerf() { WriteFile(kFile, before_); }

 private:
  static constexpr char kFile[] = "/proc/sys/kernel/perf_event_paranoid";
  const std::string before_ = ReadFile(kFile);
};

}  // namespace

TEST_CASE("e2e.beside.a_tool_of_perf") {
  const PerfEvent enter("raw_syscalls/sys_enter"), exit("raw_syscalls/sys_exit");
  const PerfEvent fork("sched/sched_process_fork"), exec("sched/sched_process_exec");
  const PerfEvent end("sched/sched_process_exit");
  Daemon daemon;
  const Json footprint =
      daemon.Record({Workload("fan"), "101", "50021", "50023", "50033", "50047"});
  RequireSound(footprint);
  CHECK(Count(footprint, "getppid") == 50021 + 50023 + 50033 + 50047);
  CHECK(Errno(footprint, "close", "EBADF") == 4 * 101);
  CHECK(Count(footprint, "clone") == 4);
  CHECK(Count(footprint, "execve") == 1);
  CHECK(Count(footprint, "exit_group") == 5);
  CHECK(footprint.at("processes").size() == 5);
}

// For kernels that preempt programs and, by a patch of Debian's, keep perf for root at 3: tests/vm
// runs it by name, with a daemon that is not root.
TEST_CASE("e2e.beside.perf_is_refused", "[.][preempts]") {
  const ParanoidPerf three("3");
  Daemon daemon;
  const std::string why = daemon.Query({"status"}).at("degraded_because");
  INFO(why);
  CHECK(why.find("kernel.perf_event_paranoid is 3") != std::string::npos);
  CHECK(why.find("Permission denied") != std::string::npos);
  const Json footprint = daemon.Record({Workload("fan"), "101", "250021", "250023", "250027"});
  const uint64_t all = 250021 + 250023 + 250027, counted = Count(footprint, "getppid");
  const uint64_t missed = footprint.at("losses").at("program_missed");
  INFO("counted " << counted << ", missed " << missed);
  // Two of three are on one CPU, most of the time.
  CHECK(missed > 0);
  CHECK(counted < all);
  CHECK(counted + missed >= all);
  CHECK(footprint.at("complete") == false);
}

}  // namespace footprint::e2e
