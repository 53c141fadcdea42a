// SPDX-License-Identifier: Apache-2.0
#include "daemon/collect/collector.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "daemon/model/scope.h"
#include "tests/unit/collect/fake_source.h"

namespace footprint::collect {
namespace {

constexpr uint32_t kOwnPid = 999;

// A collector over hand-made slots and an empty /proc in a folder of its own.
struct Rig {
  explicit Rig(uint32_t slots = 64, size_t dead_images = 4, size_t commands = 16)
      : root(std::filesystem::temp_directory_path() /
             ("footprint_rig_" + std::to_string(getpid()))),
        source(slots),
        procfs(root.string()),
        collector(source, procfs, clock, {.dead_images = dead_images, .commands = commands},
                  kOwnPid, std::make_shared<model::Origin>(),
                  {.append = [this](model::Event e) { events.push_back(std::move(e)); },
                   .lost = [this](uint64_t n) { lost += n; }},
                  [this](std::span<const objects::ClassFacts> classes) {
                    std::vector<objects::ObjectName> names;
                    for (const auto& facts : classes) {
                      named.push_back(facts);
                      names.push_back({.server = facts.fs_type, .module = facts.module});
                    }
                    return names;
                  }) {
    std::filesystem::create_directories(root / "proc");
  }
  ~Rig() { std::filesystem::remove_all(root); }

  model::SnapshotPtr Harvest() { return collector.Harvest(pinned); }
  static model::Footprint Of(const model::SnapshotPtr& s, const model::Scope& scope) {
    auto footprint = model::Evaluate(*s, scope);
    REQUIRE(footprint.ok());
    return *footprint;
  }
  static uint64_t Calls(const model::SnapshotPtr& s, const model::Scope& scope) {
    return model::Sum(Of(s, scope).counts).calls;
  }
  void Born(uint32_t pid) {
    std::filesystem::create_directories(root / "proc" / std::to_string(pid));
  }
  void Dead(uint32_t pid) { std::filesystem::remove_all(root / "proc" / std::to_string(pid)); }

  std::filesystem::path root;
  FakeSource source;
  Procfs procfs;
  FakeClock clock;
  std::vector<model::Event> events;
  uint64_t lost = 0;
  std::vector<objects::ClassFacts> named;
  std::vector<model::LifeId> pinned;
  Collector collector;
};

const model::Scope kSystem{.kind = model::Scope::Kind::kSystem};
model::Scope Pid(uint32_t pid) { return {.kind = model::Scope::Kind::kPid, .pid = pid}; }
model::Scope Tree(uint32_t pid) { return {.kind = model::Scope::Kind::kTree, .pid = pid}; }

TEST_CASE("unit.collect.counts_survive_close_and_fold") {
  Rig rig(64, 1);
  for (uint32_t i = 0; i < 10; ++i) {
    rig.source.Open(i, Ident(100 + i, 100 + i, 5000 + i, 0, "worker"), 39, 23);
    rig.source.Close(i);
  }
  auto s = rig.Harvest();
  CHECK(Rig::Calls(s, kSystem) == 230);
  CHECK(rig.source.freed.empty());  // a closed slot waits for one more pass
  for (int pass = 0; pass < 5; ++pass) s = rig.Harvest();
  CHECK(rig.source.freed.size() == 10);
  const auto f = Rig::Of(s, kSystem);
  CHECK(model::Sum(f.counts).calls == 230);
  // One image is still kept; nine became one row.
  REQUIRE(f.rows.size() == 2);
  CHECK(f.rows[0].folded == 9);
  CHECK(f.rows[0].totals.calls == 9 * 23);
  CHECK(f.rows[0].command->comm == "worker");
  CHECK(s->losses.Complete());
}

TEST_CASE("unit.collect.live_counts_grow_without_being_counted_twice") {
  Rig rig;
  rig.Born(50);
  fp_slot& slot = rig.source.Open(3, Ident(50, 50, 0, 0, "live"), 1, 5);
  CHECK(Rig::Calls(rig.Harvest(), Pid(50)) == 5);
  slot.cells[0].calls = 8;
  slot.changes += 6;
  CHECK(Rig::Calls(rig.Harvest(), Pid(50)) == 8);
  CHECK(Rig::Calls(rig.Harvest(), Pid(50)) == 8);
}

TEST_CASE("unit.collect.reused_pid_does_not_inherit") {
  Rig rig;
  rig.source.Open(1, Ident(70, 70, 1111, 0, "first"), 1, 100);
  rig.source.Close(1);
  rig.Harvest();
  rig.Harvest();
  rig.source.Open(1, Ident(70, 70, 2222, 0, "second"), 1, 3);
  const auto s = rig.Harvest();
  CHECK(Rig::Calls(s, Pid(70)) == 3);
  CHECK(Rig::Calls(s, kSystem) == 103);
}

TEST_CASE("unit.collect.process_without_birth_note_does_not_join_a_dead_one") {
  Rig rig;
  rig.source.Open(1, Ident(70, 70, 0, 0, "first"), 1, 100);
  rig.source.Close(1);
  for (int pass = 0; pass < 4; ++pass) rig.Harvest();
  rig.source.Open(2, Ident(70, 70, 0, 0, "second"), 1, 3);
  CHECK(Rig::Calls(rig.Harvest(), Pid(70)) == 3);
}

TEST_CASE("unit.collect.tree_keeps_folded_descendants") {
  Rig rig(64, 1);
  rig.Born(10);
  fp_ident root = Ident(10, 10, 0, 0, "sh");
  rig.source.Open(0, root, 1, 7);
  for (uint32_t i = 0; i < 20; ++i) {
    fp_ident child = Ident(200 + i, 200 + i, 9000 + i, 1, "true");
    child.parent_tgid = 10;
    child.parent_life = 0;
    rig.source.Open(1 + i, child, 39, 2);
    rig.source.Close(1 + i);
  }
  model::SnapshotPtr s;
  for (int pass = 0; pass < 5; ++pass) s = rig.Harvest();
  CHECK(Rig::Calls(s, Tree(10)) == 7 + 40);
  CHECK(Rig::Calls(s, Pid(10)) == 7);
  CHECK(Rig::Calls(s, kSystem) == 47);
}

// Slots are read in the order of the table, not of birth.
TEST_CASE("unit.collect.children_seen_first_are_adopted") {
  Rig rig(64, 0);
  rig.Born(12);
  fp_ident leaf = Ident(12, 12, 3000, 0, "leaf");
  leaf.parent_tgid = 11;
  leaf.parent_life = 2000;
  rig.source.Open(0, leaf, 1, 100);
  fp_ident middle = Ident(11, 11, 2000, 0, "middle");
  middle.parent_tgid = 10;
  middle.parent_life = 1000;
  rig.source.Open(1, middle, 1, 10);
  rig.Harvest();
  rig.source.Close(1);
  model::SnapshotPtr s;
  for (int pass = 0; pass < 5; ++pass) s = rig.Harvest();
  CHECK(Rig::Calls(s, kSystem) == 110);

  rig.Born(10);
  rig.source.Open(2, Ident(10, 10, 1000, 0, "root"), 1, 1);
  CHECK(Rig::Calls(rig.Harvest(), Tree(10)) == 1 + 100);  // the middle is a command's total by now
  rig.Dead(12);
  rig.source.Close(0);
  for (int pass = 0; pass < 5; ++pass) s = rig.Harvest();
  CHECK(Rig::Calls(s, Tree(10)) == 1 + 100);
  CHECK(Rig::Calls(s, kSystem) == 111);
}

TEST_CASE("unit.collect.grandchildren_stay_in_the_tree_when_the_middle_is_folded") {
  Rig rig(64, 0);
  rig.Born(10);
  rig.Born(12);
  rig.source.Open(0, Ident(10, 10, 0, 0, "root"), 1, 1);
  fp_ident middle = Ident(11, 11, 1000, 0, "middle");
  middle.parent_tgid = 10;
  fp_ident leaf = Ident(12, 12, 2000, 0, "leaf");
  leaf.parent_tgid = 11;
  leaf.parent_life = 1000;
  rig.source.Open(1, middle, 1, 10);
  rig.source.Open(2, leaf, 1, 100);
  CHECK(Rig::Calls(rig.Harvest(), Tree(10)) == 111);
  rig.source.Close(1);
  model::SnapshotPtr s;
  for (int pass = 0; pass < 5; ++pass) s = rig.Harvest();
  CHECK(Rig::Calls(s, Tree(10)) == 111);
  CHECK_FALSE(model::Evaluate(*s, Pid(11)).ok());
}

TEST_CASE("unit.collect.pinned_life_is_not_folded") {
  Rig rig(64, 0);
  rig.pinned = {{80, 4000}};
  rig.source.Open(0, Ident(80, 80, 4000, 0, "kept"), 1, 9);
  rig.source.Close(0);
  model::SnapshotPtr s;
  for (int pass = 0; pass < 6; ++pass) s = rig.Harvest();
  CHECK(Rig::Calls(s, Pid(80)) == 9);
  rig.pinned.clear();
  for (int pass = 0; pass < 2; ++pass) s = rig.Harvest();
  CHECK_FALSE(model::Evaluate(*s, Pid(80)).ok());
  CHECK(Rig::Calls(s, kSystem) == 9);
}

TEST_CASE("unit.collect.orphan_spill_is_counted_once_and_then_removed") {
  Rig rig;
  fp_ident ident = Ident(90, 91, 3000, 0, "thread");
  fp_orphan orphan{};
  orphan.ident = ident;
  rig.source.orphans.push_back(orphan);
  rig.source.orphans_total = 1;
  rig.source.Spill(ident, FP_SPILL_CELL, Key(1), 41);
  CHECK(Rig::Calls(rig.Harvest(), Pid(90)) == 41);
  rig.source.Spill(ident, FP_SPILL_CELL, Key(1), 43);
  CHECK(Rig::Calls(rig.Harvest(), Pid(90)) == 43);
  rig.source.orphans.clear();
  model::SnapshotPtr s;
  for (int pass = 0; pass < 4; ++pass) s = rig.Harvest();
  CHECK(Rig::Calls(s, Pid(90)) == 43);
  CHECK(rig.source.spill.empty());
}

TEST_CASE("unit.collect.unfinished_denied_and_in_flight") {
  Rig rig;
  rig.Born(60);
  fp_slot& slot = rig.source.Open(0, Ident(60, 60, 0, 0, "x"), 34, 1);
  slot.flight.key = Key(34);
  slot.cells[1].key = Key(2) | FP_KEY_DENIED;
  slot.cells[1].calls = 5;
  auto f = Rig::Of(rig.Harvest(), Pid(60));
  CHECK(f.counts.in_flight == 1);
  CHECK(model::Sum(f.counts).calls == 1);
  CHECK(model::Sum(f.counts).denied == 5);
  slot.flight.key = 0;
  slot.unfinished = Key(34);
  rig.source.Close(0);
  rig.Dead(60);
  f = Rig::Of(rig.Harvest(), Pid(60));
  CHECK(f.counts.in_flight == 0);
  CHECK(model::Sum(f.counts).unfinished == 1);
}

TEST_CASE("unit.collect.own_calls_are_apart") {
  Rig rig;
  rig.source.Open(0, Ident(kOwnPid, kOwnPid, 0, 0, "footprintd"), 1, 1000);
  rig.source.Open(1, Ident(5, 5, 0, 0, "other"), 1, 10);
  const auto f = Rig::Of(rig.Harvest(), kSystem);
  CHECK(model::Sum(f.counts).calls == 10);
  CHECK(f.observer_calls == 1000);
}

TEST_CASE("unit.collect.losses_and_misses_flip_completeness") {
  Rig rig;
  CHECK(rig.Harvest()->losses.Complete());
  rig.source.losses[FP_LOSS_EVENTS_DROPPED] = 3;
  auto s = rig.Harvest();
  CHECK(s->losses.Complete());  // events cost no counts
  CHECK(rig.lost == 3);
  rig.source.hooks[1].missed = 2;
  s = rig.Harvest();
  CHECK_FALSE(s->losses.Complete());
  CHECK(s->losses[model::Loss::kProgramMissed] == 2);
}

TEST_CASE("unit.collect.commands_are_bounded_and_nothing_is_dropped") {
  Rig rig(64, 0, 4);
  for (uint32_t i = 0; i < 30; ++i) {
    rig.source.Open(i, Ident(300 + i, 300 + i, 100 + i, 0, "cmd" + std::to_string(i)), 1, 1);
    rig.source.Close(i);
  }
  model::SnapshotPtr s;
  for (int pass = 0; pass < 6; ++pass) s = rig.Harvest();
  CHECK(s->lives.empty());
  CHECK(s->commands.size() <= 4);
  CHECK(Rig::Calls(s, kSystem) == 30);
}

TEST_CASE("unit.collect.events_reach_the_sink") {
  Rig rig;
  fp_event event{};
  event.kind = FP_EVENT_EXIT;
  event.status = 9;
  event.when = rig.clock.now;
  event.ident = Ident(44, 44, 10, 1, "gone");
  event.ident.start_ns = 1;
  rig.source.events.push_back(event);
  rig.Harvest();
  REQUIRE(rig.events.size() == 1);
  CHECK(rig.events[0].kind == model::Event::Kind::kExit);
  CHECK(rig.events[0].wait_status == 9);
  CHECK(rig.events[0].image.comm == "gone");
}

}  // namespace
}  // namespace footprint::collect
