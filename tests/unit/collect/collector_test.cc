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
  explicit Rig(uint32_t slots = 64, size_t dead_images = 4, size_t commands = 16,
               size_t bytes = 8 << 20)
      : root(std::filesystem::temp_directory_path() /
             ("footprint_rig_" + std::to_string(getpid()))),
        source(slots),
        procfs(root.string()),
        collector(source, procfs, clock,
                  {.dead_images = dead_images,
                   .commands = commands,
                   .command_bytes = bytes,
                   .tree_bytes = bytes},
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
  FakeCgroups cgroups;
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

// A loss is put down to whoever lost it, and stays where its process is folded.
TEST_CASE("unit.collect.losses_belong_to_their_process") {
  Rig rig(64, 0);
  rig.Born(50);
  rig.Born(51);
  rig.source.Open(0, Ident(50, 50, 1000, 0, "loser"), 1, 5);
  rig.source.Open(1, Ident(51, 51, 2000, 0, "other"), 1, 5);
  const auto before = rig.Harvest();
  rig.source.Lose(50, FP_LOSS_DETAIL_DROPPED, 3);
  auto s = rig.Harvest();
  CHECK(Rig::Of(s, Pid(50)).losses[model::Loss::kDetailDropped] == 3);
  CHECK(Rig::Of(s, Pid(51)).losses.Complete());
  CHECK(Rig::Of(s, kSystem).losses[model::Loss::kDetailDropped] == 3);
  CHECK(s->unplaced.Complete());
  // What has no process concerns them all, in its time.
  rig.source.losses[FP_LOSS_DETAIL_DROPPED] += 2;
  const auto then = rig.Harvest();
  CHECK(Rig::Of(then, Pid(51)).losses[model::Loss::kDetailDropped] == 2);
  CHECK(Rig::Of(then, Pid(50)).losses[model::Loss::kDetailDropped] == 5);
  const auto d = model::Difference(Rig::Of(rig.Harvest(), Pid(51)), Rig::Of(then, Pid(51)));
  CHECK(d.losses.Complete());
  // Nobody known: a process that never got an identity.
  rig.source.Lose(77, FP_LOSS_CALLS_UNATTRIBUTED, 9);
  CHECK(Rig::Of(rig.Harvest(), Pid(51)).overflow_calls == 9);
  // The loser ends, and is folded with what it lost.
  rig.source.Close(0);
  rig.Dead(50);
  for (int pass = 0; pass < 5; ++pass) s = rig.Harvest();
  const model::Scope command{.kind = model::Scope::Kind::kCommand, .pattern = "loser"};
  CHECK(Rig::Of(s, command).losses[model::Loss::kDetailDropped] == 5);
  CHECK(Rig::Of(s, command).own[model::Loss::kDetailDropped] == 3);
  CHECK(rig.source.losers.empty());  // given back
}

// Threads that the kernel saw in another cgroup count there from then on.
TEST_CASE("unit.collect.a_process_counts_for_the_unit_it_is_in") {
  Rig rig;
  rig.Born(50);
  rig.collector.NameCgroupsBy(&rig.cgroups);
  rig.cgroups.made = {{7, "/system.slice/old.service"}, {8, "/system.slice/new.scope"}};
  fp_ident ident = Ident(50, 50, 1000, 0, "mover");
  ident.cgroup = 7;
  rig.source.Open(0, ident, 1, 5);
  const auto before = rig.Harvest();
  rig.source.Close(0);
  fp_ident moved = Ident(50, 50, 1000, 0, "mover");
  moved.cgroup = 8;
  rig.source.Open(1, moved, 1, 3);
  model::SnapshotPtr s;
  for (int pass = 0; pass < 5; ++pass) s = rig.Harvest();
  const model::Scope was{.kind = model::Scope::Kind::kUnit, .pattern = "old"};
  const model::Scope is{.kind = model::Scope::Kind::kUnit, .pattern = "new.scope"};
  CHECK(Rig::Calls(s, was) == 5);
  CHECK(Rig::Calls(s, is) == 3);
  CHECK(Rig::Calls(s, Pid(50)) == 8);
  CHECK(Rig::Of(s, was).rows[0].image->alive == false);
  CHECK(Rig::Of(s, is).rows[0].image->alive == true);
  const auto d = model::Difference(Rig::Of(s, was), Rig::Of(before, was));
  CHECK(d.rows.empty());
}

// The kernel tells names of cgroups, and what was not known is asked for again.
TEST_CASE("unit.collect.cgroup_names_are_retried") {
  Rig rig;
  rig.Born(50);
  rig.collector.NameCgroupsBy(&rig.cgroups);
  fp_ident ident = Ident(50, 50, 1000, 0, "late");
  ident.cgroup = 9;
  rig.source.Open(0, ident, 1, 5);
  const model::Scope unit{.kind = model::Scope::Kind::kUnit, .pattern = "late.service"};
  CHECK(Rig::Of(rig.Harvest(), Pid(50)).rows[0].image->unit == "");
  CHECK_FALSE(model::Evaluate(*rig.Harvest(), unit).ok());
  rig.cgroups.made = {{9, "/system.slice/late.service"}};
  CHECK(Rig::Calls(rig.Harvest(), unit) == 5);
  CHECK(Rig::Of(rig.Harvest(), unit).losses.Complete());
}

// Ended processes of transient units: rows are given back, names above stay exact.
TEST_CASE("unit.collect.rows_of_transient_units_are_given_back") {
  Rig rig(64, 0, 16);
  rig.collector.NameCgroupsBy(&rig.cgroups);
  const model::Scope slice{.kind = model::Scope::Kind::kUnit, .pattern = "/system.slice"};
  const model::Scope command{.kind = model::Scope::Kind::kCommand, .pattern = "true"};
  rig.Born(40);
  rig.cgroups.made = {{1, "/system.slice/kept.service"}};
  fp_ident kept = Ident(40, 40, 10, 0, "kept");
  kept.cgroup = 1;
  rig.source.Open(0, kept, 1, 7);
  model::SnapshotPtr s = rig.Harvest(), half;
  for (uint32_t i = 0; i < 200; ++i) {
    rig.cgroups.made = {{1000 + i, "/system.slice/run-r" + std::to_string(i) + ".service"}};
    fp_ident ident = Ident(300 + i, 300 + i, 100 + i, 0, "true");
    ident.cgroup = 1000 + i;
    rig.source.Open(1 + i % 32, ident, 1, 1);
    rig.source.Close(1 + i % 32);
    for (int pass = 0; pass < 4; ++pass) s = rig.Harvest();
    if (i == 99) half = s;
  }
  CHECK(s->commands.size() <= 16);
  CHECK(Rig::Calls(s, slice) == 207);
  CHECK(Rig::Of(s, slice).losses.Complete());
  CHECK(Rig::Calls(s, command) == 200);
  CHECK(Rig::Of(s, command).losses.Complete());
  const auto window = model::Difference(Rig::Of(s, command), Rig::Of(half, command));
  CHECK(model::Sum(window.counts).calls == 100);
  uint64_t in_rows = 0;
  for (const auto& row : window.rows) in_rows += row.totals.calls;
  CHECK(in_rows == 100);
  // The first of them has no row any more: that is said of it, and not of others.
  model::Scope unit{.kind = model::Scope::Kind::kUnit, .pattern = "run-r0.service"};
  CHECK(Rig::Of(s, unit).losses[model::Loss::kNameUnknown] >= 1);
  CHECK(
      Rig::Of(s, {.kind = model::Scope::Kind::kUnit, .pattern = "kept.service"}).losses.Complete());
  const auto d = model::Difference(Rig::Of(s, unit), Rig::Of(half, unit));
  CHECK(model::Sum(d.counts).calls == 0);
  // The latest still has one.
  unit.pattern = "run-r199.service";
  CHECK(Rig::Calls(s, unit) == 1);
  CHECK(Rig::Of(s, unit).losses.Complete());
}

// Bytes are bounded, too, and a tree is exact whatever its rows are called.
TEST_CASE("unit.collect.folded_rows_are_bounded_in_bytes") {
  Rig rig(64, 0, 4096, 64 * 1024);
  rig.Born(10);
  rig.source.Open(0, Ident(10, 10, 5, 0, "parent"), 1, 1);
  model::SnapshotPtr s;
  for (uint32_t i = 0; i < 1000; ++i) {
    fp_ident child = Ident(2000 + i, 2000 + i, 100 + i, 1, "name" + std::to_string(i));
    child.parent_tgid = 10;
    child.parent_life = 5;
    fp_slot& slot = rig.source.Open(1 + i % 32, child, 1, 1);
    for (int cell = 1; cell < 40; ++cell) {
      slot.cells[cell].key = Key(100 + cell);
      slot.cells[cell].calls = 1;
    }
    rig.source.Close(1 + i % 32);
    if (i % 8 == 7) s = rig.Harvest();
  }
  for (int pass = 0; pass < 6; ++pass) s = rig.Harvest();
  size_t bytes = 0;
  std::set<const model::Counts*> counted;
  const auto add = [&](const auto& rows) {
    for (const auto& row : rows) {
      if (counted.insert(row->counts.get()).second) bytes += model::BytesOf(*row->counts);
    }
  };
  add(s->commands);
  for (const auto& life : s->lives) {
    add(life->folded_images);
    add(life->folded_descendants);
  }
  CHECK(bytes < 2 * 64 * 1024);
  CHECK(Rig::Calls(s, Tree(10)) == 1 + 40 * 1000);
  CHECK(Rig::Calls(s, kSystem) == 1 + 40 * 1000);
  CHECK(Rig::Of(s, Tree(10)).losses.Complete());
  CHECK_FALSE(
      Rig::Of(s, {.kind = model::Scope::Kind::kCommand, .pattern = "name0"}).losses.Complete());
}

// A look is a system call: none for processes of which a thread is known, few for the others.
TEST_CASE("unit.collect.idle_processes_are_not_looked_for") {
  int looks = 0;
  ProcessTable table({}, kOwnPid, [&](uint32_t) {
    ++looks;
    return true;
  });
  for (uint32_t pid = 1; pid <= 100; ++pid) {
    const ImageId id{.life = {pid, 1}, .key = {}};
    ImageState& image = table.Get(id, {}, 0, [] { return model::Image{}; });
    image.open_slots = pid <= 50;
    if (pid <= 50) image.slots.insert(pid);
  }
  for (int pass = 0; pass < 160; ++pass) table.Settle({});
  CHECK(looks <= 50 * 15);  // 50 x 160 before
  CHECK(looks >= 50);
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

TEST_CASE("unit.collect.half_an_identity_is_left_for_the_next_pass") {
  Rig rig;
  rig.Born(50);
  fp_slot& slot = rig.source.Open(3, Ident(50, 50, 0, 0, "half"), 1, 5);
  slot.ident.comm[1] = 'o';  // not what its thread wrote: on its way to memory
  CHECK(Rig::Calls(rig.Harvest(), kSystem) == 0);
  slot.seal = fp_seal(&slot.ident);
  const auto f = Rig::Of(rig.Harvest(), Pid(50));
  CHECK(model::Sum(f.counts).calls == 5);
  REQUIRE(f.rows.size() == 1);
  CHECK(f.rows[0].image->comm == "holf");
}

// Its thread counts a call and says so; the word of it may get to memory first.
TEST_CASE("unit.collect.what_changed_is_looked_at_once_more") {
  Rig rig;
  rig.Born(50);
  fp_slot& slot = rig.source.Open(3, Ident(50, 50, 0, 0, "late"), 1, 5);
  rig.Harvest();
  rig.Harvest();
  slot.changes += 1;
  CHECK(Rig::Calls(rig.Harvest(), Pid(50)) == 5);
  slot.cells[0].calls = 6;
  CHECK(Rig::Calls(rig.Harvest(), Pid(50)) == 6);
}

TEST_CASE("unit.collect.orphans_are_denied_and_in_flight_too") {
  Rig rig;
  const fp_ident ident = Ident(90, 91, 3000, 0, "thread");
  fp_orphan orphan{};
  orphan.ident = ident;
  orphan.flight.key = Key(0);
  rig.source.orphans.push_back(orphan);
  rig.source.orphans_total = 1;
  rig.source.Spill(ident, FP_SPILL_CELL, Key(0), 2);
  rig.source.Spill(ident, FP_SPILL_CELL, Key(2) | FP_KEY_DENIED, 3);
  auto f = Rig::Of(rig.Harvest(), Pid(90));
  CHECK(model::Sum(f.counts).calls == 2);
  CHECK(model::Sum(f.counts).denied == 3);
  CHECK(f.counts.in_flight == 1);
  rig.source.orphans[0].flight.key = 0;
  f = Rig::Of(rig.Harvest(), Pid(90));
  CHECK(f.counts.in_flight == 0);
}

TEST_CASE("unit.collect.further_slots_count_with_their_own") {
  Rig rig;
  rig.Born(50);
  fp_slot& slot = rig.source.Open(3, Ident(50, 50, 0, 0, "many"), 1, 5);
  for (const uint32_t index : {7u, 9u}) {
    fp_slot& more = rig.source.Slot(index);
    more.state = FP_SLOT_MORE;
    more.cells[index].key = Key(1000 + index);
    more.cells[index].calls = index;
    more.more_errnos[index].key = Key(1000 + index) | uint64_t{38} << FP_KEY_CLASS_SHIFT;
    more.more_errnos[index].count = index;
  }
  rig.source.Slot(7).others[2] = 9 + 1;
  slot.more = 7 + 1;
  auto s = rig.Harvest();
  auto f = Rig::Of(s, Pid(50));
  CHECK(model::Sum(f.counts).calls == 5 + 7 + 9);
  CHECK(f.counts.errnos.size() == 2);
  CHECK(f.rows.size() == 1);
  CHECK(s->slots_used == 3);
  rig.source.Close(3);
  rig.Dead(50);
  for (int pass = 0; pass < 3; ++pass) s = rig.Harvest();
  CHECK(model::Sum(Rig::Of(s, Pid(50)).counts).calls == 5 + 7 + 9);
  CHECK(rig.source.freed == std::vector<uint32_t>{7, 9, 3});
}

TEST_CASE("unit.collect.tells_which_setting_to_raise") {
  Rig rig(64);
  CHECK(rig.Harvest()->origin->degraded_because.empty());
  rig.source.orphans_total = 1;
  const std::string why = rig.Harvest()->origin->degraded_because;
  CHECK(why == "room ran out: all 64 slots are threads': raise slot_memory_mib (or slots)");
  rig.source.orphans_total = 2;
  CHECK(rig.Harvest()->origin->degraded_because == why);
}

}  // namespace
}  // namespace footprint::collect
