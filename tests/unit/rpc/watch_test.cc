// SPDX-License-Identifier: Apache-2.0
// Streams over a real socket: nothing is lost unsaid, and they end when they should.
#include "daemon/rpc/watch.h"

#include <catch2/catch.hpp>

#include "tests/unit/rpc/running_server.h"

namespace footprint::rpc {
namespace {

v1::WatchFootprintRequest Watch(int64_t ms, bool delta = false) {
  v1::WatchFootprintRequest request;
  request.mutable_scope()->set_pid(7);
  request.mutable_interval()->set_seconds(ms / 1000);
  request.mutable_interval()->set_nanos(static_cast<int32_t>(ms % 1000 * 1'000'000));
  request.set_delta(delta);
  return request;
}

TEST_CASE("unit.rpc.watch_counts_what_it_skips_and_deltas_add_up") {
  RunningServer running;
  running.control.Set(OneProcess(10));
  Deadline context;
  const auto stub = running.Stub();
  auto reader = stub->WatchFootprint(&context, Watch(100, true));
  v1::WatchFootprintResponse response;
  uint64_t sum = 0, sequence = 0;
  for (uint64_t calls = 10; calls <= 40; calls += 10) {
    running.control.Set(OneProcess(calls));
    while (sum < calls) {
      REQUIRE(reader->Read(&response));
      CHECK(response.sequence() == sequence + 1 + response.skipped());
      sequence = response.sequence();
      sum += response.footprint().calls();
    }
    CHECK(sum == calls);
  }
  context.TryCancel();
}

TEST_CASE("unit.rpc.watch_ends_with_the_process") {
  RunningServer running;
  running.control.Set(OneProcess(10));
  Deadline context;
  const auto stub = running.Stub();
  auto reader = stub->WatchFootprint(&context, Watch(100));
  v1::WatchFootprintResponse response;
  REQUIRE(reader->Read(&response));
  running.control.Set(Nobody());
  while (reader->Read(&response)) {
  }
  CHECK(reader->Finish().error_code() == grpc::StatusCode::NOT_FOUND);
}

TEST_CASE("unit.rpc.watch_keeps_to_one_life_of_a_pid") {
  RunningServer running;
  running.control.Set(OneProcess(10));
  Deadline context;
  const auto stub = running.Stub();
  auto reader = stub->WatchFootprint(&context, Watch(100));
  v1::WatchFootprintResponse response;
  REQUIRE(reader->Read(&response));
  // The pid has gone to another program.
  model::Snapshot later = OneProcess(1000);
  auto other = std::make_shared<model::Life>(*later.lives[0]);
  other->id.birth = 900;
  later.lives = {other};
  running.control.Set(later);
  while (reader->Read(&response)) CHECK(response.footprint().calls() == 10);
  CHECK(reader->Finish().error_code() == grpc::StatusCode::NOT_FOUND);
}

TEST_CASE("unit.rpc.watch_intervals") {
  RunningServer running;
  running.control.Set(OneProcess(10));
  const auto stub = running.Stub();
  for (const int64_t ms : {int64_t{0}, int64_t{99}, int64_t{3'600'001}, int64_t{-1000}}) {
    Deadline context;
    auto reader = stub->WatchFootprint(&context, Watch(ms));
    v1::WatchFootprintResponse response;
    CHECK_FALSE(reader->Read(&response));
    CHECK(reader->Finish().error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  }
}

TEST_CASE("unit.rpc.streams_are_limited_and_given_back") {
  RunningServer running(32, 4);  // of which one process has two
  running.control.Set(OneProcess(10));
  const auto stub = running.Stub();
  v1::WatchFootprintResponse response;
  {
    Deadline first, second, third;
    auto a = stub->WatchFootprint(&first, Watch(3'600'000));
    auto b = stub->WatchFootprint(&second, Watch(3'600'000));
    REQUIRE(a->Read(&response));
    REQUIRE(b->Read(&response));
    auto c = stub->WatchFootprint(&third, Watch(3'600'000));
    CHECK_FALSE(c->Read(&response));
    CHECK(c->Finish().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
    first.TryCancel();
    second.TryCancel();
    a->Finish();
    b->Finish();
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  bool room = false;
  while (!room && std::chrono::steady_clock::now() < end) {
    Deadline context;
    auto reader = stub->WatchFootprint(&context, Watch(1000));
    room = reader->Read(&response);
    context.TryCancel();
    reader->Finish();
  }
  CHECK(room);
}

TEST_CASE("unit.rpc.watchers_of_one_pace_share_harvests") {
  using std::chrono::milliseconds;
  const auto at = [](int ms) { return std::chrono::steady_clock::time_point(milliseconds(ms)); };
  // Whenever in the interval they begin, all are due at the same moment.
  for (int begin = 400; begin < 800; begin += 50)
    CHECK(NextOnGrid(at(begin), milliseconds(400)) == at(800));
  // One that is late by intervals goes on with the grid, not with a burst.
  CHECK(NextOnGrid(at(1950), milliseconds(400)) == at(2000));
  // A slower pace shares every harvest of its own with a faster one that divides it.
  CHECK(NextOnGrid(at(1950), milliseconds(1000)) == at(2000));
}

TEST_CASE("unit.rpc.events_with_their_losses") {
  RunningServer running;
  Deadline context;
  const auto stub = running.Stub();
  v1::WatchEventsRequest request;
  request.add_kinds(v1::EVENT_KIND_PROCESS_EXIT);
  auto reader = stub->WatchEvents(&context, request);
  v1::WatchEventsResponse response;
  const auto event = [](model::Event::Kind kind, uint32_t pid) {
    model::Event e;
    e.kind = kind;
    e.life = {pid, 5};
    e.image.comm = "a\x1b";
    return e;
  };
  // Repeated until the daemon has the request: it tells of nothing before.
  std::jthread knock([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      running.events.Append(event(model::Event::Kind::kExit, 1));
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  REQUIRE(reader->Read(&response));
  knock.request_stop();
  knock.join();
  running.events.AddLost(11);
  running.events.Append(event(model::Event::Kind::kFork, 2));  // not asked for
  running.events.AddLost(2);
  running.events.Append(event(model::Event::Kind::kExit, 3));
  while (response.process().pid() != 3) REQUIRE(reader->Read(&response));
  CHECK(response.lost() == 13);
  CHECK(response.process().comm() == "a\\x1b");
  context.TryCancel();
}

TEST_CASE("unit.rpc.shutdown_ends_streams_at_once") {
  RunningServer running;
  running.control.Set(OneProcess(10));
  Deadline first(30), second(30);
  const auto stub = running.Stub();
  auto watch = stub->WatchFootprint(&first, Watch(3'600'000));
  auto events = stub->WatchEvents(&second, v1::WatchEventsRequest());
  v1::WatchFootprintResponse response;
  v1::WatchEventsResponse event;
  REQUIRE(watch->Read(&response));
  const auto begin = std::chrono::steady_clock::now();
  running.Shutdown();
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(3));
  CHECK_FALSE(watch->Read(&response));
  CHECK(watch->Finish().error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK_FALSE(events->Read(&event));
  CHECK_FALSE(events->Finish().ok());
  CHECK(access(running.path.c_str(), F_OK) != 0);
}

}  // namespace
}  // namespace footprint::rpc
