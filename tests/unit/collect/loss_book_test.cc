// SPDX-License-Identifier: Apache-2.0
// What was lost is its process's, even where that began or ended between two passes.
#include "daemon/collect/loss_book.h"

#include <catch2/catch.hpp>

#include "tests/unit/collect/rig.h"

namespace footprint::collect {
namespace {

constexpr auto kDetail = model::Loss::kDetailDropped;

TEST_CASE("unit.loss_book.a_process_that_began_after_the_slots_were_read_is_waited_for") {
  Rig rig;
  rig.Born(50);
  rig.Born(51);
  rig.source.Open(0, Ident(50, 50, 1000, 0, "bystander"), 1, 5);
  rig.Harvest();
  const int late = GENERATE(1, 2);  // passes until its slot can be read
  rig.source.Lose(51, FP_LOSS_DETAIL_DROPPED, 3);
  model::SnapshotPtr s;
  for (int pass = 0; pass < late; ++pass) {
    s = rig.Harvest();
    // Until then it may be anybody's.
    CHECK(s->unplaced[kDetail] == 3);
    CHECK(s->pending[kDetail] == 3);
  }
  const auto before = s;
  rig.source.Open(1, Ident(51, 51, 2000, 0, "loser"), 1, 5);
  rig.source.Lose(51, FP_LOSS_DETAIL_DROPPED, 4);
  s = rig.Harvest();
  CHECK(s->unplaced.Complete());
  CHECK(s->pending.Complete());
  CHECK(Rig::Of(s, Pid(51)).losses[kDetail] == 7);
  CHECK(Rig::Of(s, Pid(50)).losses.Complete());
  CHECK(model::Difference(Rig::Of(s, Pid(50)), Rig::Of(before, Pid(50))).losses.Complete());
  s = rig.Harvest();
  CHECK(Rig::Of(s, Pid(51)).losses[kDetail] == 7);
  CHECK(s->losses[kDetail] == 7);
}

TEST_CASE("unit.loss_book.what_nobody_comes_for_is_nobodys") {
  Rig rig;
  rig.Born(50);
  rig.source.Open(0, Ident(50, 50, 1000, 0, "bystander"), 1, 5);
  rig.source.Lose(77, FP_LOSS_CALLS_UNATTRIBUTED, 9);
  model::SnapshotPtr s;
  for (int pass = 0; pass < 6; ++pass) s = rig.Harvest();
  CHECK(Rig::Of(s, Pid(50)).losses[model::Loss::kCallsUnattributed] == 9);
  CHECK(s->pending.Complete());
  CHECK(rig.source.losers.empty());
  // Once more by the same one: nobody's again, and counted once.
  rig.source.Lose(77, FP_LOSS_CALLS_UNATTRIBUTED, 2);
  for (int pass = 0; pass < 6; ++pass) s = rig.Harvest();
  CHECK(s->unplaced[model::Loss::kCallsUnattributed] == 11);
  CHECK(rig.source.losers.empty());
}

// A child that is recorded from its next exec on: it finds neither a slot nor room in the spill
// map, and has ended by the next pass.
TEST_CASE("unit.loss_book.a_recorded_image_that_nobody_saw_is_not_complete") {
  Rig rig;
  rig.Born(60);
  fp_ident ident = Ident(60, 60, 3000, 0, "child");
  rig.source.Open(1, ident, 1, 5);
  rig.pinned[{60, 3000}] = 0;
  auto before = rig.Harvest();
  const model::Scope scope{.kind = model::Scope::Kind::kTree,
                           .pid = 60,
                           .life = model::LifeId{60, 3000},
                           .skip_root_images_through = 0};
  rig.source.Close(1);
  const bool told = GENERATE(false, true);
  if (told) {
    ident.image = 1;
    ident.slotless = 1;
    rig.source.events.push_back({.kind = FP_EVENT_EXEC, .status = 0, .when = 0, .ident = ident});
  }
  for (int pass = 0; pass < 3; ++pass) rig.Harvest();
  rig.Dead(60);
  rig.source.Lose(60, FP_LOSS_CALLS_UNATTRIBUTED, 55);
  for (int pass = 0; pass < 4; ++pass) {
    const auto s = rig.Harvest();
    const auto window = model::Difference(Rig::Of(s, scope), Rig::Of(before, scope));
    INFO(told << pass);
    CHECK(window.losses[model::Loss::kCallsUnattributed] == 55);
    // Its end is known by the second pass, and what it lost by then.
    if (pass > 0) CHECK(window.own[model::Loss::kCallsUnattributed] == (told ? 55 : 0));
  }
}

// The kernel has room for so many at a time.
TEST_CASE("unit.loss_book.an_entry_is_given_back_with_the_end_of_its_process") {
  Rig rig(64);
  rig.Born(50);
  rig.source.Open(0, Ident(50, 50, 1000, 0, "living"), 1, 5);
  rig.source.Lose(50, FP_LOSS_DETAIL_DROPPED, 1);
  model::SnapshotPtr s;
  for (uint32_t pid = 100; pid < 140; ++pid) {
    rig.source.Open(1 + pid % 60, Ident(pid, pid, pid, 0, "short"), 1, 5);
    rig.source.Lose(pid, FP_LOSS_DETAIL_DROPPED, 2);
    rig.source.Close(1 + pid % 60);
    s = rig.Harvest();
    CHECK(rig.source.losers.size() == 1);  // of the living one
  }
  CHECK(s->unplaced.Complete());
  CHECK(s->losses[kDetail] == 1 + 40 * 2);
  CHECK(Rig::Of(s, Pid(50)).losses[kDetail] == 1);
  CHECK(Rig::Of(s, {.kind = model::Scope::Kind::kCommand, .pattern = "short"}).losses[kDetail] ==
        40 * 2);
  // One that ends without having lost anything more.
  rig.source.Close(0);
  rig.Dead(50);
  s = rig.Harvest();
  CHECK(rig.source.losers.empty());
  CHECK(s->unplaced.Complete());
}

}  // namespace
}  // namespace footprint::collect
