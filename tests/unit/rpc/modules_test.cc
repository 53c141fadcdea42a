// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "daemon/rpc/convert.h"
#include "tests/unit/rpc/running_server.h"

namespace footprint::rpc {
namespace {

constexpr uint64_t kAttached = 1'000'000'000, kBirth = 5'000'000'000;

model::Module Loop(uint64_t gets) {
  model::Module loop{.name = "loop", .state = model::ModuleState::kLive, .refcount = gets};
  loop.loaded_at_attach = true;
  loop.refcount_at_attach = 0;
  loop.gets = gets;
  return loop;
}

model::ModuleCaller Caller(uint32_t pid, uint64_t start_ns, uint64_t gets) {
  return {.actor = {.pid = pid, .start_ns = start_ns, .comm = "w\n"}, .ip = 1, .gets = gets};
}

model::ModuleTablePtr Table(model::Module module) {
  auto table = std::make_shared<model::ModuleTable>();
  table->followed = true;
  table->modules.push_back(std::make_shared<model::Module>(std::move(module)));
  return table;
}

// A footprint of one process, pid 7.
model::Footprint Of(uint64_t birth, uint64_t start_ns, const model::ModuleTablePtr& table) {
  auto origin = std::make_shared<model::Origin>();
  origin->attached_boottime_ns = kAttached;
  auto life = std::make_shared<model::Life>();
  life->id = {7, birth};
  life->start_ns = start_ns;
  model::Footprint footprint{.origin = origin, .modules = table};
  footprint.rows.push_back({.life = life, .image = std::make_shared<model::Image>()});
  return footprint;
}

uint64_t ScopeGets(const model::Footprint& footprint) {
  v1::Footprint out;
  SetModules(footprint, out);
  return out.modules_size() == 1 ? out.modules(0).scope_gets() : 404;
}

TEST_CASE("unit.rpc.references_of_a_scope_are_those_of_its_lives") {
  const auto table = [](uint64_t start_ns) {
    model::Module loop = Loop(30);
    loop.callers = {Caller(7, start_ns, 23), Caller(8, start_ns, 7)};
    return Table(std::move(loop));
  };
  // Both objects know start times; the same process, and another of its pid.
  CHECK(ScopeGets(Of(kBirth, kBirth - 100, table(kBirth - 100))) == 23);
  CHECK(ScopeGets(Of(kBirth, kBirth - 100, table(kBirth + 3'000'000'000))) == 0);
  CHECK(ScopeGets(Of(kBirth, kBirth - 100, table(kBirth - 3'000'000'000))) == 0);
  // The main object knows births alone.
  CHECK(ScopeGets(Of(kBirth, kBirth, table(kBirth - 2'000'000))) == 23);
  // Older than the attach: of which only some thread's start is known.
  CHECK(ScopeGets(Of(0, kAttached - 5, table(kAttached - 900))) == 23);
  CHECK(ScopeGets(Of(0, kAttached - 5, table(kAttached + 900))) == 0);
  // Nobody knows start times.
  CHECK(ScopeGets(Of(kBirth, kBirth, table(0))) == 23);
}

TEST_CASE("unit.rpc.losses_of_the_ledger_make_a_footprint_incomplete") {
  auto table = std::make_shared<model::ModuleTable>();
  model::Footprint footprint{.modules = table};
  v1::Footprint out;
  out.set_complete(true);
  SetModules(footprint, out);
  CHECK(out.complete());
  CHECK(out.losses().causes_size() == 2);
  table->losses = {.counts = 0, .callers = 2, .requests = 3, .events = 9};
  SetModules(footprint, out);
  CHECK_FALSE(out.complete());
  CHECK(out.losses().causes(3).name() == "module_detail_dropped");
  CHECK(out.losses().causes(3).count() == 5);
  // Only those of the window.
  footprint.modules_base = std::make_shared<model::ModuleTable>(*table);
  v1::Footprint later;
  later.set_complete(true);
  SetModules(footprint, later);
  CHECK(later.complete());
}

TEST_CASE("unit.rpc.modules_are_listed_and_events_told") {
  RunningServer running;
  model::Snapshot snapshot = Nobody();
  auto table = std::make_shared<model::ModuleTable>(*Table(Loop(3)));
  table->modules.push_back(std::make_shared<model::Module>(
      model::Module{.name = "spidev", .state = model::ModuleState::kBuiltIn}));
  table->object = "modules";
  table->requests.push_back({.name = "x\x1b", .waited = 2, .first = {.pid = 5, .comm = "sh"}});
  snapshot.modules = table;
  running.control.Set(snapshot);
  for (const bool built_in : {false, true}) {
    Deadline context;
    v1::ListModulesRequest request;
    request.set_include_builtin(built_in);
    v1::ListModulesResponse response;
    REQUIRE(running.Stub()->ListModules(&context, request, &response).ok());
    CHECK(response.following().bpf_object() == "modules");
    REQUIRE(response.modules_size() == (built_in ? 2 : 1));
    CHECK(response.modules(0).refcount() == 3);
    CHECK(response.modules(0).gets() == 3);
    CHECK(response.requests(0).name() == "x\\x1b");
  }
  Deadline context;
  v1::WatchEventsRequest request;
  request.add_kinds(v1::EVENT_KIND_MODULE_LOAD);
  const auto stub = running.Stub();
  const auto reader = stub->WatchEvents(&context, request);
  auto told = std::make_shared<model::ModuleEvent>();
  told->name = "dummy";
  told->cause.by = {.pid = 9, .comm = "modprobe"};
  model::Event load{.kind = model::Event::Kind::kModuleLoad, .life = {9, 0}, .module = told};
  model::Event other = load;
  other.kind = model::Event::Kind::kModuleFree;
  // Until the stream is open nobody listens.
  std::jthread events([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      running.events.Append(other);
      running.events.Append(load);
      std::this_thread::yield();
    }
  });
  v1::WatchEventsResponse response;
  REQUIRE(reader->Read(&response));
  CHECK(response.kind() == v1::EVENT_KIND_MODULE_LOAD);
  CHECK(response.module().name() == "dummy");
  CHECK(response.module().cause().by().comm() == "modprobe");
  context.TryCancel();
}

}  // namespace
}  // namespace footprint::rpc
