// SPDX-License-Identifier: Apache-2.0
// The static view over a real server, and what a footprint used of it.
#include <catch2/catch.hpp>

#include "daemon/rpc/convert.h"
#include "daemon/rpc/convert_system.h"
#include "tests/unit/rpc/running_server.h"

namespace footprint::rpc {
namespace {

system::System SampleSystem() {
  system::System system;
  system.facts = {{"command_line", "quiet \x1b[2J", "", {"/proc/cmdline", "", ""}}};
  system.config = {{"/proc/config.gz", "", ""}, "ab", "CONFIG_A=y\nCONFIG_B=\"\x1b\"\n"};
  system.abis = {{"x86_64",
                  "linux-source",
                  {"/proc/kallsyms", "", "no addresses"},
                  true,
                  {{39, "getpid", "process", system::CallState::kBuiltIn},
                   {175, "init_module", "module", system::CallState::kStub},
                   {184, "tuxcall", "network", system::CallState::kAbsent},
                   {0, "read", "filesystem", system::CallState::kUnknown}}}};
  system.modules = {{"/proc/modules", "", ""}, {{"bnep", 4096, 2, {"hci"}, "Live", "OE"}}};
  system.builtin_modules.reading.problem = "no such file";
  system.tracepoints.rows = {{"sys_enter", true, system::Presence::kPresent, "ok"}};
  return system;
}

TEST_CASE("unit.rpc.system_as_message") {
  v1::System out;
  ToProto(SampleSystem(), false, out);
  CHECK(out.facts(0).value() == "quiet \\x1b[2J");
  CHECK(out.config().options() == 2);
  CHECK(out.config().text() == "CONFIG_A=y\nCONFIG_B=\"\\x1b\"\n");
  CHECK(out.abis(0).reading().note() == "no addresses");
  CHECK(out.abis(0).calls(0).state() == v1::CALL_STATE_BUILT_IN);
  CHECK(out.abis(0).calls(1).state() == v1::CALL_STATE_STUB);
  CHECK(out.abis(0).calls(2).state() == v1::CALL_STATE_ABSENT);
  CHECK(out.abis(0).calls(3).state() == v1::CALL_STATE_UNKNOWN);
  CHECK(out.modules().modules(0).users(0) == "hci");
  CHECK(out.modules().modules(0).refcount() == 2);
  CHECK(out.builtin_modules().reading().problem() == "no such file");
  CHECK(out.tracepoints().tracepoints(0).presence() == "present");
  v1::System without;
  ToProto(SampleSystem(), true, without);
  CHECK(without.config().text().empty());
  CHECK(without.config().options() == 2);
}

// x32 does not run on most kernels: the counts are as its slots would give them.
TEST_CASE("unit.rpc.x32_calls_are_x32") {
  model::Footprint footprint;
  footprint.counts.calls = {{{.abi = 1, .number = 59}, {.calls = 2}},
                            {{.abi = 2, .number = 11}, {.calls = 3}},
                            {{.abi = 3, .number = 520}, {.calls = 5}},
                            {{.abi = 3, .number = 59}, {.calls = 7}},
                            {{.abi = 5, .number = 983045}, {.calls = 11}}};
  v1::Footprint out;
  ToProto(footprint, true, out);
  std::map<std::string, uint64_t> rows;
  for (const v1::Syscall& row : out.syscalls()) rows[row.abi() + " " + row.name()] = row.calls();
  CHECK(rows == std::map<std::string, uint64_t>{{"x86_64 execve", 2},
                                                {"i386 execve", 3},
                                                {"x32 execve", 5},
                                                {"x32 unknown:59", 7},
                                                {"arm set_tls", 11}});
  for (const v1::Syscall& row : out.syscalls()) {
    CHECK(row.definition().empty() == row.name().starts_with("unknown:"));
  }
}

TEST_CASE("unit.rpc.get_system") {
  RunningServer running(32, 8,
                        [] { return std::make_shared<const system::System>(SampleSystem()); });
  running.control.Set(OneProcess(23));
  v1::GetSystemRequest request;
  v1::GetSystemResponse response;
  {
    Deadline context;
    REQUIRE(running.Stub()->GetSystem(&context, request, &response).ok());
    CHECK(response.system().abis(0).abi() == "x86_64");
    CHECK_FALSE(response.has_coverage());
  }
  request.mutable_coverage()->set_pid(7);
  {
    Deadline context;
    REQUIRE(running.Stub()->GetSystem(&context, request, &response).ok());
    uint64_t used = 0, calls = 0;
    for (const v1::Coverage::Row& row : response.coverage().rows()) {
      used += row.used();
      calls += row.calls();
      if (row.used() == 0) continue;
      CHECK(row.subsystem() == "process");
      CHECK(row.title() == "Process Management");
      CHECK(row.used_not_built_in() == 0);
    }
    CHECK(used == 1);
    CHECK(calls == 23);
    CHECK(response.coverage().complete());
  }
  request.mutable_coverage()->set_pid(8);
  Deadline context;
  CHECK(running.Stub()->GetSystem(&context, request, &response).error_code() ==
        grpc::StatusCode::NOT_FOUND);
  request.mutable_coverage()->clear_kind();
  Deadline again;
  CHECK(running.Stub()->GetSystem(&again, request, &response).error_code() ==
        grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("unit.rpc.get_system_is_refused_where_nothing_reads_it") {
  RunningServer running;
  Deadline context;
  v1::GetSystemResponse response;
  CHECK(running.Stub()->GetSystem(&context, v1::GetSystemRequest(), &response).error_code() ==
        grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace footprint::rpc
