// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "daemon/store/store.h"

namespace footprint::store {
namespace {

model::Event Fork(uint32_t pid) {
  return {.kind = model::Event::Kind::kFork, .life = {.pid = pid, .birth = 1}};
}

std::vector<uint32_t> Pids(const EventLog::Batch& batch) {
  std::vector<uint32_t> pids;
  for (const model::Event& event : batch.events) pids.push_back(event.life.pid);
  return pids;
}

using PidList = std::vector<uint32_t>;

TEST_CASE("unit.store.snapshot_latest_wins") {
  SnapshotStore store;
  CHECK(store.Latest() == nullptr);
  const auto first = std::make_shared<model::Snapshot>();
  const auto second = std::make_shared<model::Snapshot>();
  store.Publish(first);
  store.Publish(second);
  CHECK(store.Latest() == second);
  CHECK(first.use_count() == 1);  // nothing old is held
}

TEST_CASE("unit.store.a_gap_that_left_the_log_is_still_counted") {
  EventLog log(2);
  const uint64_t from = log.End();
  log.Append(Fork(1));
  log.AddLost(5);
  for (uint32_t pid : {2, 3}) log.Append(Fork(pid));  // 1 leaves
  const uint64_t early = from + 1;                    // had read event 1
  CHECK(log.Read(early, 100).lost == 5);
  CHECK(log.Read(from, 100).lost == 6);
  log.Append(Fork(4));  // 2 leaves, and the gap before it
  CHECK(log.Read(from, 100).lost == 7);
  CHECK(log.Read(early, 100).lost == 6);
  CHECK(Pids(log.Read(from, 100)) == PidList{3, 4});
}

// Events seen + lost = events appended + lost by the producer, for any reader.
TEST_CASE("unit.store.every_position_is_an_event_or_a_loss") {
  EventLog log(5);
  uint64_t produced = 0, seen = 0, lost = 0, position = log.End();
  uint32_t dice = 1;
  for (int step = 0; step < 2000; ++step) {
    dice = dice * 1664525 + 1013904223;
    const uint32_t roll = dice >> 24;
    if (roll < 130) {
      log.Append(Fork(1));
      produced += 1;
    } else if (roll < 190) {
      log.AddLost(roll % 7);
      produced += roll % 7;
    } else {
      const auto batch = log.Read(position, roll % 4);
      seen += batch.events.size();
      lost += batch.lost;
      position = batch.next;
    }
  }
  const auto rest = log.Read(position, 1000);
  CHECK(seen + rest.events.size() + lost + rest.lost == produced);
  CHECK(rest.next == log.End());
}

TEST_CASE("unit.store.lost_events_are_told_even_when_none_follows") {
  EventLog log(8);
  log.Append(Fork(1));
  const uint64_t position = log.End();
  log.AddLost(11);
  const auto batch = log.Read(position, 1);
  CHECK(batch.events.empty());
  CHECK(batch.lost == 11);
  CHECK(log.Read(batch.next, 1).lost == 0);
}

}  // namespace
}  // namespace footprint::store
