// SPDX-License-Identifier: Apache-2.0
// What is measured changes under load: calls stay exact, and every change is told.
#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "footprint/v1/footprint.grpc.pb.h"
#include "tests/e2e/daemon.h"
#include "tests/e2e/kernel_modules.h"

namespace footprint::e2e {
namespace {

using Catch::Matchers::Contains;

constexpr char kReport[] = "run.json";

std::unique_ptr<v1::ControlService::Stub> Control(const Daemon& daemon) {
  return v1::ControlService::NewStub(
      grpc::CreateChannel(daemon.target(), grpc::InsecureChannelCredentials()));
}

grpc::Status SetTier(v1::ControlService::Stub& control, const std::string& tier,
                     v1::SetTierResponse* response) {
  grpc::ClientContext context;
  context.set_deadline(WallClockIn(10s));
  v1::SetTierRequest request;
  request.set_tier(tier);
  return control.SetTier(&context, request, response);
}

// Each change begins where the one before ended, inside the window, in order.
void RequireChained(const Json& footprint) {
  const Json& changes = footprint.at("tier_changes");
  const uint64_t begin = footprint.at("provenance").at("start_boottime_ns");
  const uint64_t end = footprint.at("provenance").at("end_boottime_ns");
  uint64_t before = begin;
  for (size_t i = 0; i < changes.size(); ++i) {
    const uint64_t when = changes[i].at("boottime_ns");
    REQUIRE(when >= before);
    REQUIRE(when <= end);
    before = when;
    REQUIRE(changes[i].at("from") != changes[i].at("to"));
    if (i != 0) REQUIRE(changes[i].at("from") == changes[i - 1].at("to"));
  }
  if (changes.empty()) return;
  REQUIRE(changes.back().at("to").at("tier") == footprint.at("tier"));
  REQUIRE(changes.back().at("to").at("shed") == footprint.at("shed"));
}

// The folder of cgroup v2; "" where it is not mounted.
std::string CgroupMount() {
  std::ifstream mounts("/proc/self/mounts");
  for (std::string device, path, type, rest; mounts >> device >> path >> type;) {
    std::getline(mounts, rest);
    if (type == "cgroup2") return path;
  }
  return "";
}

// A cgroup of the test's own, which goes when all that ran there has ended.
class Group {
 public:
  Group() : name_("/footprint_test_" + std::to_string(getpid())), folder_(CgroupMount() + name_) {
    SkipUnless(folder_ != name_, "cgroup v2 is not mounted");
    REQUIRE(mkdir(folder_.c_str(), 0755) == 0);
    fd_ = open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(fd_ >= 0);
  }
  ~Group() {
    close(fd_);
    CHECK(Eventually([&] { return rmdir(folder_.c_str()) == 0; }));
  }
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  const std::string& name() const { return name_; }
  int fd() const { return fd_; }

 private:
  const std::string name_, folder_;
  int fd_ = -1;
};

}  // namespace

TEST_CASE("e2e.tier.calls_are_exact_across_changes") {
  for (std::string object : {"full", "core"}) {
    DYNAMIC_SECTION(object) {
      Daemon daemon({"object = \"" + object + "\"\n"});
      // What the program calls beside what it is told to.
      const Json bare = daemon.Record({Workload("threads"), "4", "0", "0"});
      RequireSound(bare);
      REQUIRE(bare.at("tier_changes").empty());

      const std::string output = daemon.dir() + "/" + kReport;
      std::filesystem::remove(output);
      Launch launch;
      launch.argv = daemon.RecordCommand({Workload("threads"), "4", "1000000", "500000"}, output);
      Process load(launch);
      const auto control = Control(daemon);
      std::vector<std::string> tiers = {"errors", "calls", "latency"};
      if (object == "full") tiers.push_back("full");
      uint64_t asked = 0;
      while (!load.Ended(20ms)) {
        v1::SetTierResponse response;
        const std::string& tier = tiers[asked++ % tiers.size()];
        const grpc::Status status = SetTier(*control, tier, &response);
        INFO(status.error_message());
        REQUIRE(status.ok());
        REQUIRE(response.tier() == tier);
        REQUIRE(response.shed_size() == 0);
      }
      const Outcome outcome = load.Wait(150s);
      INFO(outcome.err);
      REQUIRE(outcome.status == 0);
      const Json footprint = Json::parse(ReadFile(output));
      RequireSound(footprint);
      CHECK(Count(footprint, "getppid") == 4 * 1'000'000 + Count(bare, "getppid"));
      CHECK(Count(footprint, "close") == 4 * 500'000 + Count(bare, "close"));
      CHECK(footprint.at("calls") == 4 * 1'500'000 + bare.at("calls").get<uint64_t>());
      // Errors are told of some of the calls alone, and of no call twice.
      const uint64_t errors = Errno(footprint, "close", "EBADF");
      CHECK(errors <= 4 * 500'000);
      CHECK(Row(footprint, "close").at("errors") == errors);
      CHECK(footprint.at("unfinished") == 0);
      RequireChained(footprint);
      const uint64_t listed =
          footprint.at("tier_changes").size() + footprint.at("tier_changes_older").get<uint64_t>();
      CHECK(listed >= 3);
      CHECK(listed <= asked);
      for (const Json& change : footprint.at("tier_changes")) {
        CHECK(change.at("reason") == "asked by RPC");
      }
      // The cost of what was switched to is known.
      CHECK(footprint.at("cost").at("call").is_object());
    }
  }
}

// An exec leaves as a call of its new image, whose numbers are others where that is a 32-bit one.
TEST_CASE("e2e.tier.an_exec_across_changes_is_not_denied") {
  SkipUnless(access(Workload("i386").c_str(), X_OK) == 0, "no 32-bit programs");
  Daemon daemon;
  TempDir dir;
  WriteFile(dir / "go_on", "");
  Launch launch;
  launch.argv = {
      "/bin/sh", "-c",
      "while [ -e " + (dir / "go_on") + " ]; do " + Workload("i386") + "; sleep 0.01; done"};
  Process load(launch);
  const auto control = Control(daemon);
  // Beside such a load a sanitized daemon may take longer than a client waits.
  for (int i = 0; i < (kSanitized ? 4 : 80); ++i) {
    v1::SetTierResponse response;
    const grpc::Status status = SetTier(*control, i % 2 == 0 ? "calls" : "full", &response);
    INFO(status.error_message());
    REQUIRE((kSanitized || status.ok()));
    if (!status.ok()) break;
  }
  std::filesystem::remove(dir / "go_on");
  load.Wait();
  const Json footprint = daemon.Query({"show", "--command", "i386"});
  CHECK(footprint.at("denied") == 0);
  CHECK(Row(footprint, "execve", "i386").value("denied", 0) == 0);
}

TEST_CASE("e2e.tier.each_measures_what_it_says") {
  Daemon daemon;
  for (std::string tier : {"calls", "errors", "latency", "full", "calls"}) {
    INFO(tier);
    REQUIRE(daemon.Query({"tier", tier}).at("tier") == tier);
    CHECK(daemon.Query({"tier"}).at("tier") == tier);
    const Json footprint = daemon.Record({Workload("calls"), "getppid=23", "close=7"});
    RequireSound(footprint);
    CHECK(footprint.at("tier") == tier);
    CHECK(footprint.at("tier_changes").empty());
    CHECK(Count(footprint, "getppid") == 23);
    CHECK(Errno(footprint, "close", "EBADF") == (tier == "calls" ? 0 : 7));
    const bool times = tier == "latency" || tier == "full";
    CHECK((Row(footprint, "getppid").at("total_ns") != 0) == times);
    CHECK(footprint.at("objects").empty() == (tier != "full"));
  }
  // Since the attach all of it is listed, and the table says so.
  CHECK(daemon.Query({"show"}).at("tier_changes").size() == 5);
  CHECK_THAT(daemon.Client({"show"}).out, Contains("full -> calls (asked by RPC)"));
}

TEST_CASE("e2e.tier.what_cannot_be_is_refused") {
  Daemon daemon({"object = \"core\"\n"});
  const Outcome word = daemon.Client({"tier", "fast"});
  CHECK(word.status == 2);
  CHECK_THAT(word.err, Contains("calls, errors, latency, full"));
  const Outcome full = daemon.Client({"tier", "full"});
  CHECK(full.status == 69);
  CHECK_THAT(full.err, Contains("not possible"));
  CHECK(daemon.Query({"tier"}).at("tier") == "latency");
  CHECK(daemon.Query({"status"}).at("tier_changes").empty());
}

TEST_CASE("e2e.tier.the_governor_sheds_under_load") {
  // Below what the daemon alone takes at ten harvests a second.
  Daemon daemon({"cpu_budget = \"0.001%\"\n"});
  const std::string output = daemon.dir() + "/" + kReport;
  Launch load;
  load.argv = {Workload("threads"), "2", "1000000000"};
  Process busy(load);
  Launch launch;
  launch.argv = daemon.RecordCommand(
      {Workload("calls"), "getppid=200000", "wait", "getppid=200000", "close=1000"}, output);
  launch.keep_input = true;
  Process recorded(launch);
  const bool shed = Eventually(
      [&] {
        return daemon.Query({"tier"}).at("shed") == Json({"latency", "objects"});
      },
      30s);
  CHECK(shed);
  recorded.Write("x");
  const Outcome outcome = recorded.Wait(60s);
  busy.Signal(SIGKILL);
  busy.Wait();
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  const Json footprint = Json::parse(ReadFile(output));
  RequireSound(footprint);
  CHECK(Count(footprint, "getppid") == 400'000);
  // Errors are never shed.
  CHECK(Errno(footprint, "close", "EBADF") == 1000);
  CHECK(footprint.at("tier") == "full");
  RequireChained(footprint);
  const Json& changes = footprint.at("tier_changes");
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].at("to").at("shed") == Json({"latency"}));
  CHECK(changes[1].at("to").at("shed") == Json({"latency", "objects"}));
  for (const Json& change : changes) {
    CHECK_THAT(change.at("reason").get<std::string>(),
               Catch::StartsWith("governor: ") && Contains("budget 0.001 %"));
  }
  // Asking ends it.
  CHECK(daemon.Query({"tier", "full"}).at("shed").empty());
}

TEST_CASE("e2e.tier.costs_are_measured") {
  Daemon daemon;
  const Json status = daemon.Query({"status", "--calibrate"});
  const Json& call = status.at("cost").at("call");
  CHECK(call.at("plain_ns") > 0);
  CHECK(call.at("descriptor_ns") > 0);
  CHECK(call.at("bare_plain_ns") > 0);
  CHECK(call.at("bare_descriptor_ns") > 0);
  CHECK(call.at("measured") == Json({"calls", "errors", "latency", "objects"}));
  CHECK(status.at("call_costs").size() == 1);
  const Json footprint = daemon.Record({Workload("calls"), "getppid=100000"});
  CHECK(footprint.at("cost").at("calls") >= 100'000);
  CHECK(footprint.at("cost").at("kernel_ns") > 0);
  CHECK(footprint.at("cost").at("kernel_percent_of_core") > 0);
  CHECK_THAT(daemon.Client({"status"}).out, Contains("ns a call"));
}

TEST_CASE("e2e.tier.without_calibration_costs_are_unknown") {
  Daemon daemon({"calibrate = false\n"});
  CHECK(daemon.Query({"status"}).at("cost").at("call").is_null());
  const Outcome outcome = daemon.Client({"status", "--calibrate"});
  CHECK(outcome.status == 69);
  CHECK_THAT(outcome.err, Contains("calibrate"));
}

TEST_CASE("e2e.ignore.calls_are_not_counted_and_said") {
  Daemon daemon({"[ignore]\nsyscalls = [\"getppid\"]\n"});
  const Json footprint = daemon.Record({Workload("calls"), "getppid=23", "getuid=17"});
  RequireSound(footprint);
  CHECK(Count(footprint, "getppid") == 0);
  CHECK(Count(footprint, "getuid") == 17);
  CHECK(footprint.at("provenance").at("ignored") == Json({"syscall:getppid"}));
  CHECK_THAT(daemon.Client({"show"}).out, Contains("ignored   syscall:getppid\n"));
}

TEST_CASE("e2e.ignore.programs_are_not_counted") {
  Daemon daemon({"[ignore]\ncommands = [\"calls\"]\n"});
  const Json footprint = daemon.Record(
      {"/bin/sh", "-c", Workload("calls") + " getuid=1017; " + Workload("threads") + " 2 2000"});
  RequireSound(footprint);
  CHECK(Count(footprint, "getuid") < 1017);
  CHECK(Count(footprint, "getppid") >= 4000);
  CHECK(footprint.at("provenance").at("ignored") == Json({"command:calls"}));
}

TEST_CASE("e2e.ignore.cgroups_are_not_counted") {
  const Group group;
  Daemon daemon({"[ignore]\nunits = [\"" + group.name() + "\"]\n"});
  Launch noise;
  noise.argv = {Workload("calls"), "getuid=4242"};
  noise.cgroup = group.fd();
  CHECK(Process(noise).Wait().status == 0);
  const Json footprint = daemon.Query({"show"});
  CHECK(Count(footprint, "getuid") < 4242);
  CHECK(footprint.at("provenance").at("ignored") == Json({"unit:" + group.name()}));
}

// More of them than there is room for: what is not to be counted is not lost.
TEST_CASE("e2e.ignore.calls_without_room_are_no_loss") {
  const Group group;
  Daemon daemon({"slots = 256\nspill_entries = 64\n[ignore]\nunits = [\"" + group.name() +
                 "\"]\ncommands = [\"footprint\", \"e2e_tests\"]\n"});
  Launch noise;
  noise.argv = {Workload("calls"), "getuid=5000", "wait"};
  noise.cgroup = group.fd();
  noise.keep_input = true;
  std::vector<std::unique_ptr<Process>> crowd;
  for (int i = 0; i < 400; i++) crowd.push_back(std::make_unique<Process>(noise));
  Json status;
  CHECK(Eventually([&] {
    status = daemon.Query({"status"});
    return status.at("slots").at("used") == status.at("slots").at("total");
  }));
  // Threads of the client that asks have no room either.
  CHECK(status.at("losses").at("calls_unattributed").get<uint64_t>() < 5000);
}

}  // namespace footprint::e2e
