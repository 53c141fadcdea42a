// SPDX-License-Identifier: Apache-2.0
#include "daemon/collect/collector.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "daemon/model/completeness.h"
#include "daemon/model/scope.h"
#include "tests/unit/collect/rig.h"

namespace footprint::collect {
namespace {

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
  rig.pinned = {{{80, 4000}, 0}};
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
  CHECK(Rig::Calls(rig.Harvest(), unit) == 0);
  CHECK(Rig::Of(rig.Harvest(), unit).losses[model::Loss::kNameUnknown] == 5);
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
  rig.Tell(kept, "kept");
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
  std::set<const void*> counted;
  const auto add = [&](const auto& rows) {
    for (const auto& row : rows) {
      if (counted.insert(row->counts.shared()).second) bytes += model::BytesOf(row->counts);
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

TEST_CASE("unit.collect.tells_which_setting_to_raise") {
  Rig rig(64);
  CHECK(rig.Harvest()->origin->degraded_because.empty());
  rig.source.orphans_total = 1;
  rig.clock.now = 754'500'000'000;
  const std::string why = rig.Harvest()->origin->degraded_because;
  CHECK(why ==
        "room ran out at 1970-01-01T00:29:14Z: all 64 slots are threads': raise slot_memory_mib, "
        "or slots where that is set");
  rig.source.orphans_total = 2;
  rig.clock.now = 900'000'000'000;
  CHECK(rig.Harvest()->origin->degraded_because == why);
}

// Its note is lost, and it is gone: any command may have been its program.
TEST_CASE("unit.collect.a_lost_name_is_of_every_command") {
  Rig rig;
  rig.source.Open(3, Ident(60, 60, 2000, 1, "short"), 1, 5);
  rig.Born(61);
  const fp_ident other = Ident(61, 61, 2100, 1, "other");
  rig.Tell(other, "other");
  rig.source.Open(4, other, 1, 7);
  const auto by = [](const model::SnapshotPtr& s, const std::string& pattern) {
    return Rig::Of(s, {.kind = model::Scope::Kind::kCommand, .pattern = pattern});
  };
  model::SnapshotPtr s = rig.Harvest();
  const std::string why = "5 calls of processes whose program is not known";
  CHECK(model::WhyIncomplete(by(s, "oth*")) == why);
  CHECK(model::WhyIncomplete(by(s, "short")) == "");
  rig.source.Close(3);
  for (int pass = 0; pass < 8; ++pass) s = rig.Harvest();
  CHECK(model::WhyIncomplete(by(s, "oth*")) == why);
}

}  // namespace
}  // namespace footprint::collect
