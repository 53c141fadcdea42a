// SPDX-License-Identifier: Apache-2.0
// The static view as it is printed, and as it comes from the daemon.
#include "client/render/system.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "client/system_view.h"

namespace footprint::client::render {
namespace {

using Catch::Matchers::Contains;

SystemReport SampleReport() {
  SystemReport report;
  report.read_by = "this program";
  report.system.facts = {{"kernel_release", "6.1\x1b", "", {"uname(2)", "", ""}},
                         {"build_id", "", "", {"/sys/kernel/notes", "no such file", ""}}};
  report.system.config = {{"/boot/config-6.1", "", ""}, "ab12", "CONFIG_A=y\nCONFIG_B=\"x=y\"\n"};
  report.config_options = 2;
  report.system.abis = {{"x86_64",
                         "linux-source-6.12",
                         {"/proc/kallsyms", "", ""},
                         true,
                         {{0, "read", "filesystem", system::CallState::kBuiltIn},
                          {175, "init_module", "module", system::CallState::kStub}}},
                        {"i386",
                         "linux-source-6.12",
                         {"/proc/kallsyms", "not permitted", ""},
                         false,
                         {{3, "read", "filesystem", system::CallState::kUnknown}}}};
  report.system.modules.reading = {"/proc/modules", "built without CONFIG_MODULES", ""};
  report.system.filesystems = {{"/proc/filesystems", "", ""}, {{"ext4", true}}};
  report.system.tracepoints = {{"bpf(2)", "", ""},
                               {{"sys_enter", true, system::Presence::kPresent, "ok"}}};
  return report;
}

TEST_CASE("what was not read is shown with its reason", "[client]") {
  const std::string table = SystemTable(SampleReport(), false);
  CHECK_THAT(table, Contains("kernel release  6.1\\x1b\n"));
  CHECK_THAT(table, Contains("build id        not read: no such file\n"));
  CHECK_THAT(table, Contains("configuration: 2, from /boot/config-6.1\n  sha256 ab12\n"));
  CHECK_THAT(table, Contains("compiled out of x86_64\n  init_module\n"));
  CHECK_THAT(table, Contains("loaded modules: not read from /proc/modules: built without"));
  CHECK_THAT(table, Contains("filesystems: 1, from /proc/filesystems\n  ext4\n"));
  CHECK_THAT(table, Contains("i386           1         ?             ?       ?\n"));
  CHECK_THAT(table, Contains("  present  sys_enter           required\n"));
}

TEST_CASE("the JSON of a system", "[client]") {
  const auto json = nlohmann::json::parse(SystemJson(SampleReport()));
  CHECK(json["facts"]["kernel_release"]["value"] == "6.1\\x1b");
  CHECK(json["facts"]["build_id"]["problem"] == "no such file");
  CHECK(json["config"]["values"]["CONFIG_B"] == "\"x=y\"");
  CHECK(json["config"]["source"] == "/boot/config-6.1");
  CHECK(json["abis"][0]["built_in"] == 1);
  CHECK(json["abis"][0]["calls"][1]["state"] == "stub");
  CHECK(json["abis"][1]["built_in"].is_null());
  CHECK(json["modules"]["problem"] == "built without CONFIG_MODULES");
  CHECK(json["modules"]["modules"] == nlohmann::json::array());
  CHECK_FALSE(json.contains("coverage"));
  CHECK_THAT(SystemCsv(SampleReport()),
             Contains("call,x86_64,init_module,stub,/proc/kallsyms,\r\n"));
  CHECK_THAT(SystemCsv(SampleReport()),
             Contains("module,,,,/proc/modules,built without CONFIG_MODULES\r\n"));
}

TEST_CASE("the coverage sets used beside built in", "[client]") {
  SystemReport report = SampleReport();
  report.scope = "pid 7";
  report.coverage.emplace();
  report.coverage->set_complete(true);
  v1::Coverage::Row& row = *report.coverage->add_rows();
  row.set_abi("x86_64");
  row.set_subsystem("filesystem");
  row.set_possible(150);
  row.set_built_in(149);
  row.set_used(3);
  row.set_used_not_built_in(0);
  row.set_calls(23);
  *report.coverage->add_rows() = row;
  report.coverage->mutable_rows(1)->clear_built_in();
  const std::string table = SystemTable(report, false);
  CHECK_THAT(table, Contains("coverage of pid 7\nCOMPLETE\n"));
  CHECK_THAT(table,
             Contains("x86_64  filesystem       150       149     3             0     23\n"));
  CHECK_THAT(table, Contains("  used, absent  ") && !Contains("not built in"));
  CHECK_THAT(SystemTable(report, true), Contains("\x1b[32mCOMPLETE\x1b[0m\n"));
  report.coverage->set_complete(false);
  CHECK_THAT(SystemTable(report, true), Contains("\x1b[1;31mINCOMPLETE"));
  report.coverage->set_complete(true);
  const auto json = nlohmann::json::parse(SystemJson(report));
  CHECK(json["coverage"]["rows"][0]["built_in"] == 149);
  CHECK(json["coverage"]["rows"][1]["built_in"].is_null());
  CHECK(json["coverage"]["scope"] == "pid 7");
}

TEST_CASE("words of a newer daemon are unknown", "[client]") {
  v1::System message;
  message.mutable_tracepoints()->add_tracepoints()->set_presence("perhaps");
  message.add_abis()->add_calls()->set_state(static_cast<v1::CallState>(77));
  const system::System view = FromProto(message);
  CHECK(view.tracepoints.rows.at(0).presence == system::Presence::kUnknown);
  CHECK(view.abis.at(0).calls.at(0).state == system::CallState::kUnknown);
}

}  // namespace
}  // namespace footprint::client::render
