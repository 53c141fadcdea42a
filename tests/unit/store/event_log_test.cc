// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "daemon/store/store.h"

namespace footprint::store {
namespace {

model::Event Numbered(uint32_t pid) {
  model::Event event;
  event.life.pid = pid;
  return event;
}

TEST_CASE("unit.store.events_are_read_in_order_from_a_position") {
  EventLog log(8);
  for (uint32_t i = 0; i < 3; ++i) log.Append(Numbered(i));
  const auto batch = log.Read(1, 10);
  REQUIRE(batch.events.size() == 2);
  CHECK(batch.events[0].life.pid == 1);
  CHECK(batch.next == 3);
  CHECK(batch.lost == 0);
  CHECK(log.Read(batch.next, 10).events.empty());
}

TEST_CASE("unit.store.a_slow_reader_learns_how_many_it_missed") {
  EventLog log(4);
  for (uint32_t i = 0; i < 10; ++i) log.Append(Numbered(i));
  const auto batch = log.Read(0, 100);
  CHECK(batch.lost == 6);
  REQUIRE(batch.events.size() == 4);
  CHECK(batch.events[0].life.pid == 6);
}

TEST_CASE("unit.store.gaps_of_the_producer_are_told_once") {
  EventLog log(8);
  log.Append(Numbered(0));
  log.AddLost(5);
  log.AddLost(2);
  log.Append(Numbered(1));
  const auto first = log.Read(0, 1);
  CHECK(first.lost == 0);
  const auto second = log.Read(first.next, 1);
  CHECK(second.lost == 7);
  CHECK(log.Read(second.next, 1).lost == 0);
}

TEST_CASE("unit.store.subscribers_are_woken_until_they_leave") {
  EventLog log(8);
  int woken = 0;
  const uint64_t id = log.Subscribe([&] { ++woken; });
  log.Append(Numbered(0));
  log.Unsubscribe(id);
  log.Append(Numbered(1));
  CHECK(woken == 1);
}

}  // namespace
}  // namespace footprint::store
