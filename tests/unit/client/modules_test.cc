// SPDX-License-Identifier: Apache-2.0
#include "client/render/modules.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "client/render/events.h"
#include "client/render/json.h"
#include "client/render/table.h"
#include "client/text.h"
#include "tests/unit/client/sample.h"

namespace footprint::client::render {
namespace {

using Catch::Matchers::Contains;
using Json = nlohmann::json;

v1::ModuleUse Use(const std::string& name, int64_t before, int64_t most, int64_t after) {
  v1::ModuleUse use;
  use.set_name(name);
  use.set_loaded_before(before >= 0);
  use.set_loaded_after(after >= 0);
  if (before >= 0) use.set_refcount_before(before);
  if (most >= 0) use.set_refcount_most(most);
  if (after >= 0) use.set_refcount_after(after);
  return use;
}

// Numbers of ELISA's table: cmac and bluetooth's, and what the rig loads.
v1::Footprint Rig() {
  v1::Footprint footprint = SampleFootprint();
  *footprint.add_modules() = Use("ecc", 1, 1, 1);
  footprint.mutable_modules(0)->add_users_after("ecdh_generic");
  v1::ModuleUse& i2c = *footprint.add_modules() = Use("i2c_dev", -1, 2, 0);
  i2c.set_loads(1);
  i2c.set_gets(2);
  i2c.set_puts(3);
  i2c.mutable_load()->mutable_by()->set_comm("modprobe");
  i2c.mutable_load()->mutable_by()->set_pid(7);
  i2c.mutable_load()->set_request("char-major-89-0");
  i2c.mutable_load()->mutable_requester()->set_comm("rig");
  i2c.mutable_load()->mutable_requester()->set_pid(5);
  v1::ModuleUse& ipv6 = *footprint.add_modules() = Use("ipv6", 24, 26, 26);
  ipv6.set_gets(2);
  v1::ModuleCaller& caller = *ipv6.add_callers();
  caller.mutable_actor()->set_comm(kHostile);
  caller.set_gets(2);
  caller.set_address(0xffffffffc0000000);
  caller.set_site("inet6_create+0x9f");
  return footprint;
}

v1::Footprint Idle() {
  v1::Footprint footprint = SampleFootprint();
  *footprint.add_modules() = Use("cmac", 1, 1, 1);
  *footprint.add_modules() = Use("ecc", 1, 1, 1);
  footprint.mutable_modules(1)->add_users_after("ecdh_generic");
  *footprint.add_modules() = Use("ipv6", 24, 24, 24);
  return footprint;
}

TEST_CASE("two recordings as ELISA's table", "[client]") {
  const std::string table =
      ModuleComparison(ToRecording(Rig(), "OpenAPS"), ToRecording(Idle(), "default"), false, false);
  CHECK(table ==
        "module   with OpenAPS  default     by\n"
        "cmac     not loaded    1\n"
        "i2c_dev  2             not loaded  modprobe[7], asked for char-major-89-0 by rig[5]\n"
        "ipv6     26            24          used by =1+1\\x1b[31m,\"q\"\\x0a\\xff\n");
  const std::string all =
      ModuleComparison(ToRecording(Rig(), ""), ToRecording(Idle(), ""), true, false);
  CHECK_THAT(all, Catch::StartsWith("module   with workload     baseline"));
  CHECK_THAT(all, Contains("ecc      1 (ecdh_generic)  1 (ecdh_generic)\n"));
  CHECK(ModuleComparison(ToRecording(Rig(), ""), ToRecording(Rig(), ""), false, false) ==
        "the module tables are equal\n");
  v1::Footprint lacking = Rig();
  lacking.set_complete(false);
  CHECK_THAT(ModuleComparison(ToRecording(lacking, ""), ToRecording(Idle(), ""), false, false),
             Catch::StartsWith("INCOMPLETE"));
}

TEST_CASE("the modules of one recording", "[client]") {
  const std::string table = ModuleUseTable(ToRecording(Rig(), ""), false, false);
  CHECK_THAT(table, Contains("module       before  during  after  loads  unloads  by\n"));
  CHECK_THAT(table, Contains("i2c_dev  not loaded       2      0      1        0  modprobe[7]"));
  CHECK(table.find("ecc") == std::string::npos);  // nobody used it
  CHECK_THAT(ModuleUseTable(ToRecording(Rig(), ""), true, false), Contains("1 (ecdh_generic)"));
  CHECK(ModuleUseTable(ToRecording(Idle(), ""), false, false) == "no kernel module was used\n");
  // Part of the table of a run, where there is anything to say.
  Report report = SampleReport();
  CHECK(FootprintTable(report, {}).find("  before  ") == std::string::npos);
  report.footprint = Rig();
  CHECK_THAT(FootprintTable(report, {}), Contains(table));
}

TEST_CASE("the first sight of an object", "[client]") {
  v1::WatchEventsResponse event;
  event.set_kind(v1::EVENT_KIND_OBJECT_FIRST_SEEN);
  event.mutable_process()->set_pid(7);
  event.mutable_process()->set_comm("loop");
  event.mutable_object()->set_server("spidev");
  event.mutable_object()->set_driver("spidev");
  event.mutable_object()->set_module("spidev");
  event.mutable_object()->set_device("153:0");
  CHECK_THAT(
      EventText(event),
      Contains("object_first_seen  spidev 153:0          loop[7]  driver spidev, module spidev\n"));
  const auto json = nlohmann::json::parse(EventJson(event));
  CHECK(json["kind"] == "object_first_seen");
  CHECK(json["object"]["device"] == "153:0");
  CHECK_THAT(EventCsv(event, true), Contains(",lost,wait_status,server,driver,subsystem,fs_type,"
                                             "device\r\n"));
  CHECK_THAT(EventCsv(event, false), Contains(",object_first_seen,spidev,7,loop,") &&
                                         Contains(",,spidev,spidev,,,153:0\r\n"));
}

TEST_CASE("a recording read from its document is the same", "[client]") {
  Report report = SampleReport();
  report.footprint = Rig();
  report.run = RunResult{{"rig"}, "OpenAPS", 0, 0};
  const std::string document = FootprintJson(report, false);
  const auto parsed = ParseRecording(document);
  REQUIRE(parsed.ok());
  CHECK(parsed->label == "OpenAPS");
  CHECK(ModuleUseTable(*parsed, true, false) ==
        ModuleUseTable(ToRecording(Rig(), "OpenAPS"), true, false));
  const Json json = Json::parse(document);
  const Json& row = json["modules"][1];
  CHECK(row["name"] == "i2c_dev");
  CHECK(row["refcount_before"] == 0);  // not loaded
  CHECK(row["refcount_most"] == 2);
  CHECK(row["load"]["requester"]["comm"] == "rig");
  CHECK(row["unload"].is_null());
  CHECK(json["modules"][2]["callers"][0]["address"] == "0xffffffffc0000000");
  // What `show` writes is of the time since the attach, not of a workload.
  report.run.reset();
  CHECK(absl::IsDataLoss(ParseRecording(FootprintJson(report, false)).status()));
  for (const char* bad :
       {"", "[]", "{}", "{\"modules\": 7}", "{\"modules\": [{}]}", "{\"modules\": [{\"name\": 7}]}",
        "{\"modules\": [7]}", "{\"run\": 1, \"modules\": []}"}) {
    INFO(bad);
    CHECK(absl::IsDataLoss(ParseRecording(bad).status()));
  }
}

v1::ListModulesResponse List() {
  v1::ListModulesResponse list;
  list.mutable_following()->set_followed(true);
  v1::Module& loop = *list.add_modules();
  loop.set_name("loop");
  loop.set_state("live");
  loop.set_refcount(2);
  loop.set_gets(3);
  loop.set_puts(2);
  loop.set_difference("refcount 2 by the ledger, 3 in /proc/modules");
  loop.mutable_first_user()->set_comm("losetup");
  loop.mutable_first_user()->set_pid(9);
  v1::ModuleRequest& request = *list.add_requests();
  request.set_name(kHostile);
  request.set_waited(4);
  request.mutable_first()->set_comm("sh");
  return list;
}

TEST_CASE("the ledger's list in every format", "[client]") {
  v1::ListModulesResponse list = List();
  const std::string table = ModulesTable(list, false);
  CHECK_THAT(table, Contains("first used by losetup[9]\n"));
  CHECK_THAT(table, Contains("DIFFERENCE loop: refcount 2 by the ledger, 3 in /proc/modules\n"));
  CHECK_THAT(table, Contains("=1+1\\x1b[31m"));
  const std::string csv = ModulesCsv(list);
  CHECK_THAT(csv, Contains("\r\nloop,live,,2,3,2,0,0,0,,,first used by losetup[9],\"refcount 2"));
  const Json json = Json::parse(ModulesJson(list));
  CHECK(json["modules"][0]["refcount"] == 2);
  CHECK(json["modules"][0]["refcount_at_attach"].is_null());
  CHECK(json["requests"][0]["waited"] == 4);
  list.mutable_following()->set_followed(false);
  list.mutable_following()->set_reason("lockdown");
  list.mutable_following()->set_callers_dropped(3);
  CHECK_THAT(ModulesTable(list, false), Catch::StartsWith("not followed: lockdown\nINCOMPLETE: "));
}

TEST_CASE("events of modules, a line each", "[client]") {
  v1::WatchEventsResponse event;
  event.set_kind(v1::EVENT_KIND_MODULE_REQUEST);
  event.mutable_time()->set_seconds(1767323045);
  event.mutable_time()->set_nanos(67'999'999);
  event.mutable_process()->set_comm("sh\n");
  event.mutable_process()->set_pid(5);
  event.mutable_module()->set_name("net-pf-31");
  event.mutable_module()->set_wait(true);
  event.mutable_module()->set_site("__sock_create+0x1");
  // In local time, as every table.
  const std::string local = LocalTime(1767323045);
  CHECK(EventText(event) ==
        local.substr(0, 19) + ".067" + local.substr(19) +
            "  module_request     net-pf-31             sh\\x0a[5] at __sock_create+0x1, waits\n");
  CHECK_THAT(EventCsv(event, true), Contains("Z,module_request,net-pf-31,5,sh\\x0a,,,true,"));
  const Json json = Json::parse(EventJson(event));
  CHECK(json["kind"] == "module_request");
  CHECK(json["module"] == "net-pf-31");
  CHECK_FALSE(json.contains("cause"));
  v1::WatchEventsResponse end;
  end.set_kind(v1::EVENT_KIND_PROCESS_EXIT);
  end.mutable_process()->set_comm("x");
  CHECK_THAT(EventText(end), Contains("process_exit       x[0]  \n"));
  CHECK_THAT(EventCsv(end, false), Contains(",process_exit,") && Contains(",0,,,,,,\r\n"));
  end.set_wait_status(14);
  CHECK_THAT(EventText(end), Contains("x[0]  signal 14"));
  CHECK_THAT(EventCsv(end, false), Contains(",0,14,,,,,\r\n"));
  event.set_lost(12);
  CHECK_THAT(EventText(event), Catch::StartsWith("LOST 12 events\n"));
}

}  // namespace
}  // namespace footprint::client::render
