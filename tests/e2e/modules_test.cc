// SPDX-License-Identifier: Apache-2.0
// The module ledger against a known script, /proc/modules and the kernel's own trace of modules.
// All but the first case load and unload modules, and take what they need from the machine: they
// are for a virtual machine (tests/vm), and skip where the kernel has no modules.
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <map>
#include <sstream>

#include "daemon/base/unique_fd.h"
#include "tests/e2e/kernel_modules.h"

namespace footprint::e2e {
namespace {

using base::UniqueFd;

// The ledger and /proc/modules say the same, of every module.
void RequireAgreement(const Json& list) {
  const auto counts = Refcounts();
  for (const Json& row : list.at("modules")) {
    CAPTURE(row.dump());
    CHECK(row.at("difference") == "");
    const auto it = counts.find(row.at("name"));
    CHECK((row.at("state") == "live") == (it != counts.end()));
    if (it != counts.end()) CHECK(row.at("refcount") == it->second);
  }
  for (const auto& [name, count] : counts) CHECK(ModuleRow(list, name).contains("refcount"));
  for (const auto& [loss, count] : list.at("losses").items()) {
    INFO(loss);
    CHECK(count == 0);
  }
}

// References that one command took of a module.
uint64_t GetsBy(const Json& row, const std::string& comm) {
  uint64_t gets = 0;
  for (const Json& caller : row.at("callers")) {
    if (caller.at("comm") == comm) gets += caller.at("gets").get<uint64_t>();
  }
  return gets;
}

void ExactWith(const std::string& object) {
  Begin();
  SkipUnless(object == "core" || KernelTellsTypes(), "no kernel BTF for the full object");
  Daemon daemon({"object = \"" + object + "\"\n"});
  const Json begin = daemon.Query({"modules"});
  REQUIRE(begin.at("followed") == true);
  CHECK(begin.at("bpf_object") == (object == "core" ? "modules_core" : "modules"));
  Trace trace;
  const std::string script = Script();
  const Json recorded = daemon.Record({"/bin/sh", "-c", kPath + script});
  const auto traced = trace.Stop();
  const Json end = daemon.Query({"modules"});
  // Every event of the kernel's trace is in the ledger, and no other.
  CHECK(Json(Between(begin, end)) == Json(traced));
  CHECK(traced.at("module_load dummy") == 1);
  CHECK(traced.at("module_free dummy") == 1);
  CHECK(traced.at("module_get loop") >= kOpens);
  RequireAgreement(end);

  RequireSound(recorded);
  const Json loop = ModuleRow(recorded, "loop");
  INFO(loop.dump(2));
  CHECK(loop.at("loads") == 1);
  CHECK(loop.at("unloads") == 1);
  CHECK(loop.at("loaded_before") == false);
  CHECK(loop.at("loaded_after") == false);
  CHECK(loop.at("refcount_most") >= 1);
  // One reference a time that its device is opened, and each given back; loading gives back its
  // own.
  CHECK(GetsBy(loop, "sh") == kOpens);
  CHECK(loop.at("scope_gets") >= kOpens);
  CHECK(loop.at("puts").get<uint64_t>() == loop.at("gets").get<uint64_t>() + 1);
  CHECK(loop.at("load").at("by").at("comm") == "modprobe");
  CHECK(loop.at("unload").at("by").at("comm") == "modprobe");
  bool named = false;
  for (const Json& caller : loop.at("callers")) {
    named = named || caller.at("site").get<std::string>().starts_with("misc_open+");
  }
  CHECK(named);
  if (object != "core") CHECK(loop.at("load").at("parent").at("comm") == "sh");
  if (traced.contains("module_load i2c_dev")) {
    const Json stub = ModuleRow(recorded, "i2c_stub"), dev = ModuleRow(recorded, "i2c_dev");
    CHECK(GetsBy(stub, "sh") == kOpens);
    CHECK(GetsBy(dev, "sh") == 2 * kOpens);  // the character device, and its operations
    CHECK(dev.at("refcount_most") == 2);
    CHECK(stub.at("refcount_most") == 1);
  }
  daemon.Stop();
}

// Loads the stub of an I2C bus with a device at 0x50; answers the device file of the bus.
std::string StubBus() {
  SkipUnless(Available("i2c-stub") && Available("i2c-dev"), "no i2c-stub or no i2c-dev");
  REQUIRE(Sh("modprobe i2c-stub chip_addr=0x50 && modprobe i2c-dev") == 0);
  const Outcome found =
      Run({"/bin/sh", "-c", "grep -l 'SMBus stub' /sys/bus/i2c/devices/i2c-*/name | head -n 1"});
  const std::string bus = std::filesystem::path(found.out).parent_path().filename();
  REQUIRE_FALSE(bus.empty());
  REQUIRE(Eventually([&] { return access(("/dev/" + bus).c_str(), F_OK) == 0; }));
  return "/dev/" + bus;
}

// Calls of the ioctl commands of one module, by name.
Json Commands(const Json& footprint, const std::string& module) {
  return CallsBy(footprint, "ioctls", "name", "module", module);
}

void SkipUnlessFull(const Daemon& daemon) {
  SkipUnless(daemon.Query({"status"}).at("tier") == "full", "the full tier is not to be had");
}

}  // namespace

TEST_CASE("e2e.modules.hooks_are_told") {
  const bool followed = KernelHasModules() && KernelLetsRead();
  Daemon daemon;
  const Json status = daemon.Query({"status"});
  int hooks = 0;
  for (const Json& hook : status.at("hooks")) {
    const std::string name = hook.at("name"), reason = hook.at("reason");
    if (!name.starts_with("module_")) continue;
    ++hooks;
    INFO(hook.dump());
    CHECK(hook.at("attached") == followed);
    CHECK((reason == "") == followed);
    const bool skipped = reason.find("CONFIG_MODULES=n") != std::string::npos;
    CHECK(skipped == !KernelHasModules());
  }
  // The full object has one of its own, at module_free.
  CHECK(hooks == (KernelHasModules() && status.at("bpf_object") == "full" ? 6 : 5));
  const Json list = daemon.Query({"modules"});
  CHECK(list.at("followed") == followed);
  CHECK((list.at("reason") == "") == (followed && KernelTellsTypes()));
  // Those of /proc/modules are listed all the same.
  for (const auto& [name, count] : Refcounts()) {
    INFO(name);
    CHECK(ModuleRow(list, name).value("refcount", int64_t{-1}) == count);
  }
  // Nothing is missing where there is nothing.
  CHECK(daemon.Record({"/bin/true"}).at("complete") == true);
  CHECK(daemon.Client({"modules"}).status == 0);
  CHECK(daemon.Client({"modules", "--format", "csv"}).out.starts_with("name,state,"));
  CHECK(daemon.Client({"modules", "--baseline", "x"}).status == 2);
  CHECK(daemon.Client({"modules", "--recording", "/nonexistent"}).status == 2);
  CHECK(daemon.Client({"modules", "--recording", "/proc/self/comm"}).status == 65);
}

TEST_CASE("e2e.modules.exact_to_the_count", "[.][modules]") {
  SECTION("full") { ExactWith("auto"); }
  SECTION("core") { ExactWith("core"); }
}

TEST_CASE("e2e.modules.table_is_that_of_the_kernel", "[.][modules]") {
  Begin();
  REQUIRE(Sh("modprobe loop") == 0);
  Daemon daemon;
  const Json before = daemon.Query({"modules"});
  RequireAgreement(before);
  CHECK(ModuleRow(before, "loop").at("refcount") == 0);
  CHECK(ModuleRow(before, "loop").at("refcount_at_attach") == 0);

  std::vector<UniqueFd> open;
  for (int i = 0; i < 5; ++i) open.emplace_back(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  const Json during = daemon.Query({"modules"});
  RequireAgreement(during);
  const Json loop = ModuleRow(during, "loop");
  CHECK(loop.at("refcount") == 5);
  bool own = false;
  for (const Json& caller : loop.at("callers")) {
    own = own || (caller.at("pid") == getpid() && caller.at("gets") == 5);
  }
  CHECK(own);
  // Which modules this process holds.
  const Json mine = daemon.Query({"show", "--pid", std::to_string(getpid())});
  CHECK(ModuleRow(mine, "loop").at("scope_gets") == 5);
  CHECK(ModuleRow(mine, "loop").at("scope_puts") == 0);
  // A use that ended between two looks is remembered as the most.
  open.clear();
  const Json after = daemon.Query({"modules"});
  RequireAgreement(after);
  CHECK(ModuleRow(after, "loop").at("refcount") == 0);
  CHECK(ModuleRow(daemon.Query({"show"}), "loop").at("refcount_most") == 5);
  UnloadAll();
  RequireAgreement(daemon.Query({"modules"}));
}

TEST_CASE("e2e.modules.requests_name_who_asked", "[.][modules]") {
  Begin();
  SkipUnless(Available("bluetooth"), "modprobe finds no module bluetooth");
  Daemon daemon;
  Launch launch;
  launch.argv = {Binary("footprint"), "watch", "--events", "module", "--format", "json"};
  launch.environment = {"FOOTPRINT_TARGET=" + daemon.target()};
  Process watch(launch);
  // The stream is open once it tells of a load that is repeated until then.
  const bool streams = Eventually(
      [&] {
        Sh("modprobe dummy; modprobe -r dummy");
        return watch.out().find("\"dummy\"") != std::string::npos;
      },
      60s);
  INFO("the watch says: " << watch.out() << watch.err());
  REQUIRE(streams);
  const UniqueFd socket(::socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC, 1 /* BTPROTO_HCI */));
  REQUIRE(socket.valid());

  const Json list = daemon.Query({"modules"});
  RequireAgreement(list);
  bool asked = false;
  for (const Json& request : list.at("requests")) {
    if (request.at("name") != "net-pf-31") continue;
    asked = true;
    CHECK(request.at("waited") == 1);
    CHECK(request.at("first").at("pid") == getpid());
    CHECK(request.at("site").get<std::string>().starts_with("__sock_create+"));
  }
  CHECK(asked);
  const Json load = ModuleRow(list, "bluetooth").at("load");
  INFO(load.dump(2));
  CHECK(load.at("by").at("comm") == "modprobe");
  if (list.at("bpf_object") == "modules") {  // the other knows no parents and no arguments
    CHECK(load.at("by_kernel") == true);
    CHECK(load.at("request") == "net-pf-31");
    CHECK(load.at("requester").at("pid") == getpid());
    CHECK(load.at("command_line").get<std::string>().find("net-pf-31") != std::string::npos);
  }
  CHECK(ModuleRow(list, "bluetooth").at("refcount") == Refcounts().at("bluetooth"));

  const auto told = [&](const std::string& kind, const std::string& module) {
    std::istringstream lines(watch.out());
    for (std::string line; std::getline(lines, line);) {
      const Json event = Json::parse(line, nullptr, false);
      if (!event.is_object()) continue;  // the last line may be half
      CHECK(event.at("lost") == 0);
      if (event.at("kind") == kind && event.at("module") == module) return true;
    }
    return false;
  };
  CHECK(Eventually([&] { return told("module_request", "net-pf-31"); }));
  CHECK(Eventually([&] { return told("module_load", "bluetooth"); }));
  CHECK(Eventually([&] { return told("module_first_get", "bluetooth"); }));
  CHECK(Eventually([&] { return told("module_free", "dummy"); }));
  watch.Signal(SIGTERM);
  watch.Wait();
}

// The OpenAPS rig in small: an I2C device, a Bluetooth controller, a serial terminal.
TEST_CASE("e2e.modules.rig_against_its_baseline", "[.][modules]") {
  Begin();
  // What Debian's amd64 kernels have, and what the arm64 board of tests/vm.
  const bool stub = Available("i2c-stub") && Available("hci_vhci");
  const bool board = Available("i2c-gpio") && Available("spi-gpio");
  SkipUnless(stub || board, "neither i2c-stub and hci_vhci, nor i2c-gpio and spi-gpio");
  mknod("/dev/vhci", S_IFCHR | 0600, makedev(10, 137));
  Daemon daemon;
  const std::string idle = daemon.dir() + "/idle.json", work = daemon.dir() + "/work.json";
  for (const auto& [mode, file] : {std::pair{"idle", idle}, {"work", work}}) {
    Outcome run =
        Run({Binary("footprint"), "run", "--target", daemon.target(), "--format", "json", "--label",
             std::string("rig-") + mode, "--output", file, "--", Workload("rig.sh"), mode},
            150s);
    INFO(run.out << run.err);
    REQUIRE(run.status == 0);
  }
  const Json footprint = Json::parse(ReadFile(work));
  RequireSound(footprint);
  CHECK(ModuleRow(footprint, "i2c_dev").at("refcount_most") == 2);
  CHECK(ModuleRow(footprint, stub ? "i2c_stub" : "i2c_gpio").at("refcount_most") == 1);
  if (stub) {
    if (KernelTellsTypes()) {
      CHECK(ModuleRow(footprint, "hci_vhci").at("load").at("request") == "char-major-10-137");
    }
    CHECK(ModuleRow(footprint, "bluetooth").at("users_after") == Json({"hci_vhci"}));
  }
  if (board) {
    CHECK(ModuleRow(footprint, "spi_gpio").at("loads") == 1);
    CHECK(ModuleRow(footprint, "spi_bitbang").at("users_after") == Json({"spi_gpio"}));
    CHECK(Sum(footprint, "ioctls", "calls") >= 15);
  }

  const Outcome table = daemon.Client({"modules", "--recording", work, "--baseline", idle});
  INFO(table.out);
  CHECK(table.status == 0);
  CHECK(table.out.starts_with("module"));
  const auto line_of = [&](const std::string& module) {
    std::istringstream lines(table.out);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(module + " ")) return line;
    }
    return std::string();
  };
  const std::string titles = line_of("module");
  CHECK(titles.find("with rig-work") < titles.find("rig-idle"));
  const std::string dev = line_of("i2c_dev");
  CHECK(dev.find(" 2 ") < dev.find("not loaded"));
  const auto [used, user] =
      stub ? std::pair{"bluetooth", "(hci_vhci)"} : std::pair{"spi_bitbang", "(spi_gpio)"};
  CHECK(line_of(used).find(user) != std::string::npos);
  CHECK(line_of("dummy").empty());  // in neither
  const Outcome one = daemon.Client({"modules", "--recording", work});
  CHECK(one.out.find("before") < one.out.find("during"));
  CHECK(one.out.find(stub ? "i2c_stub" : "i2c_gpio") != std::string::npos);
  printf("%s\n%s", table.out.c_str(), one.out.c_str());
  UnloadAll();
}

TEST_CASE("e2e.modules.i2c_behind_its_descriptor", "[.][modules]") {
  Begin();
  const std::string bus = StubBus();
  Daemon daemon;
  SkipUnlessFull(daemon);
  const Json footprint = daemon.Record({Workload("i2c"), bus});
  RequireSound(footprint);
  CHECK(Commands(footprint, "i2c_dev") ==
        Json({{"I2C_FUNCS", 3}, {"I2C_SLAVE", 5}, {"I2C_SMBUS", 7}}));
  for (const Json& row : footprint.at("ioctls")) CHECK(row.at("server") == "i2c-dev");
  UnloadAll();
}

TEST_CASE("e2e.modules.spi_behind_its_descriptor", "[.][modules]") {
  Begin();
  SkipUnless(Available("spi-gpio"), "modprobe finds no module spi-gpio");
  const std::string device = "/dev/spidev0.0";
  Daemon daemon;
  SkipUnlessFull(daemon);
  const Json footprint =
      daemon.Record({"/bin/sh", "-c",
                     std::string(kPath) + "modprobe spi-gpio; [ -c " + device + " ] || exit 3; '" +
                         Workload("spi") + "' " + device + " && modprobe -r spi-gpio"});
  RequireSound(footprint);
  Json commands;
  for (const Json& row : footprint.at("ioctls")) {
    if (!row.at("name").get<std::string>().starts_with("SPI_")) continue;
    commands[row.at("name").get<std::string>()] = row.at("calls");
    CHECK(row.at("server") == "spidev");
  }
  CHECK(commands ==
        Json({{"SPI_IOC_RD_MODE", 3}, {"SPI_IOC_RD_MAX_SPEED_HZ", 5}, {"SPI_IOC_MESSAGE", 7}}));
  // The driver of the bus came and went with the command, and what it needs with it.
  for (const char* name : {"spi_gpio", "spi_bitbang"}) {
    INFO(name);
    CHECK(ModuleRow(footprint, name).at("loads") == 1);
    CHECK(ModuleRow(footprint, name).at("unloads") == 1);
  }
  UnloadAll();
}

TEST_CASE("e2e.modules.bluetooth_behind_its_descriptors", "[.][modules]") {
  Begin();
  SkipUnless(Available("hci_vhci"), "modprobe finds no module hci_vhci");
  Daemon daemon;
  SkipUnlessFull(daemon);
  mknod("/dev/vhci", S_IFCHR | 0600, makedev(10, 137));
  const Json footprint = daemon.Record({Workload("bluetooth")});
  RequireSound(footprint);
  CHECK(Commands(footprint, "bluetooth") == Json({{"HCIGETDEVLIST", 3}}));
  CHECK(CallsBy(footprint, "objects", "module", "syscall", "write") ==
        std::map<std::string, uint64_t>{{"hci_vhci", 1}});
  UnloadAll();
}

// The second i2c_dev has its functions where the first, or another module, had theirs.
TEST_CASE("e2e.modules.a_driver_that_comes_back_is_not_the_one_that_went", "[.][modules]") {
  Begin();
  const std::string bus = StubBus();
  Daemon daemon;
  SkipUnlessFull(daemon);
  const std::string once = "'" + Workload("i2c") + "' " + bus + "; ";
  const std::string again = "modprobe -r i2c-dev; modprobe loop; modprobe i2c-dev; sleep 0.2; " +
                            once + "modprobe -r i2c-dev; modprobe i2c-dev; sleep 0.2; " + once;
  const Json footprint = daemon.Record({"/bin/sh", "-c", kPath + once + again});
  RequireSound(footprint);
  CHECK(Commands(footprint, "i2c_dev") ==
        Json({{"I2C_FUNCS", 9}, {"I2C_SLAVE", 15}, {"I2C_SMBUS", 21}}));
  // Nothing of it is under another name.
  for (const Json& row : footprint.at("ioctls")) {
    if (row.at("name").get<std::string>().starts_with("I2C_")) CHECK(row.at("module") == "i2c_dev");
  }
  UnloadAll();
}

}  // namespace footprint::e2e
