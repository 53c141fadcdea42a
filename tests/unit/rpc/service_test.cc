// SPDX-License-Identifier: Apache-2.0
// Requests to a real server: answers, and refusals with a clear code and text.
#include <algorithm>
#include <catch2/catch.hpp>
#include <tuple>

#include "tests/unit/rpc/running_server.h"

namespace footprint::rpc {
namespace {

void CheckRefused(const grpc::Status& status, grpc::StatusCode code) {
  INFO(status.error_message());
  CHECK(status.error_code() == code);
  CHECK_FALSE(status.error_message().empty());
  CHECK(status.error_message().size() < 1024);
}

grpc::Status Get(const RunningServer& running, const v1::Scope& scope,
                 v1::GetFootprintResponse* response) {
  Deadline context;
  v1::GetFootprintRequest request;
  *request.mutable_scope() = scope;
  return running.Stub()->GetFootprint(&context, request, response);
}

model::Snapshot ManyProcesses(uint32_t count, const std::string& command_line) {
  model::Snapshot snapshot = OneProcess(23);
  const model::Life one = *snapshot.lives[0];
  auto image = std::make_shared<model::Image>(*one.images[0]);
  image->program = std::make_shared<model::Program>(model::Program{.argv = command_line});
  snapshot.lives.clear();
  for (uint32_t pid = 1; pid <= count; ++pid) {
    auto life = std::make_shared<model::Life>(one);
    life->id = {pid, 100};
    life->images = {image};
    life->alive = pid % 2 == 1;
    if (!life->alive) {
      auto dead = std::make_shared<model::Image>(*image);
      dead->alive = false;
      life->images = {dead};
    }
    snapshot.lives.push_back(life);
  }
  return snapshot;
}

TEST_CASE("unit.rpc.footprint_by_scope") {
  RunningServer running;
  running.control.Set(OneProcess(23));
  v1::Scope scope;
  v1::GetFootprintResponse response;
  scope.set_pid(7);
  REQUIRE(Get(running, scope, &response).ok());
  CHECK(response.footprint().calls() == 23);
  CHECK(response.footprint().processes(0).exe() == "/usr/bin/work");
  scope.set_pid(8);
  CheckRefused(Get(running, scope, &response), grpc::StatusCode::NOT_FOUND);
  CheckRefused(Get(running, v1::Scope(), &response), grpc::StatusCode::INVALID_ARGUMENT);
  // The pattern comes back in the text, but not to the terminal.
  scope.set_command("\x1b[2J");
  const grpc::Status status = Get(running, scope, &response);
  CheckRefused(status, grpc::StatusCode::NOT_FOUND);
  CHECK(status.error_message().find('\x1b') == std::string::npos);
}

TEST_CASE("unit.rpc.replies_stay_below_the_limit") {
  RunningServer running;
  // Every byte of these is escaped, to four times its size.
  running.control.Set(ManyProcesses(1500, std::string(4000, '\xff')));
  v1::Scope scope;
  v1::GetFootprintResponse response;
  scope.set_system(true);
  const grpc::Status status = Get(running, scope, &response);
  INFO(status.error_message());
  REQUIRE(status.ok());
  CHECK(response.footprint().calls() == 1500 * 23);
  CHECK(response.footprint().processes_truncated());
  CHECK(response.ByteSizeLong() < 8 << 20);
  // A list has pages for that: nobody is left out.
  v1::ListProcessesRequest request;
  request.set_page_size(1000);
  request.set_include_dead(true);
  uint32_t seen = 0;
  do {
    Deadline context;
    v1::ListProcessesResponse page;
    const grpc::Status listed = running.Stub()->ListProcesses(&context, request, &page);
    INFO(listed.error_message());
    REQUIRE(listed.ok());
    REQUIRE(page.processes_size() > 0);
    for (const auto& process : page.processes()) CHECK(process.pid() == ++seen);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  CHECK(seen == 1500);
}

TEST_CASE("unit.rpc.too_many_syscalls_for_a_reply_are_folded") {
  RunningServer running;
  model::Snapshot snapshot = OneProcess(1);
  model::Counts counts;
  for (int32_t number = 0; number < 100'000; ++number) {
    counts.calls.push_back({{.abi = 1, .number = number}, {.calls = 1}});
  }
  auto image = std::make_shared<model::Image>(*snapshot.lives[0]->images[0]);
  image->counts = model::PackedCounts::Pack(counts);
  auto life = std::make_shared<model::Life>(*snapshot.lives[0]);
  life->images = {image};
  snapshot.lives = {life};
  running.control.Set(snapshot);
  v1::GetFootprintResponse response;
  Deadline context(60);
  v1::GetFootprintRequest request;
  request.mutable_scope()->set_system(true);
  REQUIRE(running.Stub()->GetFootprint(&context, request, &response).ok());
  CHECK(response.ByteSizeLong() < 4 << 20);
  CHECK(response.footprint().calls() == 100'000);
  uint64_t calls = 0;
  for (const auto& row : response.footprint().syscalls()) calls += row.calls();
  CHECK(calls == 100'000);
  CHECK(response.footprint().notes_size() == 1);
}

// A process that was moved has an image in each of its cgroups.
TEST_CASE("unit.rpc.pages_end_between_images_of_one_number") {
  RunningServer running;
  model::Snapshot snapshot = OneProcess(1);
  auto life = std::make_shared<model::Life>(*snapshot.lives[0]);
  const model::Image one = *life->images[0];
  life->images.clear();
  for (const auto& [number, cgroup] : {std::pair{1, 5}, {1, 9}, {2, 5}, {2, 9}}) {
    auto image = std::make_shared<model::Image>(one);
    image->number = number;
    image->cgroup_id = cgroup;
    image->cgroup = "/g" + std::to_string(cgroup);
    life->images.push_back(image);
  }
  snapshot.lives = {life};
  running.control.Set(snapshot);
  std::vector<std::string> seen;
  v1::ListProcessesRequest request;
  request.set_page_size(1);
  request.set_include_dead(true);
  do {
    Deadline context;
    v1::ListProcessesResponse page;
    REQUIRE(running.Stub()->ListProcesses(&context, request, &page).ok());
    for (const auto& row : page.processes()) {
      seen.push_back(std::to_string(row.image()) + row.cgroup());
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && seen.size() < 10);
  CHECK(seen == std::vector<std::string>{"1/g5", "1/g9", "2/g5", "2/g9"});
}

TEST_CASE("unit.rpc.pages") {
  RunningServer running;
  running.control.Set(ManyProcesses(25, "work"));
  const auto list = [&](int32_t size, const std::string& token, bool dead,
                        v1::ListProcessesResponse* page) {
    Deadline context;
    v1::ListProcessesRequest request;
    request.set_page_size(size);
    request.set_page_token(token);
    request.set_include_dead(dead);
    page->Clear();
    return running.Stub()->ListProcesses(&context, request, page);
  };
  v1::ListProcessesResponse page;
  CheckRefused(list(-1, "", true, &page), grpc::StatusCode::INVALID_ARGUMENT);
  for (const std::string token :
       {"x", "1.2", "1.2.3", "1.2.3.4.5", "-1.2.3.4", "99999999999.0.0.0"}) {
    CheckRefused(list(5, token, true, &page), grpc::StatusCode::INVALID_ARGUMENT);
  }
  for (const bool dead : {true, false}) {
    std::vector<uint32_t> pids;
    std::string token;
    do {
      REQUIRE(list(5, token, dead, &page).ok());
      for (const auto& process : page.processes()) pids.push_back(process.pid());
      token = page.next_page_token();
    } while (!token.empty());
    CHECK(pids.size() == (dead ? 25 : 13));
    CHECK(std::is_sorted(pids.begin(), pids.end()));
  }
}

TEST_CASE("unit.rpc.recordings") {
  RunningServer running;
  const auto stub = v1::ControlService::NewStub(running.Channel());
  const auto start = [&](const v1::StartRecordingRequest& request,
                         v1::StartRecordingResponse* response) {
    Deadline context;
    return stub->StartRecording(&context, request, response);
  };
  v1::StartRecordingRequest request;
  v1::StartRecordingResponse started;
  request.mutable_scope()->set_tree_pid(7);
  request.set_from_next_exec(true);
  request.set_label("nightly");
  REQUIRE(start(request, &started).ok());
  CHECK(started.recording_id() == "r1-nightly");
  request.set_label(std::string(201, 'x'));
  CheckRefused(start(request, &started), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_label("");
  request.mutable_scope()->set_pid(7);
  CheckRefused(start(request, &started), grpc::StatusCode::INVALID_ARGUMENT);
  request.mutable_scope()->set_tree_pid(404);
  CheckRefused(start(request, &started), grpc::StatusCode::NOT_FOUND);

  const auto stop = [&](const std::string& id, v1::StopRecordingResponse* response) {
    Deadline context;
    v1::StopRecordingRequest end;
    end.set_recording_id(id);
    return stub->StopRecording(&context, end, response);
  };
  v1::StopRecordingResponse stopped;
  REQUIRE(stop("r1", &stopped).ok());
  CHECK(stopped.footprint().calls() == 23);
  CheckRefused(stop("", &stopped), grpc::StatusCode::NOT_FOUND);
  // An id that would not fit into the trailers if it were repeated there.
  CheckRefused(stop(std::string(100'000, 'r'), &stopped), grpc::StatusCode::NOT_FOUND);
}

// A recording is its connection's, unless it was asked to outlive it.
TEST_CASE("unit.rpc.recordings_have_an_owner") {
  RunningServer running;
  v1::StartRecordingRequest request;
  v1::StartRecordingResponse started;
  request.mutable_scope()->set_system(true);
  for (const bool outlives : {false, true}) {
    Deadline context;
    request.set_outlives_client(outlives);
    const auto stub = v1::ControlService::NewStub(running.Channel());
    REQUIRE(stub->StartRecording(&context, request, &started).ok());
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  running.control.WaitForGone(2, end);
  running.Shutdown();
  const auto& [owners, gone] = std::tie(running.control.owners, running.control.gone);
  REQUIRE(owners.size() == 2);
  CHECK_FALSE(owners[0].empty());
  CHECK(owners[1].empty());
  REQUIRE(gone.size() >= 2);
  CHECK(std::count(gone.begin(), gone.end(), owners[0]) == 1);
}

TEST_CASE("unit.rpc.message_over_the_limit") {
  RunningServer running;
  v1::Scope scope;
  v1::GetFootprintResponse response;
  scope.set_command(std::string(1 << 20, 'x'));
  CheckRefused(Get(running, scope, &response), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

}  // namespace
}  // namespace footprint::rpc
