// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/recordings.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

namespace footprint::store {
namespace {

using Kind = model::Scope::Kind;

model::Snapshot WithProcess(uint64_t boottime_ns, bool alive, std::vector<uint64_t> image_calls) {
  auto life = std::make_shared<model::Life>();
  life->id = {7, 100};
  life->alive = alive;
  uint32_t number = 0;
  for (const uint64_t calls : image_calls) {
    auto image = std::make_shared<model::Image>();
    image->number = number++;
    image->comm = "work";
    image->counts = model::PackedCounts::Pack(
        model::Counts{.calls = {{{.abi = 1, .number = 39}, {.calls = calls}}}});
    life->images.push_back(image);
  }
  model::Snapshot s;
  s.boottime_ns = boottime_ns;
  s.lives = {life};
  return s;
}

uint64_t CallsOf(const Ended& ended) { return model::Sum(ended.footprint.counts).calls; }

TEST_CASE("unit.store.recording_is_the_difference") {
  Recordings recordings(4);
  const auto id =
      recordings.Start(WithProcess(1, true, {10}), {.kind = Kind::kPid, .pid = 7}, false, "label");
  REQUIRE(id.ok());
  const auto ended = recordings.Stop(WithProcess(2, true, {23}), *id);
  REQUIRE(ended.ok());
  CHECK(CallsOf(*ended) == 13);
  CHECK(ended->label == "label");
  CHECK(absl::IsNotFound(recordings.Stop(WithProcess(3, true, {23}), *id).status()));
}

// The id of one daemon's recording is no other's: a client that comes back after a restart gets
// nothing rather than a stranger's.
TEST_CASE("unit.store.ids_cannot_be_guessed") {
  Recordings one(4), other(4);
  std::set<std::string> ids;
  for (Recordings* recordings : {&one, &one, &other}) {
    const auto id =
        recordings->Start(WithProcess(1, true, {1}), {.kind = Kind::kPid, .pid = 7}, false, "");
    REQUIRE(id.ok());
    CHECK(id->size() == 32);
    ids.insert(*id);
  }
  CHECK(ids.size() == 3);
  CHECK(absl::IsNotFound(one.Stop(WithProcess(2, true, {1}), "r1").status()));
}

TEST_CASE("unit.store.recordings_end_with_their_owner") {
  Recordings recordings(2);
  const model::Scope scope{.kind = Kind::kPid, .pid = 7};
  const auto mine = recordings.Start(WithProcess(1, true, {1}), scope, false, "", "a");
  REQUIRE(mine.ok());
  REQUIRE(recordings.Start(WithProcess(1, true, {1}), scope, false, "").ok());
  recordings.DropOwnedBy("b");
  recordings.DropOwnedBy("");
  CHECK(recordings.size() == 2);
  recordings.DropOwnedBy("a");
  CHECK(recordings.size() == 1);
  CHECK(absl::IsNotFound(recordings.Stop(WithProcess(2, true, {1}), *mine).status()));
  CHECK(recordings.Start(WithProcess(1, true, {1}), scope, false, "", "c").ok());
}

TEST_CASE("unit.store.recording_from_next_exec_leaves_out_the_launcher") {
  Recordings recordings(4);
  const auto id =
      recordings.Start(WithProcess(1, true, {10}), {.kind = Kind::kTree, .pid = 7}, true, "");
  REQUIRE(id.ok());
  CHECK(recordings.PinnedLives() == std::map<model::LifeId, uint32_t>{{{7, 100}, 0}});
  const auto ended = recordings.Stop(WithProcess(2, false, {99, 5}), *id);
  REQUIRE(ended.ok());
  CHECK(CallsOf(*ended) == 5);
  CHECK(recordings.PinnedLives().empty());
}

TEST_CASE("unit.store.recordings_are_bounded_and_abandoned_ones_make_room") {
  Recordings recordings(1);
  const model::Scope tree{.kind = Kind::kTree, .pid = 7};
  REQUIRE(recordings.Start(WithProcess(1, true, {1}), tree, false, "").ok());
  const auto full = recordings.Start(WithProcess(2, false, {1}), tree, false, "");
  CHECK(absl::IsResourceExhausted(full.status()));
  const uint64_t later = 2 + 601'000'000'000;
  CHECK(recordings.Start(WithProcess(later, false, {1}), tree, false, "").ok());
  CHECK(recordings.size() == 1);
}

TEST_CASE("unit.store.recording_of_a_command_may_begin_before_the_command") {
  Recordings recordings(4);
  const auto id =
      recordings.Start(model::Snapshot{}, {.kind = Kind::kCommand, .pattern = "work"}, false, "");
  REQUIRE(id.ok());
  const auto ended = recordings.Stop(WithProcess(2, true, {3}), *id);
  REQUIRE(ended.ok());
  CHECK(CallsOf(*ended) == 3);
  CHECK(absl::IsNotFound(
      recordings.Start(model::Snapshot{}, {.kind = Kind::kPid, .pid = 1}, false, "").status()));
}

}  // namespace
}  // namespace footprint::store
