// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/scope.h"

#include <catch2/catch.hpp>

namespace footprint::model {
namespace {

std::shared_ptr<const Image> MakeImage(uint32_t number, const std::string& comm,
                                       const std::string& unit, uint64_t calls) {
  auto image = std::make_shared<Image>();
  image->number = number;
  image->comm = comm;
  image->exe = "/usr/bin/" + comm;
  image->unit = unit;
  image->cgroup = unit.empty() ? "/" : "/system.slice/" + unit;
  image->counts =
      PackedCounts::Pack(Counts{.calls = {{{.abi = 1, .number = 39}, {.calls = calls}}}});
  return image;
}

std::shared_ptr<Life> MakeLife(LifeId id, LifeId parent,
                               std::vector<std::shared_ptr<const Image>> images) {
  auto life = std::make_shared<Life>();
  life->id = id;
  life->parent = parent;
  life->alive = true;
  life->images = std::move(images);
  return life;
}

Snapshot System() {
  Snapshot s;
  s.lives = {MakeLife({10, 0}, {1, 0},
                      {MakeImage(0, "sh", "a.service", 1), MakeImage(1, "ls", "a.service", 10)}),
             MakeLife({11, 5}, {10, 0}, {MakeImage(0, "cat", "b.service", 100)}),
             MakeLife({11, 9}, {99, 0}, {MakeImage(0, "dog", "", 1000)})};
  auto command = std::make_shared<Command>();
  command->comm = "cat";
  command->exe = "/usr/bin/cat";
  command->unit = "b.service";
  command->cgroup = "/system.slice/b.service";
  command->images = 4;
  command->counts =
      std::make_shared<Counts>(Counts{.calls = {{{.abi = 1, .number = 39}, {.calls = 7}}}});
  s.commands = {command};
  return s;
}

uint64_t Calls(const Snapshot& s, const Scope& scope) {
  auto f = Evaluate(s, scope);
  REQUIRE(f.ok());
  return Sum(f->counts).calls;
}

TEST_CASE("unit.model.scopes_select") {
  const Snapshot s = System();
  CHECK(Calls(s, {.kind = Scope::Kind::kSystem}) == 1118);
  CHECK(Calls(s, {.kind = Scope::Kind::kPid, .pid = 10}) == 11);
  CHECK(Calls(s, {.kind = Scope::Kind::kTree, .pid = 10}) == 111);
  CHECK(Calls(s, {.kind = Scope::Kind::kPid, .pid = 11}) == 1000);  // the younger life
  CHECK(Calls(s, {.kind = Scope::Kind::kPid, .pid = 11, .life = LifeId{11, 5}}) == 100);
  CHECK(Calls(s, {.kind = Scope::Kind::kCommand, .pattern = "ca*"}) == 107);
  CHECK(Calls(s, {.kind = Scope::Kind::kCommand, .pattern = "/usr/bin/[dl]*"}) == 1010);
  CHECK(Calls(s, {.kind = Scope::Kind::kUnit, .pattern = "b.service"}) == 107);
  CHECK(Calls(s, {.kind = Scope::Kind::kUnit, .pattern = "/system.slice/a.service"}) == 11);
}

TEST_CASE("unit.model.scopes_that_fit_nothing_are_not_found") {
  const Snapshot s = System();
  CHECK(absl::IsNotFound(Evaluate(s, {.kind = Scope::Kind::kPid, .pid = 12}).status()));
  CHECK(absl::IsNotFound(Evaluate(s, {.kind = Scope::Kind::kCommand, .pattern = "nope"}).status()));
  CHECK(absl::IsNotFound(Evaluate(s, {.kind = Scope::Kind::kUnit, .pattern = "c"}).status()));
}

TEST_CASE("unit.model.tree_can_leave_out_the_launcher") {
  const Snapshot s = System();
  CHECK(Calls(s, {.kind = Scope::Kind::kTree, .pid = 10, .skip_root_images_through = 0}) == 110);
}

TEST_CASE("unit.model.window_of_a_process_that_was_folded_meanwhile") {
  const Snapshot before = System();
  Snapshot after = System();
  // The cat of life (11, 5) ended: its 100 calls and 3 more are in the command's row now.
  after.lives.erase(after.lives.begin() + 1);
  auto command = std::make_shared<Command>(*after.commands[0]);
  command->images = 5;
  command->counts =
      std::make_shared<Counts>(Counts{.calls = {{{.abi = 1, .number = 39}, {.calls = 110}}}});
  after.commands = {command};
  const Scope system{.kind = Scope::Kind::kSystem};
  const Footprint d = Difference(*Evaluate(after, system), *Evaluate(before, system));
  CHECK(Sum(d.counts).calls == 3);
  REQUIRE(d.rows.size() == 1);
  CHECK(d.rows[0].totals.calls == 3);
  CHECK(d.rows[0].folded == 1);
}

}  // namespace
}  // namespace footprint::model
