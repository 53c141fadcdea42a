// SPDX-License-Identifier: Apache-2.0
// Streams: what they say adds up, and a life is told from its fork to its end.
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "tests/e2e/daemon.h"
#include "tests/e2e/kernel_modules.h"
#include "tests/e2e/stub.h"

namespace footprint::e2e {
namespace {

using Catch::Matchers::Contains;

uint64_t CallsOf(const v1::Footprint& footprint, const std::string& name) {
  for (const auto& row : footprint.syscalls())
    if (row.name() == name) return row.calls();
  return 0;
}

// A process that makes 10,007 getppid whenever it gets a byte, twice.
Launch Steps() {
  Launch launch;
  launch.argv = {Workload("calls"), "wait", "getppid=10007", "wait", "getppid=10007", "wait"};
  launch.keep_input = true;
  return launch;
}

v1::WatchFootprintRequest Watch(pid_t pid, bool delta) {
  v1::WatchFootprintRequest request;
  request.mutable_scope()->set_pid(pid);
  request.mutable_interval()->set_nanos(100'000'000);
  request.set_delta(delta);
  return request;
}

}  // namespace

TEST_CASE("e2e.stream.deltas_add_up") {
  Daemon daemon;
  Process process(Steps());
  grpc::ClientContext context;
  context.set_deadline(WallClockIn(30s));
  auto stub = Stub(daemon);
  auto reader = stub->WatchFootprint(&context, Watch(process.pid(), true));
  v1::WatchFootprintResponse response;
  REQUIRE(reader->Read(&response));
  uint64_t sequence = response.sequence(), sum = 0;
  for (uint64_t step : {1, 2}) {
    process.Write("x");
    while (sum < step * 10'007) {
      REQUIRE(reader->Read(&response));
      CHECK(response.sequence() > sequence);
      sequence = response.sequence();
      sum += CallsOf(response.footprint(), "getppid");
    }
    CHECK(sum == step * 10'007);
  }
  // One more message: nothing is told twice.
  REQUIRE(reader->Read(&response));
  CHECK(CallsOf(response.footprint(), "getppid") == 0);
  context.TryCancel();
}

TEST_CASE("e2e.stream.slow_reader_loses_no_counts") {
  Daemon daemon;
  Process process(Steps());
  grpc::ClientContext context;
  context.set_deadline(WallClockIn(60s));
  auto stub = Stub(daemon);
  auto reader = stub->WatchFootprint(&context, Watch(process.pid(), false));
  v1::WatchFootprintResponse response;
  REQUIRE(reader->Read(&response));
  uint64_t sequence = response.sequence(), calls = response.footprint().calls();
  process.Write("x");
  process.Write("x");
  for (int i = 0; i < 200 && CallsOf(response.footprint(), "getppid") < 20'014; i++) {
    REQUIRE(reader->Read(&response));
    // What was not sent is told.
    CHECK(response.sequence() == sequence + 1 + response.skipped());
    CHECK(response.footprint().calls() >= calls);
    sequence = response.sequence();
    calls = response.footprint().calls();
  }
  CHECK(CallsOf(response.footprint(), "getppid") == 20'014);
  context.TryCancel();
}

TEST_CASE("e2e.stream.events_of_a_life") {
  Daemon daemon;
  const bool full = daemon.Query({"status"}).at("bpf_object") == "full";
  grpc::ClientContext context;
  context.set_deadline(WallClockIn(30s));
  auto stub = Stub(daemon);
  auto reader = stub->WatchEvents(&context, v1::WatchEventsRequest());
  v1::WatchEventsResponse event;
  {
    // The daemon has the request once it tells of somebody.
    std::jthread knock([](std::stop_token stop) {
      while (!stop.stop_requested()) Run({"/bin/true"});
    });
    REQUIRE(reader->Read(&event));
  }

  Launch launch;
  launch.argv = {Workload("killed")};
  Process process(launch);
  const uint32_t pid = process.pid();
  CHECK(process.Wait().status == 128 + SIGALRM);
  std::vector<v1::EventKind> kinds;
  while (kinds.empty() || kinds.back() != v1::EVENT_KIND_PROCESS_EXIT) {
    REQUIRE(reader->Read(&event));
    CHECK(event.lost() == 0);
    if (event.process().pid() != pid) continue;
    kinds.push_back(event.kind());
    if (event.kind() == v1::EVENT_KIND_PROCESS_FORK)
      CHECK(event.process().parent_pid() == static_cast<uint32_t>(getpid()));
    if (event.kind() == v1::EVENT_KIND_PROCESS_EXEC)
      CHECK(event.process().exe() == (full && !KernelLetsRead() ? "" : Workload("killed")));
    CHECK(event.has_wait_status() == (full && event.kind() == v1::EVENT_KIND_PROCESS_EXIT));
  }
  CHECK(kinds == std::vector<v1::EventKind>{v1::EVENT_KIND_PROCESS_FORK,
                                            v1::EVENT_KIND_PROCESS_EXEC,
                                            v1::EVENT_KIND_PROCESS_EXIT});
  if (full) CHECK((event.wait_status() & 0x7f) == SIGALRM);
  context.TryCancel();
}

// It would wait for ever.
TEST_CASE("e2e.stream.events_that_cannot_come_are_refused") {
  Daemon daemon(
      {"tier = \"latency\"\n"
       "disable_hooks = [\"sched_process_fork\", \"sched_process_exec\", "
       "\"sched_process_exit\"]\n"});
  const auto refused = [&](const std::string& kind) {
    const Outcome outcome = daemon.Client({"watch", "--events", kind, "--count", "1"});
    CHECK(outcome.status == 69);
    CHECK(outcome.out.empty());
    return outcome.err;
  };
  CHECK_THAT(refused("object"), Contains("objects are not measured in tier latency"));
  CHECK_THAT(refused("process"), Contains("no sched_process hook is attached"));
  const Json modules = daemon.Query({"modules"});
  if (modules.at("followed") == true) return;
  CHECK_THAT(refused("module"),
             Contains("modules are not followed: " + modules.at("reason").get<std::string>()));
}

}  // namespace footprint::e2e
