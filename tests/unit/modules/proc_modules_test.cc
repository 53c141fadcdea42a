// SPDX-License-Identifier: Apache-2.0
#include "daemon/modules/proc_modules.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

namespace footprint::modules {
namespace {

TEST_CASE("unit.modules.lines_of_proc_modules") {
  // The first five as Debian's 6.1 kernel shows them.
  const auto modules = ParseProcModules(
      "hci_vhci 16384 0 - Live 0xffffffffc0a4e000\n"
      "bluetooth 933888 1 hci_vhci, Live 0xffffffffc0968000\n"
      "ecc 40960 1 ecdh_generic, Live 0xffffffffc0957000\n"
      "rfkill 40960 2 bluetooth,cfg80211, Live 0xffffffffc0945000\n"
      "dummy 16384 -1 - Unloading 0xffffffffc0a00000 (OE-)\n"
      "fixed 8192 - [permanent], Live 0x0000000000000000\n"
      "young 8192 1 - Loading 0x0000000000000000 (+)\n"
      "nonsense\n"
      "x y z\n");
  REQUIRE(modules.size() == 7);
  CHECK(modules[0].name == "hci_vhci");
  CHECK(modules[0].refcount == 0);
  CHECK(modules[0].users.empty());
  CHECK(modules[1].size == 933888);
  CHECK(modules[1].users == std::vector<std::string>{"hci_vhci"});
  CHECK(modules[3].users == std::vector<std::string>{"bluetooth", "cfg80211"});
  CHECK(modules[4].refcount == -1);
  CHECK(modules[4].state == model::ModuleState::kGoing);
  CHECK(modules[4].taints == "OE");
  CHECK_FALSE(modules[5].refcount.has_value());
  CHECK(modules[5].users.empty());
  CHECK(modules[6].state == model::ModuleState::kLoading);
  CHECK(modules[6].taints == "");
}

TEST_CASE("unit.modules.built_in_ones_by_list_or_by_sysfs") {
  char name[] = "/tmp/footprint_modules_XXXXXX";
  REQUIRE(mkdtemp(name) != nullptr);
  const std::filesystem::path root = name;
  std::filesystem::create_directories(root / "sys/module/loop");
  std::filesystem::create_directories(root / "sys/module/tcp_cubic");
  std::ofstream(root / "sys/module/loop/initstate") << "live\n";
  CHECK(ReadBuiltIn(root, "6.1") == std::vector<std::string>{"tcp_cubic"});
  std::filesystem::create_directories(root / "lib/modules/6.1");
  std::ofstream(root / "lib/modules/6.1/modules.builtin")
      << "kernel/drivers/spi/spi-bcm2835.ko\nkernel/drivers/spi/spidev.ko\n";
  CHECK(ReadBuiltIn(root, "6.1") == std::vector<std::string>{"spi_bcm2835", "spidev"});
  CHECK_FALSE(ReadProcModules(root).ok());
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace footprint::modules
