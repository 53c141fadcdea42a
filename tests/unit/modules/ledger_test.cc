// SPDX-License-Identifier: Apache-2.0
#include "daemon/modules/ledger.h"

#include <catch2/catch.hpp>

#include "tests/unit/modules/fake_module_source.h"

namespace footprint::modules {
namespace {

const Task kSh{5, "sh"}, kModprobe{7, "modprobe"}, kRmmod{8, "rmmod"};

TEST_CASE("unit.modules.references_go_on_from_the_attach") {
  Rig rig;
  rig.kernel.Have("ipv6", 24, {"sit"});
  rig.kernel.Reference("ipv6", kSh, 0x10, true);  // 25, before the ledger begins
  rig.Start();
  const auto begin = rig.Pass();
  CHECK(Row(*begin, "ipv6").refcount == 25);
  CHECK(Row(*begin, "ipv6").refcount_at_attach == 24);
  CHECK(Row(*begin, "ipv6").users_at_attach == std::vector<std::string>{"sit"});
  for (int i = 0; i < 23; ++i) rig.kernel.Reference("ipv6", kSh, 0x10, true);
  for (int i = 0; i < 21; ++i) rig.kernel.Reference("ipv6", kSh, 0x11, false);
  const auto end = rig.Pass();
  const model::ModuleUse use = UseRow(model::UseOf(*end, begin.get()), "ipv6");
  CHECK(use.refcount_before == 25);
  CHECK(use.refcount_after == 27);
  CHECK(use.refcount_most == 48);
  CHECK(use.gets == 23);
  CHECK(use.puts == 21);
  CHECK(Row(*end, "ipv6").difference == "");
  REQUIRE(use.callers.size() == 2);
  CHECK(use.callers[0].actor.comm == "sh");
  CHECK(use.callers[0].actor.unit == "rig.service");
  CHECK(use.callers[0].gets + use.callers[1].gets == 23);
  CHECK(use.callers[0].site == "f16+0x4");
}

TEST_CASE("unit.modules.generations_do_not_inherit_and_add_up") {
  Rig rig;
  rig.Start();
  const auto begin = rig.Pass();
  for (int i = 0; i < 7; ++i) {
    rig.kernel.Load("dummy", kModprobe);
    rig.kernel.Reference("dummy", kSh, 0x10, true);
    if (i % 2 == 0) CHECK(Row(*rig.Pass(), "dummy").refcount == 1);
    rig.kernel.Reference("dummy", kSh, 0x11, false);
    rig.kernel.Unload("dummy", kRmmod);
    const auto table = rig.Pass();
    CHECK(Row(*table, "dummy").loads == i + 1u);
    CHECK(Row(*table, "dummy").unloads == i + 1u);
    CHECK(Row(*table, "dummy").difference == "");
    CHECK_FALSE(Row(*table, "dummy").refcount.has_value());
  }
  rig.Pass();
  const auto end = rig.Pass();
  CHECK(Row(*end, "dummy").gets == 7);
  CHECK(Row(*end, "dummy").puts == 14);  // one of each load is its initialisation's
  CHECK(rig.kernel.modules.empty());     // folded, and room again
  const model::ModuleUse use = UseRow(model::UseOf(*end, begin.get()), "dummy");
  CHECK_FALSE(use.loaded_before);
  CHECK_FALSE(use.loaded_after);
  CHECK(use.refcount_most == 1);
  CHECK(use.loads == 7);
}

TEST_CASE("unit.modules.a_difference_is_told_until_it_is_gone") {
  Rig rig;
  rig.kernel.Have("loop", 0);
  rig.Start();
  rig.Pass();
  rig.kernel.Reference("loop", kSh, 0x10, true);
  rig.kernel.proc["loop"].refcount = 3;
  CHECK(Row(*rig.Pass(), "loop").difference == "refcount 1 by the ledger, 3 in /proc/modules");
  // Nothing is counted meanwhile: it is looked at again all the same.
  rig.kernel.proc["loop"].refcount = 1;
  CHECK(Row(*rig.Pass(), "loop").difference == "");

  rig.kernel.Have("ghost", 2);
  ++rig.kernel.changes;
  auto table = rig.Pass();
  CHECK(Row(*table, "ghost").difference == "in /proc/modules, but its load was not seen");
  CHECK(Row(*table, "ghost").refcount == 2);
  rig.kernel.Load("gone", kModprobe);
  rig.kernel.proc.erase("gone");
  CHECK(Row(*rig.Pass(), "gone").difference == "in use by the ledger, but not in /proc/modules");
}

TEST_CASE("unit.modules.a_load_names_who_asked_for_it") {
  Rig rig;
  rig.Start();
  rig.Pass();
  rig.kernel.Request("net-pf-31", kSh, true);
  rig.kernel.Load("ecc", kModprobe, "/sbin/modprobe -q -- net-pf-31", {2, "kthreadd"}, true);
  rig.kernel.Load("bluetooth", kModprobe, "/sbin/modprobe -q -- net-pf-31", {2, "kthreadd"}, true);
  rig.kernel.Load("dummy", {9, "insmod"}, "insmod net-pf-31", kSh, false);
  const auto table = rig.Pass();
  for (const char* name : {"ecc", "bluetooth"}) {
    const auto& load = Row(*table, name).last_load;
    REQUIRE(load.has_value());
    CHECK(load->request == "net-pf-31");
    CHECK(load->requester.pid == 5);
    CHECK(load->requester.unit == "rig.service");
    CHECK(load->by.comm == "modprobe");
    CHECK(load->command_line == "/sbin/modprobe -q -- net-pf-31");
  }
  const auto& typed = Row(*table, "dummy").last_load;
  REQUIRE(typed.has_value());
  CHECK(typed->request == "");
  CHECK(typed->parent.comm == "sh");
  REQUIRE(table->requests.size() == 1);
  CHECK(table->requests[0].waited == 1);
  CHECK(table->requests[0].first.comm == "sh");
  CHECK(table->requests[0].site == "f512+0x4");

  using Kind = model::Event::Kind;
  std::vector<Kind> kinds;
  for (const auto& event : rig.events) kinds.push_back(event.kind);
  CHECK(kinds == std::vector<Kind>{Kind::kModuleRequest, Kind::kModuleLoad, Kind::kModuleLoad,
                                   Kind::kModuleLoad});
  CHECK(rig.events[0].module->site == "f512+0x4");
}

TEST_CASE("unit.modules.events_wait_for_their_names_in_order") {
  Rig rig;
  rig.Start();
  rig.Pass();
  rig.kernel.Load("dummy", kModprobe);
  rig.ledger->Drain();
  CHECK(rig.events.size() == 1);  // has no call site
  rig.kernel.Request("fs-x", kSh, false);
  rig.kernel.Unload("dummy", kRmmod);
  const int before = rig.look_ups;
  rig.ledger->Drain();
  CHECK(rig.events.size() == 1);
  CHECK(rig.look_ups == before);  // a wake-up looks nothing up
  rig.Pass();
  REQUIRE(rig.events.size() == 3);
  CHECK(rig.events[1].kind == model::Event::Kind::kModuleRequest);
  CHECK(rig.events[2].kind == model::Event::Kind::kModuleFree);
  CHECK(rig.look_ups == before + 1);  // one for events, callers and requests together
}

TEST_CASE("unit.modules.quiet_kernels_are_not_walked") {
  Rig rig;
  rig.kernel.Have("loop", 0);
  rig.Start();
  const auto first = rig.Pass();
  const int walks = rig.kernel.walks;
  CHECK(rig.Pass() == first);
  CHECK(rig.kernel.walks == walks);
  rig.clock.now += 61'000'000'000;  // settled once a minute
  CHECK(rig.Pass() != first);
  CHECK(rig.kernel.walks > walks);
}

TEST_CASE("unit.modules.entries_of_past_epochs_are_folded_and_deleted") {
  Rig rig;
  rig.kernel.Have("loop", 0);
  rig.Start();
  rig.Pass();
  for (uint32_t round = 0; round < 600; ++round) {
    const Task task{1000 + round, "t" + std::to_string(round)};
    rig.kernel.Reference("loop", task, 0x10, true);
    rig.kernel.Reference("loop", task, 0x10, false);
    rig.kernel.Request("x" + std::to_string(round), task, true);
    rig.Pass();
    CHECK(rig.kernel.callers.size() <= 4);
    CHECK(rig.kernel.requests.size() <= 2);
  }
  ++rig.kernel.changes;
  const auto table = rig.Pass();
  uint64_t gets = 0, other = 0, asked = 0;
  const model::Module& loop = Row(*table, "loop");
  for (const auto& caller : loop.callers) {
    gets += caller.gets;
    if (caller.actor.comm == model::kOtherCallers) other += caller.gets;
  }
  for (const auto& request : table->requests) asked += request.waited;
  CHECK(gets == 600);  // whoever has no row of his own is in "(other)"
  CHECK(other > 0);
  CHECK(loop.callers.size() <= CallerTable::kProcesses + CallerTable::kCommands + 8);
  CHECK(asked == 600);
  CHECK(table->requests.size() <= 513);
}

TEST_CASE("unit.modules.the_most_of_a_window_is_its_own") {
  Rig rig;
  rig.kernel.Have("loop", 0);
  rig.Start();
  const auto use = [&](int times) {
    for (int i = 0; i < times; ++i) rig.kernel.Reference("loop", kSh, 0x10, true);
    for (int i = 0; i < times; ++i) rig.kernel.Reference("loop", kSh, 0x10, false);
    return rig.Pass();
  };
  const auto a = rig.Pass();
  const auto b = use(11);
  const auto c = use(3);
  const auto d = use(5);
  const auto most = [&](const auto& from, const auto& to) {
    return UseRow(model::UseOf(*to, from.get()), "loop").refcount_most;
  };
  CHECK(most(a, d) == 11);
  CHECK(most(b, c) == 3);
  CHECK(most(b, d) == 5);
  CHECK(most(c, d) == 5);
  CHECK(UseRow(model::UseOf(*d, nullptr), "loop").refcount_most == 11);
}

TEST_CASE("unit.modules.without_programs_proc_alone_is_told") {
  Rig rig;
  rig.facts = {.object = "", .why_not = "lockdown", .built_in = {"spidev"}};
  rig.kernel.Have("loop", 2);
  rig.Start(false);
  const auto begin = rig.Pass();
  CHECK_FALSE(begin->followed);
  CHECK(begin->why_not == "lockdown");
  CHECK(Row(*begin, "loop").refcount == 2);
  CHECK(Row(*begin, "spidev").state == model::ModuleState::kBuiltIn);
  rig.kernel.Have("loop", 4);
  rig.kernel.Have("dummy", 0);
  const auto end = rig.Pass();
  const auto uses = model::UseOf(*end, begin.get());
  CHECK(uses.size() == 2);  // not the built-in one
  CHECK(UseRow(uses, "loop").refcount_before == 2);
  CHECK(UseRow(uses, "loop").refcount_after == 4);
  CHECK(UseRow(uses, "loop").refcount_most == 4);
  CHECK_FALSE(UseRow(uses, "dummy").loaded_before);
  CHECK(Row(*end, "dummy").difference == "");
}

TEST_CASE("unit.modules.losses_are_told") {
  Rig rig;
  rig.Start();
  rig.kernel.losses = {2, 3, 5, 7};
  ++rig.kernel.changes;
  const auto table = rig.Pass();
  CHECK(table->losses ==
        model::ModuleLosses{.counts = 2, .callers = 3, .requests = 5, .events = 7});
  CHECK(rig.lost == 7);
}

}  // namespace
}  // namespace footprint::modules
