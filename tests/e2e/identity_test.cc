// SPDX-License-Identifier: Apache-2.0
// Whose call it was: the names of processes, and that asking for them harms nobody.
#include <grpcpp/grpcpp.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "footprint/v1/footprint.grpc.pb.h"
#include "tests/e2e/daemon.h"

namespace footprint::e2e {
namespace {

constexpr uid_t kNobody = 65534;

}  // namespace

// Whoever opens a FIFO for reading waits for a writer: the daemon must not open what others chose.
TEST_CASE("e2e.identity.a_fifo_in_a_programs_place") {
  for (std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      Daemon daemon({"object = \"" + object + "\"\n"});
      TempDir dir;
      std::filesystem::permissions(dir.path(), std::filesystem::perms::all);
      std::filesystem::copy_file("/bin/true", dir / "program");
      WriteFile(dir / "script", "#!/bin/true\n");
      WriteFile(dir / "chain", "#!" + dir / "program" + "\n");
      Launch launch;
      launch.argv = {Workload("replaced")};
      for (const char* name : {"chain", "script", "program"}) {
        std::filesystem::permissions(dir / name, std::filesystem::perms::all);
        launch.argv.push_back(dir / name);
      }
      launch.uid = kNobody;
      REQUIRE(Process(launch).Wait(20s).status == 0);
      for (int i = 0; i < 3; i++) CHECK(daemon.Client({"status"}, 20s).status == 0);
      CHECK(daemon.Client({"show", "--command", "replaced"}, 20s).status == 0);
      daemon.Stop();
    }
  }
}

// The kernel side gives numbers of the first PID namespace, which are strangers' in another.
TEST_CASE("e2e.identity.a_daemon_in_a_pid_namespace") {
  Launch launch;
  TempDir dir;
  launch.argv = {"unshare",
                 "--pid",
                 "--fork",
                 "--mount-proc",
                 Binary("footprintd"),
                 "--listen",
                 "unix:" + dir / "query.sock"};
  const Outcome contained = Process(launch).Wait();
  CHECK(contained.status == 69);
  CHECK(contained.err.find("PID namespace") != std::string::npos);
  CHECK(contained.err.find("--pid=host") != std::string::npos);
}

// The kernel side reads the kernel's own clock.
TEST_CASE("e2e.identity.time_namespaces") {
  DaemonOptions options;
  options.under = {"unshare", "--time", "--boottime", "864000"};
  Daemon daemon(options);
  if (std::filesystem::read_symlink("/proc/" + std::to_string(daemon.pid()) + "/ns/time") ==
      std::filesystem::read_symlink("/proc/self/ns/time")) {
    return;  // before 6.0 an exec does not enter it
  }
  grpc::ClientContext context;
  context.set_deadline(WallClockIn(30s));
  auto reader = v1::FootprintService::NewStub(
                    grpc::CreateChannel(daemon.target(), grpc::InsecureChannelCredentials()))
                    ->WatchEvents(&context, v1::WatchEventsRequest());
  v1::WatchEventsResponse event;
  const auto before = std::chrono::system_clock::now();
  const Json run = daemon.Record({"/bin/true"});
  {
    // The daemon has the request once it tells of somebody.
    std::jthread knock([](std::stop_token stop) {
      while (!stop.stop_requested()) Run({"/bin/true"});
    });
    REQUIRE(reader->Read(&event));
  }
  context.TryCancel();
  const auto time = std::chrono::system_clock::from_time_t(event.time().seconds());
  CHECK(time > before - 60s);
  CHECK(time < before + 3600s);
  const uint64_t began = run.at("processes").at(0).at("start_boottime_ns");
  CHECK(began <= run.at("provenance").at("end_boottime_ns"));
  CHECK(began + 60'000'000'000 > run.at("provenance").at("start_boottime_ns"));
}

// Units that cannot be told are said to be unknown.
TEST_CASE("e2e.identity.cgroup_namespaces") {
  DaemonOptions options;
  options.under = {"unshare", "--cgroup"};
  Daemon daemon(options);
  const Json status = daemon.Query({"status"});
  CHECK(status.at("units_unknown_because").get<std::string>().find("cgroup namespace") !=
        std::string::npos);
}

}  // namespace footprint::e2e
