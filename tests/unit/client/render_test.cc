// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "client/render/csv.h"
#include "client/render/diagnosis.h"
#include "client/render/json.h"
#include "client/render/table.h"
#include "tests/unit/client/sample.h"

namespace footprint::client::render {
namespace {

using Catch::Matchers::Contains;

bool HasControlBytes(const std::string& text) {
  for (char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if ((byte < 0x20 && c != '\n') || byte >= 0x7f) return true;
  }
  return false;
}

TEST_CASE("the table of a footprint", "[client]") {
  const std::string table = FootprintTable(SampleReport(), {});
  // The window is in local time: the lines around it are compared.
  CHECK_THAT(table, Catch::StartsWith("scope     pid 42\nwindow    "));
  CHECK_THAT(table, Contains(" (2.00 s)\n"));
  const std::string rest = table.substr(table.find("taken on"));
  CHECK(rest ==
        "taken on  board, kernel 6.1.0 x86_64, tier full\n"
        "COMPLETE\n"
        "30 calls, 2 errors, 1 unfinished, 0 in flight\n"
        "\n"
        "subsystem   calls  errors    total   p50 <    p99 <\n"
        "filesystem     30       2  4.56 us  256 ns  1.02 us\n"
        "\n"
        "system call  calls  errors       total  owner       served by  definition\n"
        "read            23       2  213503d23h  filesystem  spi, pipe  fs/read_write.c\n"
        "close            7       0           -  filesystem\n"
        "\n"
        "served by  driver  module  calls  errors    total      max  subsystem\n"
        "spi        spidev  spidev     20       1  4.00 us  1.23 us  spi\n"
        "pipe       pipe                3       1  2.00 us  1.00 us  ipc\n"
        "\n"
        "ioctl               command     calls  errors    total  served by  module\n"
        "SPI_IOC_MESSAGE(1)  0x40206b00    914       0  9.00 us  spi        spidev\n"
        "\n"
        "Note: io_uring is not seen\n"
        "\n"
        "pid  command                   calls  errors  total  unit\n"
        " 42  =1+1\\x1b[31m,\"q\"\\x0a\\xff     30       2      -  ssh.service\n");
}

TEST_CASE("who served the calls, in every format", "[client]") {
  Report report = SampleReport();
  TableOptions options;
  options.by = By::kModule;
  CHECK_THAT(FootprintTable(report, options), Contains("spidev         20"));
  CHECK_THAT(FootprintTable(report, options), Contains("(built in)      3"));
  options.by = By::kObject;
  CHECK_THAT(FootprintTable(report, options), Contains("read         pipe"));
  CHECK(FootprintCsv(report, By::kDriver, true) ==
        "server,driver,module,subsystem,device,calls,errors,total_ns,max_ns,complete\r\n"
        "spi,spidev,spidev,spi,,20,1,4000,1230,true\r\n"
        "pipe,pipe,,ipc,,3,1,2000,1000,true\r\n");
  CHECK_THAT(FootprintCsv(report, By::kIoctl, false),
             Contains("0x40206b00,SPI_IOC_MESSAGE(1),spi,spidev,spidev,,914,0,9000,0,true"));
  CHECK_THAT(FootprintCsv(report, By::kObject, false),
             Contains("x86_64,read,spi,spidev,spidev,spi,,,20,1,4000,1230,true"));
  const std::string json = FootprintJson(report, true);
  CHECK_THAT(json,
             Contains("\"objects\":[{\"abi\":\"x86_64\",\"syscall\":\"read\",\"server\":\"spi\","
                      "\"driver\":\"spidev\",\"module\":\"spidev\",\"subsystem\":\"spi\","));
  CHECK_THAT(json,
             Contains("\"command\":\"0x40206b00\",\"name\":\"SPI_IOC_MESSAGE(1)\",\"named\":true,"
                      "\"foreign\":false,\"calls\":914"));
  CHECK_THAT(json, Contains("\"served_by\":[\"spi\",\"pipe\"]"));
}

TEST_CASE("a scope without calls says so", "[client]") {
  Report report;
  report.footprint.set_complete(true);
  report.footprint.set_tier("full");
  CHECK_THAT(FootprintTable(report, {}), Catch::EndsWith("\nNo call was made.\n"));
  CHECK_THAT(FootprintTable(SampleReport(), {}), !Contains("No call was made."));
}

TEST_CASE("rows of ended programs are told from pids", "[client]") {
  Report report = SampleReport();
  v1::Process& ended = *report.footprint.mutable_processes(0);
  ended.set_pid(0);
  ended.set_folded(51);
  CHECK_THAT(FootprintTable(report, {.by = By::kProcess}), Contains("\n51 ended  "));
}

TEST_CASE("an incomplete footprint says why, first of all", "[client]") {
  Report report = SampleReport();
  report.footprint.set_complete(false);
  report.footprint.mutable_losses()->mutable_causes(1)->set_count(12);
  CHECK_THAT(FootprintTable(report, {}),
             Contains("\nINCOMPLETE: 12 calls counted without detail (detail_dropped: raise "
                      "spill_entries)\n"));
  report.footprint.mutable_losses()->mutable_causes(1)->set_name("of_a_newer_daemon");
  CHECK_THAT(FootprintTable(report, {}), Contains("\nINCOMPLETE: of_a_newer_daemon 12\n"));
  CHECK_THAT(FootprintJson(report, true), Catch::StartsWith("{\"complete\":false,\"losses\":"));
  CHECK_THAT(FootprintCsv(report, By::kSubsystem, false), Catch::EndsWith(",false\r\n"));
}

TEST_CASE("what a tier does not measure is not shown as zero", "[client]") {
  Report report = SampleReport();
  report.footprint.set_tier("calls");
  CHECK_THAT(FootprintTable(report, {}), Contains("close            7       -      -  file"));
}

TEST_CASE("two ABIs show a column for them", "[client]") {
  Report report = SampleReport();
  CHECK_THAT(FootprintTable(report, {}), !Contains("  abi  "));
  report.footprint.mutable_syscalls(1)->set_abi("i386");
  CHECK_THAT(FootprintTable(report, {}), Contains("system call  abi     calls"));
}

// The table that people made by hand fits their terminals, whatever is in it.
TEST_CASE("the table of calls keeps to the terminal", "[client]") {
  Report report = SampleReport();
  v1::Syscall& row = *report.footprint.add_syscalls();
  row.set_abi("x86_64");
  row.set_name("sched_setattr");
  report.footprint.mutable_syscalls(0)->set_total_ns(1);
  row.set_owner("scheduler");
  row.set_definition("kernel/sched/a_long_directory/syscalls.c:1499");
  row.set_calls(1234567);
  row.set_errors(123456);
  TableOptions options;
  options.by = By::kSyscall;
  // Without a terminal all of it is there.
  CHECK_THAT(FootprintTable(report, options),
             Contains("  kernel/sched/a_long_directory/syscalls.c\n") && !Contains("~"));
  for (size_t width : {20, 40, 60, 80, 100, 120}) {
    options.look = Look(false, width);
    const std::string table = FootprintTable(report, options);
    const std::string calls = table.substr(table.find("system call"));
    CAPTURE(width, calls);
    for (size_t begin = 0, end; begin < calls.size(); begin = end + 1) {
      end = calls.find('\n', begin);
      CHECK(end - begin <= width);
    }
    CHECK_THAT(calls, Contains("sched_setattr"));
    // Whole, or not there.
    CHECK((calls.find("definition") == std::string::npos) ==
          (calls.find("kernel/sched/a_long_directory/syscalls.c\n") == std::string::npos));
  }
}

TEST_CASE("denied calls have a column where there are any", "[client]") {
  Report report = SampleReport();
  CHECK_THAT(FootprintTable(report, {}), !Contains("denied"));
  report.footprint.set_denied(5);
  report.footprint.mutable_syscalls(1)->set_denied(5);
  report.footprint.mutable_subsystems(0)->set_denied(5);
  report.footprint.mutable_processes(0)->set_denied(5);
  const std::string table = FootprintTable(report, {});
  CHECK_THAT(table, Contains("in flight, 5 denied\n") &&
                        Contains("subsystem   calls  errors  denied    total") &&
                        Contains("system call  calls  errors  denied       total") &&
                        Contains("close            7       0       5           -") &&
                        Contains("calls  errors  denied  total  unit\n"));
  CHECK(FootprintCsv(report, By::kSubsystem, false) ==
        "filesystem,Filesystems,30,2,5,4560,true\r\n");
}

TEST_CASE("a limit holds for every table and for CSV", "[client]") {
  Report report = SampleReport();
  TableOptions options;
  options.limit = 1;
  options.by = By::kSyscall;
  const std::string table = FootprintTable(report, options);
  CHECK_THAT(table, Contains("\nread ") && !Contains("\nclose ") &&
                        Contains("... and 1 more (--limit 0)\n"));
  options.by = By::kDriver;
  CHECK_THAT(FootprintTable(report, options),
             !Contains("\npipe ") && Contains("... and 1 more (--limit 0)\n"));
  CHECK(FootprintCsv(report, By::kDriver, false, 1) ==
        "spi,spidev,spidev,spi,,20,1,4000,1230,true\r\n");
  CHECK(FootprintCsv(report, By::kDriver, false, 7) == FootprintCsv(report, By::kDriver, false));
  // Twenty processes where all tables are printed, all of them where they were asked for.
  for (int i = 0; i < 30; ++i) report.footprint.add_processes()->set_pid(100 + i);
  CHECK_THAT(FootprintTable(report, {}), Contains("... and 11 more (--limit 0)\n"));
  options = {};
  options.by = By::kProcess;
  CHECK_THAT(FootprintTable(report, options), Contains("\n129 ") && !Contains("more ("));
}

TEST_CASE("no title stands without a row", "[client]") {
  Report report;
  report.footprint.set_tier("full");
  report.footprint.set_complete(true);
  const std::string all = FootprintTable(report, {});
  CHECK_THAT(all,
             !Contains("calls  errors") && Catch::EndsWith("0 in flight\n\nNo call was made.\n"));
  TableOptions options;
  options.by = By::kIoctl;
  CHECK_THAT(FootprintTable(report, options), Catch::EndsWith("\n\nNo ioctl was called.\n"));
  report.footprint.set_tier("latency");
  CHECK_THAT(FootprintTable(report, options), Contains("was not measured: tier latency"));
}

TEST_CASE("no format lets a hostile name through", "[client]") {
  const Report report = SampleReport();
  CHECK_FALSE(HasControlBytes(FootprintTable(report, {})));
  CHECK_FALSE(HasControlBytes(FootprintJson(report, false)));
  std::string csv = FootprintCsv(report, By::kProcess, true);
  csv.erase(std::remove(csv.begin(), csv.end(), '\r'), csv.end());
  CHECK_FALSE(HasControlBytes(csv));
}

// They are counted when the call enters: a 0 would be no count.
TEST_CASE("the JSON tells of a second descriptor what is counted", "[client]") {
  Report report = SampleReport();
  v1::Object& second = *report.footprint.add_second_objects();
  second.set_syscall("sendfile");
  second.set_server("ext4");
  second.set_calls(3);
  const auto json = nlohmann::json::parse(FootprintJson(report, false));
  const auto& row = json["second_objects"][0];
  CHECK(row["server"] == "ext4");
  CHECK(row["calls"] == 3);
  for (const char* key : {"errors", "total_ns", "max_ns"}) {
    CHECK_FALSE(row.contains(key));
    CHECK(json["objects"][0].contains(key));
  }
}

TEST_CASE("the JSON has every key of the contract, and exact numbers", "[client]") {
  const auto json = nlohmann::json::parse(FootprintJson(SampleReport(), false));
  for (const char* key :
       {"complete", "losses", "tier", "provenance", "calls", "errors", "unfinished", "in_flight",
        "denied", "observer_calls", "overflow_calls", "syscalls", "subsystems", "objects", "ioctls",
        "modules", "processes", "processes_truncated", "scope"}) {
    CHECK(json.contains(key));
  }
  CHECK(json["losses"] == nlohmann::json({{"calls_unattributed", 0}, {"detail_dropped", 0}}));
  CHECK(json["objects"].size() == 2);
  CHECK(json["objects"][0]["server"] == "spi");
  CHECK(json["second_objects"] == nlohmann::json::array());
  const auto& read = json["syscalls"][0];
  CHECK(read["name"] == "read");
  CHECK(read["definition"] == "fs/read_write.c:722");
  CHECK(read["total_ns"].get<uint64_t>() == 18446744073709551615u);
  CHECK(read["errnos"] == nlohmann::json({{"EAGAIN", 2}}));
  CHECK(json["subsystems"][0]["latency_log2_ns"].size() == 35);
  const auto& process = json["processes"][0];
  CHECK(process["comm"] == "=1+1\\x1b[31m,\"q\"\\x0a\\xff");
  CHECK(process["comm_hex"] == "3d312b311b5b33316d2c2271220aff");
  CHECK_FALSE(process.contains("exe_hex"));
  CHECK(json["provenance"]["start_time"] == "2026-01-02T03:04:05.000000000Z");
}

TEST_CASE("a line of JSON is one line", "[client]") {
  const std::string line = FootprintJson(SampleReport(), true);
  CHECK(line.find('\n') == line.size() - 1);
}

TEST_CASE("a run adds the command and how it ended", "[client]") {
  Report report = SampleReport();
  report.run = RunResult{{"sh", "-c", "x y"}, "nightly", 137, 9};
  const auto json = nlohmann::json::parse(FootprintJson(report, true));
  CHECK(json["run"]["command"] == nlohmann::json({"sh", "-c", "x y"}));
  CHECK(json["run"]["exit_status"] == 137);
  CHECK_THAT(
      FootprintTable(report, {}),
      Catch::StartsWith("command   sh -c 'x y'\nlabel     nightly\nended     by signal 9\n"));
}

TEST_CASE("CSV quotes by RFC 4180 and guards against formulas", "[client]") {
  CHECK(CsvText("plain") == "plain");
  CHECK(CsvText("a,b") == "\"a,b\"");
  CHECK(CsvText("say \"x\"") == "\"say \"\"x\"\"\"");
  CHECK(CsvText("=1+1") == "'=1+1");
  CHECK(CsvText("+1") == "'+1");
  CHECK(CsvText("-1") == "'-1");
  CHECK(CsvText("@SUM(A1)") == "'@SUM(A1)");
  CHECK(CsvText("=a,b") == "\"'=a,b\"");
  CHECK(CsvText("\t=1") == "\\x09=1");
  CHECK(CsvText("").empty());
}

TEST_CASE("the CSV of system calls", "[client]") {
  Report report = SampleReport();
  report.footprint.mutable_syscalls(1)->set_number(-1);  // a number is no text: no guard
  CHECK(FootprintCsv(report, By::kDefault, true) ==
        "abi,number,name,owner,calls,errors,denied,unfinished,total_ns,max_ns,complete\r\n"
        "x86_64,0,read,filesystem,23,2,0,1,18446744073709551615,1230,true\r\n"
        "x86_64,-1,close,filesystem,7,0,0,0,0,0,true\r\n");
  report.watch = WatchPosition{5, 0};
  CHECK(FootprintCsv(report, By::kSubsystem, true) ==
        "sequence,name,title,calls,errors,denied,total_ns,complete\r\n"
        "5,filesystem,Filesystems,30,2,0,4560,true\r\n");
}

TEST_CASE("quantiles are upper bounds of buckets", "[client]") {
  v1::Subsystem subsystem;
  CHECK(Quantile(subsystem, 0.5) == 0);
  for (uint64_t count : {0, 0, 0, 0, 0, 0, 0, 99, 1}) subsystem.add_latency_log2_ns(count);
  CHECK(Quantile(subsystem, 0.5) == 256);
  CHECK(Quantile(subsystem, 0.99) == 256);
  CHECK(Quantile(subsystem, 1.0) == 512);
}

TEST_CASE("the status names what is missing", "[client]") {
  v1::GetStatusResponse status;
  status.set_version("0.1.0");
  status.set_tier("full");
  status.set_bpf_object("core");
  status.set_degraded_because("no BTF");
  status.mutable_uptime()->set_seconds(10);
  status.set_own_cpu_ns(10'000'000);
  v1::Hook& hook = *status.add_hooks();
  hook.set_name("module_load");
  hook.set_reason("no such tracepoint");
  const std::string table = StatusTable(status, "unix:/s", false);
  CHECK_THAT(table, Contains("degraded        no BTF\n"));
  CHECK_THAT(table, Contains("MISSING   module_load: no such tracepoint\n"));
  status.add_hooks()->set_name("a_hook");
  const std::string sorted = StatusTable(status, "unix:/s", false);
  CHECK(sorted.find("a_hook") < sorted.find("module_load"));
  CHECK_THAT(
      table,
      Contains("own CPU         0.10 % of one core (10.0 ms since its start, loading included)\n"));
  const auto json = nlohmann::json::parse(StatusJson(status, "unix:/s"));
  CHECK(json["hooks"][0]["attached"] == false);
  CHECK(json["uptime_ns"] == 10'000'000'000);
  CHECK_THAT(StatusCsv(status, "unix:/s"),
             Contains("hooks.module_load,missing: no such tracepoint\r\n"));
}

// 230 ms of loading in the first 50 ms after the attach are no 460 %.
TEST_CASE("a daemon that has just started has no share yet", "[client]") {
  v1::GetStatusResponse status;
  status.mutable_uptime()->set_nanos(50'000'000);
  status.set_own_cpu_ns(230'000'000);
  status.mutable_cost()->set_own_cpu_ns(90'000'000);
  status.mutable_cost()->set_own_percent_of_core(180);
  status.mutable_cost()->set_calls(12);
  std::string table = StatusTable(status, "unix:/s", false);
  CHECK_THAT(table, Contains("own CPU         230 ms since its start, loading included\n"));
  CHECK_THAT(table, Contains("cost            daemon 90.0 ms of CPU time; per call not known"));
  CHECK_THAT(table, !Contains("%"));
  // Later the share is of the time since the attach, whatever the start took.
  status.mutable_uptime()->set_seconds(10);
  status.mutable_cost()->set_own_percent_of_core(0.9);
  table = StatusTable(status, "unix:/s", false);
  CHECK_THAT(
      table,
      Contains("own CPU         0.90 % of one core (230 ms since its start, loading included)\n"));
  CHECK_THAT(table, Contains("cost            daemon 0.90 % of one core; per call"));
  CHECK(nlohmann::json::parse(StatusJson(status, "s"))["own_cpu_percent"] == 0.9);
}

TEST_CASE("what the kernel has no use for is not missing", "[client]") {
  v1::GetStatusResponse status;
  v1::Hook& hook = *status.add_hooks();
  hook.set_name("module_load");
  hook.set_reason("not needed: this kernel loads no modules (CONFIG_MODULES=n)");
  CHECK_THAT(StatusTable(status, "unix:/s", false),
             Contains("  absent    module_load: not needed: this kernel loads no modules") &&
                 !Contains("MISSING"));
  const features::Finding none = {"raw_tp:module_load",
                                  features::Importance::kNotNeeded,
                                  false,
                                  "this kernel loads no modules",
                                  "",
                                  ""};
  CHECK(DoctorTable({none}, "", false) ==
        "absent   raw_tp:module_load  not needed  this kernel loads no modules\n"
        "footprintd can run here.\n");
}

TEST_CASE("the doctor's verdict", "[client]") {
  using features::Finding;
  using features::Importance;
  const Finding good = {"btf", Importance::kRequired, true, "", "", ""};
  const Finding extra = {"module_load", Importance::kOptional, false, "", "no modules", "none"};
  const Finding bad = {"raw_tp", Importance::kRequired, false, "EPERM", "everything", "be root"};
  CHECK(Judge({good, extra}, "") == Verdict::kGood);
  CHECK(Judge({good, bad}, "") == Verdict::kUnavailable);
  CHECK(Judge({good, bad}, "CAP_BPF") == Verdict::kNotPermitted);
  CHECK_THAT(DoctorTable({bad}, "CAP_BPF", false), Contains("remedy: be root\n"));
  const auto json = nlohmann::json::parse(DoctorJson({good, bad}, "CAP_BPF"));
  CHECK(json["ok"] == false);
  CHECK(json["findings"][1]["remedy"] == "be root");
}

}  // namespace
}  // namespace footprint::client::render
