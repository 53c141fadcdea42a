// SPDX-License-Identifier: Apache-2.0
// Which scope and which window a loss can concern, and which not.
#include "daemon/model/completeness.h"

#include <catch2/catch.hpp>

#include "daemon/model/command_name.h"
#include "daemon/model/scope.h"

namespace footprint::model {
namespace {

constexpr auto kDetail = static_cast<uint8_t>(Loss::kDetailDropped);

std::shared_ptr<const Life> MakeLife(uint32_t pid, const std::string& unit, uint64_t calls,
                                     uint64_t lost) {
  auto image = std::make_shared<Image>();
  image->comm = "c" + std::to_string(pid);
  image->exe = "/bin/" + image->comm;
  image->cgroup = "/system.slice/" + unit;
  image->unit = unit;
  Counts counts{.calls = {{{.abi = 1, .number = 39}, {.calls = calls}}}};
  if (lost != 0) counts.lost = {{kDetail, lost}};
  image->counts = PackedCounts::Pack(counts);
  auto life = std::make_shared<Life>();
  life->id = {pid, 0};
  life->images = {image};
  return life;
}

// Process 1 lost `lost` details; `nobodys` more have no process.
Snapshot System(uint64_t lost, uint64_t nobodys, uint64_t calls = 10) {
  Snapshot s;
  s.lives = {MakeLife(1, "a.service", calls, lost), MakeLife(2, "b.service", calls, 0)};
  s.losses.count[kDetail] = lost + nobodys;
  s.unplaced.count[kDetail] = nobodys;
  return s;
}

Footprint Of(const Snapshot& s, const Scope& scope) {
  auto f = Evaluate(s, scope);
  REQUIRE(f.ok());
  return *f;
}

const Scope kSystem{.kind = Scope::Kind::kSystem};
const Scope kLoser{.kind = Scope::Kind::kPid, .pid = 1};
const Scope kBystander{.kind = Scope::Kind::kPid, .pid = 2};
Scope Unit(const std::string& pattern) { return {.kind = Scope::Kind::kUnit, .pattern = pattern}; }

TEST_CASE("unit.model.a_loss_of_one_process_is_no_other_ones") {
  const Snapshot s = System(3, 0);
  CHECK(Of(s, kLoser).losses[Loss::kDetailDropped] == 3);
  CHECK_FALSE(Of(s, kLoser).losses.Complete());
  CHECK_FALSE(Of(s, kSystem).losses.Complete());
  CHECK_FALSE(Of(s, Unit("a")).losses.Complete());
  CHECK(Of(s, kBystander).losses.Complete());
  CHECK(Of(s, kBystander).elsewhere[Loss::kDetailDropped] == 3);
  CHECK(Of(s, Unit("b.service")).losses.Complete());
  CHECK(WhyIncomplete(Of(s, kBystander)) == "");
  CHECK(WhyIncomplete(Of(s, kLoser)) == "lost by processes of this scope: 3 detail_dropped");
}

TEST_CASE("unit.model.a_loss_of_nobody_concerns_every_scope") {
  const Snapshot s = System(0, 2);
  for (const Scope& scope : {kSystem, kLoser, kBystander, Unit("b")}) {
    CHECK(Of(s, scope).losses[Loss::kDetailDropped] == 2);
    CHECK(WhyIncomplete(Of(s, scope)) ==
          "lost by nobody known, so it may be of this scope: 2 detail_dropped");
  }
}

TEST_CASE("unit.model.a_window_that_begins_after_a_loss_is_complete") {
  for (const Scope& scope : {kSystem, kLoser, kBystander}) {
    const Footprint d = Difference(Of(System(3, 2, 15), scope), Of(System(3, 2), scope));
    CHECK(d.losses.Complete());
    CHECK(Sum(d.counts).calls == (scope.kind == Scope::Kind::kSystem ? 10 : 5));
  }
  const Footprint d = Difference(Of(System(4, 2, 15), kLoser), Of(System(3, 2), kLoser));
  CHECK(d.losses[Loss::kDetailDropped] == 1);
}

TEST_CASE("unit.model.no_number_of_a_difference_is_negative") {
  // Rows that left the scope: the end has less than the beginning.
  Footprint end = Of(System(0, 0, 4), kSystem), base = Of(System(0, 0, 10), kSystem);
  base.observer_calls = 7;
  base.losses.count[kDetail] = base.own.count[kDetail] = 5;
  base.counts.in_flight = 3;
  base.cost.calls = 100;
  const Footprint d = Difference(end, base);
  CHECK(Sum(d.counts).calls == 0);
  CHECK(d.rows.empty());
  CHECK(d.observer_calls == 0);
  CHECK(d.losses[Loss::kDetailDropped] == 0);
  CHECK(d.cost.calls == 0);
  Losses losses;
  losses.count[kDetail] = 1;
  CHECK(Difference(Losses{}, losses)[Loss::kDetailDropped] == 0);
  CHECK(Difference(ModuleLosses{}, ModuleLosses{.counts = 1}).counts == 0);
}

TEST_CASE("unit.model.a_process_of_no_known_cgroup_may_be_of_any_unit") {
  Snapshot s = System(0, 0);
  auto image = std::make_shared<Image>(*s.lives[1]->images[0]);
  image->cgroup = image->unit = "";
  image->cgroup_id = 77;
  auto life = std::make_shared<Life>(*s.lives[1]);
  life->images = {image};
  s.lives[1] = life;
  const Footprint f = Of(s, Unit("a.service"));
  CHECK(f.losses[Loss::kNameUnknown] == 10);
  CHECK(WhyIncomplete(f) == "10 calls of processes whose cgroup is not known");
  CHECK(Of(s, kLoser).losses.Complete());
  CHECK(Of(s, kSystem).losses.Complete());
}

TEST_CASE("unit.model.a_process_of_no_known_program_may_be_of_any_command") {
  for (const bool script_alone : {false, true}) {
    Snapshot s = System(0, 0);
    auto image = std::make_shared<Image>(*s.lives[1]->images[0]);
    if (script_alone) {
      image->program = std::make_shared<Program>(Program{.exe = image->exe, .names_unsure = true});
    } else {
      image->exe = "";
    }
    auto life = std::make_shared<Life>(*s.lives[1]);
    life->images = {image};
    s.lives[1] = life;
    const Footprint f = Of(s, {.kind = Scope::Kind::kCommand, .pattern = "c1"});
    CHECK(WhyIncomplete(f) == "10 calls of processes whose program is not known");
    CHECK(Of(s, {.kind = Scope::Kind::kCommand, .pattern = "c2"}).losses.Complete());
    CHECK(Of(s, Unit("a.service")).losses.Complete());
  }
}

TEST_CASE("unit.model.folds_concern_the_names_that_they_take") {
  auto sketch = std::make_shared<NameSketch>();
  CommandName name{.cgroup = "/system.slice/run-r1.service", .exe = "/bin/true", .comm = "true"};
  CommandName folded = name;
  REQUIRE(Coarsen(folded));
  CHECK(folded.cgroup == "/system.slice/(other)");
  CHECK(folded.comm == "true");
  NoteFold(name, folded, 100, *sketch);
  Snapshot s = System(0, 0);
  s.folded_names = sketch;
  // Nothing is left under that name, and that is said.
  const Footprint gone = Of(s, Unit("run-r1"));
  CHECK(Sum(gone.counts).calls == 0);
  CHECK(gone.losses[Loss::kNameUnknown] == 100);
  CHECK(Of(s, Unit("/system.slice/run-r1.service")).losses[Loss::kNameUnknown] == 100);
  CHECK(Of(s, Unit("/system.slice")).losses.Complete());
  CHECK(Of(s, Unit("a.service")).losses.Complete());
  CHECK_FALSE(Of(s, Unit("a*")).losses.Complete());  // a pattern may have meant it
  CHECK(Of(s, {.kind = Scope::Kind::kCommand, .pattern = "c1"}).losses.Complete());
  CHECK(absl::IsNotFound(Evaluate(s, Unit("other.service")).status()));
  // And a window after it is not stained.
  CHECK(Difference(Of(s, Unit("a*")), Of(s, Unit("a*"))).losses.Complete());

  auto more = std::make_shared<NameSketch>(*sketch);
  name = folded;
  while (Coarsen(folded)) {
    NoteFold(name, folded, 100, *more);
    name = folded;
  }
  CHECK(name.cgroup == "/(other)");
  CHECK(name.comm == kOther);
  Snapshot later = s;
  later.folded_names = more;
  const Scope command{.kind = Scope::Kind::kCommand, .pattern = "true"};
  CHECK(Of(later, command).losses[Loss::kNameUnknown] == 100);
  CHECK(Of(later, Unit("/system.slice")).losses[Loss::kNameUnknown] == 100);
  CHECK(Difference(Of(later, Unit("/system.slice")), Of(s, Unit("/system.slice")))
            .losses[Loss::kNameUnknown] == 100);
}

// What the kernel had lost, and not yet told of whom, when a window began.
TEST_CASE("unit.model.what_was_pending_hides_no_loss_of_nobody") {
  Snapshot base = System(0, 0), end = System(5, 0, 20);
  base.losses.count[kDetail] = base.unplaced.count[kDetail] = base.pending.count[kDetail] = 5;
  // The five are process 1's by now; three more are nobody's.
  end.losses.count[kDetail] = 8;
  end.unplaced.count[kDetail] = 3;
  const Footprint d = Difference(Of(end, kBystander), Of(base, kBystander));
  CHECK(d.losses[Loss::kDetailDropped] == 3);
}

TEST_CASE("unit.model.the_root_of_units_misses_no_folded_row") {
  Snapshot s = System(0, 0);
  auto sketch = std::make_shared<NameSketch>();
  NoteFold({.cgroup = "/a/b", .comm = "x"}, {.cgroup = "/a/(other)", .comm = "x"}, 7, *sketch);
  s.folded_names = sketch;
  CHECK(Of(s, Unit("/")).losses.Complete());
  CHECK(Of(s, Unit("/a/b")).losses[Loss::kNameUnknown] == 7);
}

// Nothing had the name when the window began, and what may have had it is noted.
TEST_CASE("unit.model.a_window_over_a_glob_knows_what_was_unnamed") {
  Snapshot base;
  base.lives = {MakeLife(1, "a.service", 50, 0)};
  auto unnamed = std::make_shared<Image>(*base.lives[0]->images[0]);
  unnamed->exe = "";
  auto life = std::make_shared<Life>(*base.lives[0]);
  life->images = {unnamed};
  base.lives = {life};
  Snapshot end;
  end.lives = {MakeLife(1, "a.service", 60, 0)};
  const Scope scope{.kind = Scope::Kind::kCommand, .pattern = "/bin/c*"};
  CHECK_FALSE(Evaluate(base, scope).ok());
  const Footprint d = Difference(Of(end, scope), Nothing(base, scope));
  CHECK(d.losses[Loss::kNameUnknown] == 50);
}

}  // namespace
}  // namespace footprint::model
