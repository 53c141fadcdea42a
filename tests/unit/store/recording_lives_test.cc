// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "daemon/store/recordings.h"

namespace footprint::store {
namespace {

using Kind = model::Scope::Kind;
constexpr uint64_t kMinute = 60'000'000'000;

std::shared_ptr<const model::Image> Image(uint32_t number, const std::string& comm,
                                          uint64_t calls) {
  model::Image image{.number = number, .comm = comm, .unit = "a.service", .alive = true};
  image.counts = model::PackedCounts::Pack(
      model::Counts{.calls = {{{.abi = 1, .number = 39}, {.calls = calls}}}});
  return std::make_shared<model::Image>(image);
}

model::Snapshot At(uint64_t when) {
  model::Snapshot snapshot;
  snapshot.boottime_ns = when;
  return snapshot;
}

void Add(model::Snapshot& snapshot, model::LifeId id, model::LifeId parent, bool alive,
         std::vector<std::shared_ptr<const model::Image>> images) {
  model::Life life{.id = id, .parent = parent, .alive = alive, .images = std::move(images)};
  snapshot.lives.push_back(std::make_shared<model::Life>(life));
}

TEST_CASE("unit.store.recording_from_next_exec_of_a_child_without_calls") {
  for (const bool silent : {false, true}) {  // whether the root has made a call before
    Recordings recordings(4);
    model::Snapshot begin = At(1), end = At(2);
    const auto launcher = [&](uint64_t calls) { return Image(0, "footprint", calls); };
    if (silent) {
      Add(begin, {10, 5}, {1, 0}, true, {});
    } else {
      Add(begin, {10, 5}, {1, 0}, true, {launcher(3)});
    }
    Add(end, {10, 5}, {1, 0}, true, {launcher(9), Image(1, "ls", 41)});
    const auto id = recordings.Start(begin, {.kind = Kind::kTree, .pid = 10}, true, "");
    REQUIRE(id.ok());
    const auto ended = recordings.Stop(end, *id);
    REQUIRE(ended.ok());
    CHECK(model::Sum(ended->footprint.counts).calls == 41);
  }
}

TEST_CASE("unit.store.recording_keeps_to_one_life_of_a_pid") {
  Recordings recordings(4);
  model::Snapshot begin = At(1), end = At(2);
  Add(begin, {10, 5}, {1, 0}, true, {Image(0, "old", 100)});
  Add(end, {10, 5}, {1, 0}, false, {Image(0, "old", 101)});
  Add(end, {10, 9}, {1, 0}, true, {Image(0, "new", 1000)});
  const auto id = recordings.Start(begin, {.kind = Kind::kPid, .pid = 10}, false, "");
  REQUIRE(id.ok());
  CHECK(model::Sum(recordings.Stop(end, *id)->footprint.counts).calls == 1);
}

TEST_CASE("unit.store.only_recordings_with_a_dead_root_are_abandoned") {
  Recordings recordings(2);
  const model::Scope root{.kind = Kind::kTree, .pid = 10};
  model::Snapshot begin = At(kMinute);
  Add(begin, {10, 5}, {1, 0}, true, {Image(0, "sh", 1)});
  const auto first = recordings.Start(begin, root, false, "");
  REQUIRE(first.ok());
  REQUIRE(recordings.Start(begin, {.kind = Kind::kSystem}, false, "").ok());
  CHECK(absl::IsResourceExhausted(recordings.Start(begin, root, false, "").status()));

  const auto dead = [](uint64_t when) {
    model::Snapshot snapshot = At(when);
    Add(snapshot, {10, 5}, {1, 0}, false, {Image(0, "sh", 1)});
    return snapshot;
  };
  const model::Scope system{.kind = Kind::kSystem};
  CHECK_FALSE(recordings.Start(dead(2 * kMinute), system, false, "").ok());
  CHECK_FALSE(recordings.Start(dead(12 * kMinute - 1), system, false, "").ok());
  CHECK(recordings.Start(dead(12 * kMinute), system, false, "").ok());
  CHECK(absl::IsNotFound(recordings.Stop(dead(12 * kMinute), *first).status()));
  // A system recording has no root and is never dropped.
  CHECK_FALSE(recordings.Start(dead(60 * kMinute), system, false, "").ok());
  CHECK(recordings.size() == 2);
}

TEST_CASE("unit.store.no_recording_is_dropped_while_there_is_room") {
  Recordings recordings(2);
  model::Snapshot begin = At(kMinute);
  Add(begin, {10, 5}, {1, 0}, true, {Image(0, "sh", 1)});
  const auto id = recordings.Start(begin, {.kind = Kind::kTree, .pid = 10}, false, "");
  model::Snapshot later = At(60 * kMinute);
  Add(later, {10, 5}, {1, 0}, false, {Image(0, "sh", 6)});
  for (uint64_t minute : {60, 120}) {
    later.boottime_ns = minute * kMinute;
    const auto other = recordings.Start(later, {.kind = Kind::kSystem}, false, "");
    REQUIRE(other.ok());
    REQUIRE(recordings.Stop(later, *other).ok());
  }
  const auto ended = recordings.Stop(later, *id);
  REQUIRE(ended.ok());
  CHECK(model::Sum(ended->footprint.counts).calls == 5);
}

}  // namespace
}  // namespace footprint::store
