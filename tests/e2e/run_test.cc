// SPDX-License-Identifier: Apache-2.0
// `footprint run` is as its command: status, input, output, signals.
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "footprint/v1/footprint.grpc.pb.h"
#include "tests/e2e/daemon.h"

namespace footprint::e2e {

using Catch::Matchers::Contains;

TEST_CASE("e2e.run.exit_status") {
  Daemon daemon;
  daemon.Record({"/bin/true"}, 0);
  daemon.Record({"/bin/sh", "-c", "exit 41"}, 41);
  daemon.Record({"/bin/sh", "-c", "kill -9 $$"}, 128 + SIGKILL);
  daemon.Record({Workload("killed")}, 128 + SIGALRM);
  CHECK(daemon.Client({"run", "--", "/bin/true"}).status == 0);
}

TEST_CASE("e2e.run.command_that_cannot_start") {
  Daemon daemon;
  Outcome outcome = Run(daemon.RecordCommand({"/nonexistent/program"}, daemon.dir() + "/x"));
  CHECK(outcome.status == 127);
  CHECK(outcome.err.find("/nonexistent/program") != std::string::npos);
  WriteFile(daemon.dir() + "/plain", "no program");
  outcome = Run(daemon.RecordCommand({daemon.dir() + "/plain"}, daemon.dir() + "/x"));
  CHECK(outcome.status == 126);
  CHECK(outcome.err.find("/plain") != std::string::npos);
}

TEST_CASE("e2e.run.passes_input_output_and_signals") {
  Daemon daemon;
  Launch launch;
  launch.argv =
      daemon.RecordCommand({"/bin/sh", "-c",
                            "trap 'echo caught; exit 7' TERM; read word; echo got $word >&2; "
                            "echo ready; while :; do read word; done"},
                           daemon.dir() + "/run.json");
  launch.keep_input = true;
  Process client(launch);
  client.Write("seven\n");
  REQUIRE(Eventually([&] { return client.out().find("ready") != std::string::npos; }));
  client.Signal(SIGTERM);
  Outcome outcome = client.Wait(20s);
  CHECK(outcome.status == 7);
  CHECK(outcome.out == "ready\ncaught\n");
  CHECK(outcome.err.find("got seven") != std::string::npos);
  Json footprint = Json::parse(ReadFile(daemon.dir() + "/run.json"));
  RequireSound(footprint);
  CHECK(Count(footprint, "rt_sigreturn") + Count(footprint, "exit_group") >= 1);
}

// Only the command's own tree, from its first instruction on.
TEST_CASE("e2e.run.follows_the_tree_alone") {
  Daemon daemon;
  Launch other;
  other.argv = {Workload("storm")};
  // No faster than a slow daemon can follow: the losses of others are ours, too.
  if (kSanitized) other.argv.push_back("500");
  other.keep_input = true;
  Process noise(other);
  Json footprint = daemon.Record(
      {"/bin/sh", "-c",
       Workload("calls") + " getppid=23 & " + Workload("calls") + " getuid=29; wait"});
  RequireSound(footprint);
  CHECK(Count(footprint, "getppid") == 23 + 1);  // dash makes one at its start
  CHECK(Count(footprint, "execve") == 3);
  CHECK(Count(footprint, "exit_group") == 3);
  noise.Signal(SIGTERM);
  noise.Wait();
}

TEST_CASE("e2e.run.formats") {
  Daemon daemon;
  Outcome table =
      daemon.Client({"run", "--format", "table", "--", Workload("calls"), "getppid=23"});
  CHECK(table.status == 0);
  CHECK(table.err.find("getppid") != std::string::npos);
  Outcome csv = Run({Binary("footprint"), "run", "--target", daemon.target(), "--format", "csv",
                     "--", Workload("calls"), "getppid=23"});
  CHECK(csv.status == 0);
  CHECK(csv.out.find("getppid") != std::string::npos);
  CHECK(daemon.Client({"show", "--format", "yaml"}).status == 2);
  CHECK(daemon.Client({"no-such-command"}).status == 2);
}

// Standard output is the command's or the document's, never both.
TEST_CASE("e2e.run.the_report_keeps_out_of_the_commands_output") {
  Daemon daemon;
  const std::vector<std::string> command = {"--", "/bin/sh", "-c", "echo mine; echo complaint >&2"};
  const auto run = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "run");
    words.insert(words.end(), command.begin(), command.end());
    return daemon.Client(words);
  };
  const Outcome table = run({});
  CHECK(table.status == 0);
  CHECK(table.out == "mine\n");
  CHECK_THAT(table.err, Catch::StartsWith("complaint\ncommand ") && Contains("COMPLETE\n"));
  const Outcome json = run({"--format", "json"});
  CHECK(json.status == 0);
  CHECK(json.err == "mine\ncomplaint\n");
  RequireSound(Json::parse(json.out));
  const Outcome csv = run({"--format", "csv", "--by", "subsystem", "--limit", "2"});
  CHECK(csv.err == "mine\ncomplaint\n");
  CHECK_THAT(csv.out, Catch::StartsWith("name,title,calls,errors,denied,total_ns,complete\r\n"));
  CHECK(std::count(csv.out.begin(), csv.out.end(), '\n') == 3);
  for (const char* out : {"-", "/dev/stdout"}) {
    const Outcome asked = run({"--output", out});
    CHECK(asked.err == "mine\ncomplaint\n");
    CHECK_THAT(asked.out, Catch::StartsWith("command ") && Contains("COMPLETE\n"));
  }
  const Outcome file = run({"--format", "json", "--output", daemon.dir() + "/out.json"});
  CHECK(file.out == "mine\n");
  CHECK(file.err == "complaint\n");
  RequireSound(Json::parse(ReadFile(daemon.dir() + "/out.json")));
  // As the next program of a pipe sees it.
  const Outcome piped = Run({"/bin/sh", "-c",
                             Binary("footprint") + " run --target " + daemon.target() +
                                 " --format json -- /bin/echo mine 2>/dev/null | tail -n 1"});
  CHECK(piped.out == "}\n");
}

TEST_CASE("e2e.run.a_report_that_cannot_be_written_is_a_failure") {
  Daemon daemon;
  const Outcome full = daemon.Client({"run", "--output", "/dev/full", "--", "/bin/true"});
  CHECK(full.status == 74);
  CHECK(full.err == "footprint: cannot write /dev/full: No space left on device\n");
  // The command's own failure is told first.
  CHECK(daemon.Client({"run", "--output", "/dev/full", "--", "/bin/sh", "-c", "exit 3"}).status ==
        3);
  const Outcome piped = Run({"/bin/sh", "-c",
                             Binary("footprint") + " run --target " + daemon.target() +
                                 " --format json -- /bin/true > /dev/full"});
  CHECK(piped.status == 74);
  CHECK(piped.err == "footprint: cannot write standard output: No space left on device\n");
}

TEST_CASE("e2e.run.files_are_replaced_by_force_alone") {
  Daemon daemon;
  const std::string file = daemon.dir() + "/kept";
  WriteFile(file, "precious");
  const std::string trace = daemon.dir() + "/trace";
  for (std::vector<std::string> words : std::vector<std::vector<std::string>>{
           {"run", "--output", file, "--", "/bin/touch", trace}, {"show", "--output", file}}) {
    const Outcome refused = daemon.Client(words);
    CHECK(refused.status == 2);
    CHECK_THAT(refused.err, Contains(file + ": it exists; --force replaces it"));
  }
  CHECK(ReadFile(file) == "precious");
  CHECK(access(trace.c_str(), F_OK) != 0);  // known before anything ran
  // One that appears while the command runs is kept, too.
  const std::string late = daemon.dir() + "/late";
  const Outcome raced =
      daemon.Client({"run", "--output", late, "--", "/bin/sh", "-c", "echo precious > " + late});
  CHECK(raced.status == 74);
  CHECK_THAT(raced.err, Contains(late + ": File exists"));
  CHECK(ReadFile(late) == "precious\n");
  CHECK(daemon.Client({"run", "--force", "--output", file, "--", "/bin/true"}).status == 0);
  CHECK_THAT(ReadFile(file), Contains("COMPLETE"));
}

// As if the client were not there.
TEST_CASE("e2e.run.signals_and_limits_are_inherited") {
  Daemon daemon;
  const std::string report = daemon.dir() + "/report";
  const Outcome bare = Run({Workload("inherit"), "as", Workload("inherit"), "show"});
  const Outcome run = Run({Workload("inherit"), "as", Binary("footprint"), "run", "--target",
                           daemon.target(), "--output", report, "--", Workload("inherit"), "show"});
  REQUIRE(bare.status == 0);
  INFO(run.err);
  CHECK(run.status == 0);
  CHECK_THAT(bare.out, Contains("ignored 13\n") && Contains("ignored 17\n") && Contains(" 333 "));
  CHECK(run.out == bare.out);
  CHECK(Run({Workload("inherit"), "show"}).out ==
        daemon.Client({"run", "--output", "-", "--force", "--", Workload("inherit"), "show"}).err);
}

// No signal parts client and command: it is passed on, and the report still comes.
TEST_CASE("e2e.run.signals_to_the_client_reach_the_command") {
  Daemon daemon;
  const int realtime = SIGRTMIN + 2;
  for (int signal : {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGINT, SIGQUIT, SIGHUP,
                     SIGTERM, SIGIO, SIGPWR, SIGXCPU, SIGABRT, realtime}) {
    for (bool caught : {true, false}) {
      CAPTURE(signal, caught);
      const std::string number = std::to_string(signal);
      const std::string output = daemon.dir() + "/" + number + (caught ? "c" : "u");
      Launch launch;
      launch.argv = daemon.RecordCommand(
          {"/bin/sh", "-c",
           (caught ? "trap 'echo caught; exit 7' " + number + "; " : std::string()) +
               "ulimit -c 0; echo ready; while :; do read word; done"},
          output);
      launch.keep_input = true;
      Process client(launch);
      REQUIRE(Eventually([&] { return client.out().find("ready") != std::string::npos; }));
      client.Signal(signal);
      const Outcome outcome = client.Wait(20s);
      CHECK(outcome.status == (caught ? 7 : 128 + signal));
      CHECK(outcome.out == (caught ? "ready\ncaught\n" : "ready\n"));
      const Json footprint = Json::parse(ReadFile(output));
      RequireSound(footprint);
      CHECK(footprint.at("run").at("signal") == (caught ? 0 : signal));
    }
  }
}

// A failure of ours is told by a status of ours, and never by the 1 that a command may mean.
TEST_CASE("e2e.run.a_daemon_that_is_full") {
  Daemon daemon;
  const auto stub = v1::ControlService::NewStub(
      grpc::CreateChannel(daemon.target(), grpc::InsecureChannelCredentials()));
  grpc::Status status;
  for (int i = 0; status.ok() && i < 10'000; i++) {
    grpc::ClientContext context;
    context.set_deadline(WallClockIn(20s));
    v1::StartRecordingRequest request;
    v1::StartRecordingResponse response;
    request.mutable_scope()->set_system(true);
    status = stub->StartRecording(&context, request, &response);
  }
  REQUIRE(status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  const std::string trace = daemon.dir() + "/trace";
  const Outcome outcome = daemon.Client({"run", "--", "/bin/touch", trace});
  INFO(outcome.err);
  CHECK(outcome.status == 69);
  CHECK(access(trace.c_str(), F_OK) != 0);
}

namespace {

// Answers what a test wants, as a daemon that does not know the client's pid, or is stopping.
class Refusing final : public v1::ControlService::Service {
 public:
  grpc::Status StartRecording(grpc::ServerContext*, const v1::StartRecordingRequest*,
                              v1::StartRecordingResponse* response) override {
    response->set_recording_id("r1");
    return start;
  }
  grpc::Status StopRecording(grpc::ServerContext*, const v1::StopRecordingRequest*,
                             v1::StopRecordingResponse*) override {
    return stop;
  }
  grpc::Status start, stop;
};

}  // namespace

TEST_CASE("e2e.run.refusals_never_look_like_the_command") {
  TempDir dir;
  const std::string target = "unix:" + dir / "s";
  Refusing service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(target, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const std::string trace = dir / "trace";
  const auto run = [&](const std::string& script) {
    return Run({Binary("footprint"), "run", "--target", target, "--", "/bin/sh", "-c", script});
  };
  using Code = grpc::StatusCode;
  for (const auto& [code, expected] : {std::pair(Code::NOT_FOUND, 69),
                                       {Code::RESOURCE_EXHAUSTED, 69},
                                       {Code::CANCELLED, 69},
                                       {Code::UNAVAILABLE, 69},
                                       {Code::FAILED_PRECONDITION, 69},
                                       {Code::PERMISSION_DENIED, 77},
                                       {Code::INTERNAL, 70},
                                       {Code::UNIMPLEMENTED, 76}}) {
    CAPTURE(code);
    service.start = grpc::Status(code, "for the test");
    const Outcome outcome = run("echo ran > " + trace);
    CHECK(outcome.status == expected);
    CHECK_THAT(outcome.err, Contains("for the test"));
    CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  }
  CHECK(access(trace.c_str(), F_OK) != 0);
  service.start = grpc::Status::OK;
  for (const auto& [code, expected] :
       {std::pair(Code::NOT_FOUND, 69), {Code::CANCELLED, 69}, {Code::DEADLINE_EXCEEDED, 75}}) {
    CAPTURE(code);
    service.stop = grpc::Status(code, "");
    const Outcome lost = run("true");
    CHECK(lost.status == expected);
    CHECK_THAT(lost.err, Contains("the command ended, but its footprint is lost"));
    CHECK(run("exit 3").status == 3);
  }
}

}  // namespace footprint::e2e
