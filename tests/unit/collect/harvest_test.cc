// SPDX-License-Identifier: Apache-2.0
// What slots, further slots, orphans and the spill hold is counted once.
#include <catch2/catch.hpp>
#include <cstring>

#include "tests/unit/collect/rig.h"

namespace footprint::collect {
namespace {

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

TEST_CASE("unit.collect.orphan_spill_is_counted_once_and_then_removed") {
  Rig rig;
  fp_ident ident = Ident(90, 91, 3000, 0, "thread");
  rig.AddOrphan(ident);
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
  slot.flight.exits = 1;
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

// Where nobody sees calls leave, or did not for a while, nobody knows whether one is over.
TEST_CASE("unit.collect.a_call_whose_end_is_not_seen_is_not_in_flight") {
  Rig rig;
  rig.Born(60);
  fp_slot& slot = rig.source.Open(0, Ident(60, 60, 0, 0, "x"), 34, 1);
  slot.flight.key = Key(34);
  slot.flight.exits = 1;
  const auto in_flight = [&] { return Rig::Of(rig.Harvest(), Pid(60)).counts.in_flight; };
  CHECK(in_flight() == 1);
  CHECK(in_flight() == 1);
  rig.source.exits = 0;  // detached, and nothing else changes
  CHECK(in_flight() == 0);
  rig.source.exits = 2;  // attached once more: it may have left meanwhile
  CHECK(in_flight() == 0);
  slot.flight.exits = 2;  // the next call
  slot.changes += 2;
  CHECK(in_flight() == 1);
  // Nor did it end unfinished.
  rig.source.exits = 3;
  rig.source.Close(0);
  rig.Dead(60);
  for (int pass = 0; pass < 3; ++pass) rig.Harvest();
  const auto f = Rig::Of(rig.Harvest(), Pid(60));
  CHECK(f.counts.in_flight == 0);
  CHECK(model::Sum(f.counts).unfinished == 0);
}

TEST_CASE("unit.collect.what_is_lost_of_an_orphan_is_not_in_flight") {
  Rig rig;
  const fp_ident ident = Ident(90, 91, 3000, 0, "thread");
  fp_orphan& orphan = rig.AddOrphan(ident);
  orphan.flight.key = Key(0);
  orphan.flight.exits = 1;
  orphan.flight.cell = FP_CELL_LOST;
  const auto in_flight = [&] { return Rig::Of(rig.Harvest(), Pid(90)).counts.in_flight; };
  CHECK(in_flight() == 0);
  rig.source.orphans[0].flight.cell = FP_CELLS;
  CHECK(in_flight() == 1);
  rig.source.exits = 0;
  CHECK(in_flight() == 0);
}

// Closed by the daemon: nobody saw the thread end, and it was in a call.
TEST_CASE("unit.collect.a_dead_thread_is_in_no_call") {
  for (const bool returns : {true, false}) {
    Rig rig(64, 4);
    rig.Born(60);
    fp_slot& slot = rig.source.Open(0, Ident(60, 60, 0, 0, "x"), 34, 1);
    slot.flight.key = Key(34);
    slot.flight.exits = 1;
    slot.flight.owner = returns ? 0 : FP_OWNER_NO_RETURN;
    rig.source.Close(0);
    rig.Dead(60);
    for (int pass = 0; pass < 3; ++pass) rig.Harvest();
    const auto f = Rig::Of(rig.Harvest(), Pid(60));
    CHECK(model::Sum(f.counts).calls == 1);
    CHECK(f.counts.in_flight == 0);
    CHECK(model::Sum(f.counts).unfinished == (returns ? 1 : 0));
  }
}

// A filter of seccomp(2) answers any errno: those that no kernel has are one.
TEST_CASE("unit.collect.errnos_of_no_kernel_are_one") {
  Rig rig;
  rig.Born(60);
  fp_slot& slot = rig.source.Open(0, Ident(60, 60, 0, 0, "x"), 34, 1);
  const auto errno_key = [](uint64_t value) { return Key(34) | value << FP_KEY_CLASS_SHIFT; };
  int i = 0;
  for (const uint64_t value : {1, 133, 134, 511, 512, 531, 532, 4095}) {
    slot.errnos[i].key = errno_key(value);
    slot.errnos[i++].count = 10 + value % 7;
  }
  const auto f = Rig::Of(rig.Harvest(), Pid(60));
  std::vector<uint16_t> values;
  uint64_t sum = 0;
  for (const auto& [key, count] : f.counts.errnos) {
    values.push_back(key.value);
    sum += count;
  }
  CHECK(values == std::vector<uint16_t>{1, 133, 512, 531, model::kErrnoOther});
  CHECK(sum == 80 + 1 + 133 % 7 + 134 % 7 + 511 % 7 + 512 % 7 + 531 % 7 + 532 % 7 + 4095 % 7);
}

// Its thread counts a name and then says so; the harvest takes no half of it.
TEST_CASE("unit.collect.a_leaders_name_is_taken_as_it_is") {
  Rig rig;
  rig.Born(60);
  const fp_ident ident = Ident(60, 60, 0, 0, "old");
  rig.Tell(ident, "old");
  fp_slot& slot = rig.source.Open(0, ident, 34, 1);
  rig.Harvest();
  const auto name = [&] {
    const auto f = Rig::Of(rig.Harvest(), Pid(60));
    return f.rows.at(0).image->comm + ">" + f.rows.at(0).image->name.str();
  };
  CHECK(name() == "old>");
  std::memcpy(slot.ident.comm, "new", 4);
  slot.renamed = 1;
  CHECK(name() == "old>");
  slot.seal = fp_seal(&slot.ident);
  CHECK(name() == "old>new");
  const auto found =
      model::Evaluate(*rig.Harvest(), {.kind = model::Scope::Kind::kCommand, .pattern = "new"});
  CHECK(found.status().message().find("began as \"old\"") != std::string::npos);
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
    if (pid <= 50) image.slots.push_back(pid);
  }
  for (int pass = 0; pass < 160; ++pass) table.Settle({});
  CHECK(looks <= 50 * 15);  // 50 x 160 before
  CHECK(looks >= 50);
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
  fp_orphan& orphan = rig.AddOrphan(ident);
  orphan.flight.key = Key(0);
  orphan.flight.exits = 1;
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

TEST_CASE("unit.collect.times_are_told_by_subsystem_and_bucket") {
  Rig rig;
  rig.Born(50);
  fp_slot& slot = rig.source.Open(0, Ident(50, 50, 0, 0, "x"), 1, 5);
  const uint64_t many = (uint64_t{1} << FP_TIME_SHIFT) - 1;
  slot.times[0] = fp_time(0, 0) << FP_TIME_SHIFT | 5;
  slot.times[9] = fp_time(FP_SUBSYSTEMS - 1, FP_HIST_BUCKETS - 1) << FP_TIME_SHIFT | many;
  slot.times[63] = fp_time(0, 27) << FP_TIME_SHIFT | 1;
  const auto f = Rig::Of(rig.Harvest(), Pid(50));
  REQUIRE(f.counts.latency.size() == 2);
  CHECK(f.counts.latency[0].second[0] == 5);
  CHECK(f.counts.latency[0].second[27] == 1);
  CHECK(f.counts.latency[1].first == FP_SUBSYSTEMS - 1);
  CHECK(f.counts.latency[1].second[FP_HIST_BUCKETS - 1] == many);
}

// Whatever the number of its threads, a process takes the room of its rows.
TEST_CASE("unit.collect.threads_of_one_process_are_added_up") {
  CountsBuilder builder;
  std::vector<fp_slot> slots(3000);
  for (size_t i = 0; i < slots.size(); ++i) {
    for (int cell = 0; cell < 40; ++cell) {
      slots[i].cells[cell].key = Key((i + cell) % 50);
      slots[i].cells[cell].calls = 1;
      slots[i].cells[cell].max_ns = i;
    }
    builder.AddSlot(slots[i]);
  }
  const model::Counts counts = builder.Build();
  CHECK(counts.calls.size() == 50);
  CHECK(model::Sum(counts).calls == 40 * slots.size());
  CHECK(counts.calls[0].second.max_ns == slots.size() - 1);
  CHECK(builder.Build() == model::Counts{});
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
    fp_cell* const parts = &more.cells[20];
    parts[0].key = Key(1000 + index) | FP_KEY_ERRNO | uint64_t{38} << FP_KEY_CLASS_SHIFT;
    parts[1].key = parts[0].key | FP_KEY_DENIED;
    parts[2].key = FP_KEY_USED | FP_KEY_TIME | 3 << 8 | index;
    for (int i = 0; i < 3; ++i) parts[i].calls = index + i;
  }
  rig.source.Slot(7).others[2] = 9 + 1;
  slot.more = 7 + 1;
  auto s = rig.Harvest();
  auto f = Rig::Of(s, Pid(50));
  CHECK(model::Sum(f.counts).calls == 5 + 7 + 9);
  REQUIRE(f.counts.errnos.size() == 4);
  CHECK(f.counts.errnos[1].first.denied);
  CHECK(f.counts.errnos[1].second == 8);
  CHECK(model::Sum(f.counts).denied == 0);
  REQUIRE(f.counts.latency.size() == 1);
  CHECK(f.counts.latency[0].first == 3);
  CHECK(f.counts.latency[0].second[7] == 9);
  CHECK(f.counts.latency[0].second[9] == 11);
  CHECK(f.rows.size() == 1);
  CHECK(s->slots_used == 3);
  // Where the others are stands in the place of times.
  CHECK(f.counts.latency[0].second[FP_HIST_BUCKETS - 1] == 0);
  rig.source.Close(3);
  rig.Dead(50);
  for (int pass = 0; pass < 3; ++pass) s = rig.Harvest();
  CHECK(model::Sum(Rig::Of(s, Pid(50)).counts).calls == 5 + 7 + 9);
  CHECK(rig.source.freed == std::vector<uint32_t>{7, 9, 3});
}

}  // namespace
}  // namespace footprint::collect
