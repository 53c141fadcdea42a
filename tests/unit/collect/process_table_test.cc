// SPDX-License-Identifier: Apache-2.0
// Who descends from whom, where the kernel could not tell all of it.
#include "daemon/collect/process_table.h"

#include <catch2/catch.hpp>

#include "daemon/model/scope.h"

namespace footprint::collect {
namespace {

constexpr ImageKey kFirst{};

struct Table {
  explicit Table(ProcessTable::Limits limits = {})
      : table(limits, 999, [this](uint32_t pid) { return living.contains(pid); }) {}

  // An image with so many calls of getpid, in a living process.
  ImageState& Add(const model::LifeId& life, const model::LifeId& parent, uint64_t calls,
                  const ImageKey& key = kFirst) {
    living.insert(life.pid);
    ImageState& image =
        table.Get({life, key}, parent, life.birth, [] { return model::Image{.comm = "x"}; });
    image.ended =
        model::PackedCounts::Pack({.calls = {{{.abi = 1, .number = 39}, {.calls = calls}}}});
    image.changed = true;
    return image;
  }
  void End(const model::LifeId& life) {
    living.erase(life.pid);
    table.NoteExit(life);
    for (int pass = 0; pass < 4; ++pass) table.Settle({});
  }
  uint64_t Calls(const model::Scope& scope) {
    model::Snapshot snapshot;
    table.Publish(snapshot, [](const ImageState& image) { return image.ended; });
    const auto footprint = model::Evaluate(snapshot, scope);
    REQUIRE(footprint.ok());
    return model::Sum(footprint->counts).calls;
  }
  uint64_t InTree(uint32_t pid) { return Calls({.kind = model::Scope::Kind::kTree, .pid = pid}); }
  uint64_t OfPid(uint32_t pid) { return Calls({.kind = model::Scope::Kind::kPid, .pid = pid}); }

  std::set<uint32_t> living;
  ProcessTable table;
};

}  // namespace

TEST_CASE("unit.collect.older_ancestors_without_a_call_are_in_the_tree") {
  Table t;
  t.living = {10, 11, 12, 13};
  t.table.KnowOlder({{10, 1}, {11, 10}, {12, 11}, {13, 12}});
  t.Add({13, 0}, {12, 0}, 100);
  t.Add({10, 0}, {1, 0}, 1);
  CHECK(t.InTree(10) == 101);
  CHECK(t.InTree(11) == 100);
  CHECK(t.OfPid(11) == 0);
  // It makes its first call: nothing that was counted before moves.
  t.Add({11, 0}, {10, 0}, 7);
  CHECK(t.InTree(10) == 108);
  CHECK(t.OfPid(11) == 7);
  // One that never made a call ends.
  t.End({12, 0});
  CHECK(t.InTree(10) == 108);
  CHECK(t.InTree(11) == 107);
}

TEST_CASE("unit.collect.a_process_that_lost_its_birth_is_found_by_its_pid") {
  Table t;
  t.table.KnowOlder({{5, 1}});
  ImageState& image = t.Add({7, 1000}, {5, 0}, 3, {.number = 2});
  image.open_slots = 1;
  const auto stray = [&](uint32_t pid, uint64_t start_ns, uint32_t number) {
    __u64 birth = 0;
    __u32 at = number;
    t.table.FindStray(pid, start_ns, birth, at);
    return std::pair<uint64_t, uint32_t>(birth, at);
  };
  CHECK(stray(7, 0, 0) == std::pair<uint64_t, uint32_t>{1000, 3});
  CHECK(stray(7, 1000, 1) == std::pair<uint64_t, uint32_t>{1000, 4});
  CHECK(stray(7, 1001, 0) == std::pair<uint64_t, uint32_t>{0, 0});  // another process
  CHECK(stray(5, 0, 0) == std::pair<uint64_t, uint32_t>{0, 0});     // older than the attach
  CHECK(stray(8, 0, 0) == std::pair<uint64_t, uint32_t>{0, 0});     // nobody known
  // What it forks is told its number alone.
  t.Add({9, 2000}, {7, 0}, 50);
  CHECK(t.InTree(7) == 53);
  // Another has the number by now: the child is of the one that was there at its birth.
  image.open_slots = 0;
  t.End({7, 1000});
  CHECK(stray(7, 0, 0) == std::pair<uint64_t, uint32_t>{0, 0});
  t.Add({7, 5000}, {5, 0}, 1);
  t.Add({11, 3000}, {7, 0}, 400);
  CHECK(t.Calls({.kind = model::Scope::Kind::kTree, .life = model::LifeId{7, 5000}}) == 1);
}

TEST_CASE("unit.collect.children_of_a_folded_parent_are_in_the_tree") {
  Table t({.dead_images = 0});
  t.Add({10, 1000}, {1, 0}, 1);
  t.Add({11, 2000}, {10, 1000}, 20);
  t.Add({12, 3000}, {11, 2000}, 0);
  t.End({12, 3000});
  t.End({11, 2000});
  t.Add({13, 4000}, {12, 3000}, 300);  // its first call comes long after its parent's end
  CHECK(t.InTree(10) == 321);
}

TEST_CASE("unit.collect.dead_images_are_bounded_in_bytes") {
  Table t({.dead_images = 1000, .dead_bytes = 1'500});
  t.Add({1, 1}, {}, 1);
  for (uint32_t pid = 2; pid < 12; ++pid) {
    ImageState& image = t.Add({pid, pid}, {1, 1}, 0);
    model::Counts counts;
    for (int32_t number = 0; number < 100; ++number) {
      counts.calls.push_back({{.abi = 1, .number = number}, {.calls = 1}});
    }
    image.ended = model::PackedCounts::Pack(counts);
    CHECK(model::BytesOf(*image.ended) > 350);
    t.End({pid, pid});
  }
  size_t images = 0;
  t.table.ForEachImage([&](const ImageId&, ImageState&) { ++images; });
  CHECK(images >= 2);
  CHECK(images <= 5);
  CHECK(t.InTree(1) == 1001);
}

TEST_CASE("unit.collect.one_row_does_not_take_the_room_of_others") {
  Table t({.dead_images = 0});
  for (uint32_t pid = 2; pid < 40; ++pid) {
    ImageState& image = t.Add({pid, pid}, {}, 0);
    model::Image& info = image.info.Change();
    info.comm = pid % 2 == 0 ? "greedy" : "other" + std::to_string(pid);
    info.exe = info.comm;
    model::Counts counts;
    for (int32_t number = 0; number < 2000; ++number) {
      const uint32_t object = pid % 2 == 0 ? pid + 1 : 0;
      counts.calls.push_back({{.abi = 1, .number = number, .object_class = object}, {.calls = 1}});
      if (pid % 2 == 0) {
        counts.errnos.push_back(
            {{.abi = 1, .number = number, .value = static_cast<uint16_t>(pid)}, 1});
      }
    }
    image.ended = model::PackedCounts::Pack(counts);
    t.End({pid, pid});
  }
  model::Snapshot snapshot;
  t.table.Publish(snapshot, [](const ImageState& image) { return image.ended; });
  CHECK(snapshot.commands.size() == 20);
  for (const auto& command : snapshot.commands) {
    const bool greedy = command->comm == "greedy";
    CHECK(model::BytesOf(command->counts) <= CommandSet::kMostRowBytes);
    CHECK(model::Sum(command->counts).calls == (greedy ? 19 * 2000 : 2000));
    CHECK(command->counts.Unpack().lost.empty() == !greedy);
  }
  CHECK(t.table.dropped()[model::Loss::kObjectUnknown] > 0);
  CHECK(t.table.dropped()[model::Loss::kDetailDropped] > 0);
}

}  // namespace footprint::collect
