// SPDX-License-Identifier: Apache-2.0
// No reply is larger than a gRPC client takes by default, and what that costs is told.
#include "daemon/rpc/fit.h"

#include <catch2/catch.hpp>
#include <string>

#include "daemon/rpc/call.h"
#include "tests/unit/rpc/running_server.h"

namespace footprint::rpc {
namespace {

constexpr size_t kClientsTake = 4 << 20;

// Distinct objects, ioctls and processes beyond any reply.
model::Snapshot Crowd() {
  model::Snapshot snapshot = OneProcess(0);
  auto objects = std::make_shared<model::ObjectTable>();
  model::Counts counts;
  for (uint32_t id = 1; id <= 30'000; ++id) {
    model::ObjectClass& object = objects->classes[id];
    object.server = "device";
    object.driver = std::string(100, 'd');
    object.device = "136:" + std::to_string(id);
    counts.calls.push_back({{.abi = 1, .number = 0, .object_class = id}, {.calls = id}});
  }
  snapshot.objects = objects;
  auto origin = std::make_shared<model::Origin>();
  origin->tier = "full";
  snapshot.origin = origin;
  const model::Life one = *snapshot.lives[0];
  auto image = std::make_shared<model::Image>(*one.images[0]);
  image->counts = model::PackedCounts::Pack(counts);
  auto other = std::make_shared<model::Image>(*one.images[0]);
  model::Program program;
  program.argv = std::string(3000, 'c');
  other->program = std::make_shared<const model::Program>(std::move(program));
  snapshot.lives.clear();
  for (uint32_t pid = 1; pid <= 3000; ++pid) {
    auto life = std::make_shared<model::Life>(one);
    life->id = {pid, 100};
    life->images = {pid == 1 ? image : other};
    snapshot.lives.push_back(life);
  }
  return snapshot;
}

template <typename Rows>
uint64_t CallsOf(const Rows& rows) {
  uint64_t calls = 0;
  for (const auto& row : rows) calls += row.calls();
  return calls;
}

TEST_CASE("unit.rpc.tables_are_folded_until_they_fit") {
  v1::Footprint footprint;
  uint64_t calls = 0, denied = 0;
  for (int i = 50'000; i > 0; --i) {
    v1::Syscall& row = *footprint.add_syscalls();
    row.set_name("unknown:" + std::to_string(i));
    row.set_calls(i);
    row.set_denied(1);
    row.set_max_ns(i % 7);
    v1::Errno& one = *row.add_errnos();
    one.set_value(i % 2 == 0 ? 11 : 2);
    one.set_count(3);
    v1::Errno& refused = *row.add_denied_errnos();
    refused.set_value(i % 3);
    refused.set_count(1);
    calls += i;
    ++denied;
  }
  FitTables(1 << 20, footprint);
  CHECK(footprint.ByteSizeLong() <= 1 << 20);
  CHECK(CallsOf(footprint.syscalls()) == calls);
  const v1::Syscall& other = *footprint.syscalls().rbegin();
  CHECK(other.name() == "other");
  CHECK(other.denied() == denied - (footprint.syscalls_size() - 1));
  CHECK(other.max_ns() == 6);
  CHECK(other.errnos_size() == 2);
  CHECK(other.denied_errnos_size() == 3);
  uint64_t refused = 0;
  for (const v1::Errno& one : other.denied_errnos()) refused += one.count();
  CHECK(refused == other.denied());
  REQUIRE(footprint.notes_size() == 1);
  CHECK(footprint.notes(0).find("syscalls: ") == 0);
  // What fits is left alone.
  const std::string before = footprint.SerializeAsString();
  FitTables(2 << 20, footprint);
  CHECK(footprint.SerializeAsString() == before);
}

TEST_CASE("unit.rpc.every_reply_fits") {
  RunningServer running;
  running.control.Set(Crowd());
  const auto stub = running.Stub();
  const auto check = [](const v1::Footprint& footprint) {
    CHECK(footprint.ByteSizeLong() <= kMaxFootprintBytes);
    CHECK(footprint.processes_truncated());
    CHECK(footprint.processes_size() > 100);
    CHECK(footprint.calls() == uint64_t{30'000} * 30'001 / 2);
    CHECK(CallsOf(footprint.objects()) == footprint.calls());
    REQUIRE(footprint.notes_size() >= 1);
    CHECK(footprint.notes(0).find("objects: ") == 0);
  };
  v1::GetFootprintRequest get;
  get.mutable_scope()->set_system(true);
  v1::GetFootprintResponse got;
  Deadline one(60), two(60), three(60);
  REQUIRE(stub->GetFootprint(&one, get, &got).ok());
  check(got.footprint());
  CHECK(got.ByteSizeLong() < kClientsTake);
  v1::WatchFootprintRequest watch;
  watch.mutable_scope()->set_system(true);
  v1::WatchFootprintResponse watched;
  auto reader = stub->WatchFootprint(&two, watch);
  REQUIRE(reader->Read(&watched));
  check(watched.footprint());
  CHECK(watched.ByteSizeLong() < kClientsTake);
  two.TryCancel();
  reader->Finish();
  v1::ListProcessesRequest list;
  list.set_page_size(1000);
  v1::ListProcessesResponse listed;
  REQUIRE(stub->ListProcesses(&three, list, &listed).ok());
  CHECK(listed.ByteSizeLong() < kClientsTake);
  CHECK_FALSE(listed.next_page_token().empty());
}

TEST_CASE("unit.rpc.lists_of_modules_fit") {
  model::Snapshot snapshot = Nobody();
  auto table = std::make_shared<model::ModuleTable>();
  table->followed = true;
  for (int i = 0; i < 2000; ++i) {
    auto module = std::make_shared<model::Module>();
    module->name = "module_" + std::to_string(i);
    module->state = model::ModuleState::kLive;
    for (uint32_t pid = 1; pid <= 64; ++pid) {
      model::ModuleCaller& caller = module->callers.emplace_back();
      caller.actor.pid = pid;
      caller.actor.comm = std::string(15, 'c');
      caller.site = std::string(60, 's');
      caller.gets = 1;
    }
    table->modules.push_back(module);
  }
  for (int i = 0; i < 50'000; ++i) {
    table->requests.emplace_back().name = std::string(50, 'n') + std::to_string(i);
  }
  snapshot.modules = table;
  RunningServer running;
  running.control.Set(std::move(snapshot));
  Deadline context(60);
  v1::ListModulesResponse listed;
  REQUIRE(running.Stub()->ListModules(&context, v1::ListModulesRequest(), &listed).ok());
  CHECK(listed.ByteSizeLong() < kClientsTake);
  CHECK(listed.modules_size() == 2000);
  CHECK(listed.callers_omitted() > 0);
  CHECK(listed.requests_size() + listed.requests_omitted() == 50'000);
  CHECK(listed.requests_omitted() > 0);
}

TEST_CASE("unit.rpc.status_and_footprint_have_one_rule_of_completeness") {
  for (const bool lost : {false, true}) {
    model::Snapshot snapshot = OneProcess(1);
    auto table = std::make_shared<model::ModuleTable>();
    table->followed = true;
    table->losses.counts = lost ? 3 : 0;
    snapshot.modules = table;
    RunningServer running;
    running.control.Set(std::move(snapshot));
    Deadline one, two;
    v1::GetStatusResponse status;
    REQUIRE(running.Stub()->GetStatus(&one, v1::GetStatusRequest(), &status).ok());
    v1::GetFootprintRequest get;
    get.mutable_scope()->set_system(true);
    v1::GetFootprintResponse got;
    REQUIRE(running.Stub()->GetFootprint(&two, get, &got).ok());
    CHECK(status.complete() == !lost);
    CHECK(got.footprint().complete() == !lost);
    REQUIRE(status.losses().causes_size() == got.footprint().losses().causes_size());
    for (int i = 0; i < status.losses().causes_size(); ++i) {
      CHECK(status.losses().causes(i).SerializeAsString() ==
            got.footprint().losses().causes(i).SerializeAsString());
    }
  }
}

}  // namespace
}  // namespace footprint::rpc
