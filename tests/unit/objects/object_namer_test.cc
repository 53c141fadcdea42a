// SPDX-License-Identifier: Apache-2.0
// Facts of classes as kernels announce them, and the names made of them.
#include "daemon/objects/object_namer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "daemon/objects/kallsyms.h"
#include "data/names.h"

namespace footprint::objects {
namespace {

const std::string kCaptured = FOOTPRINT_SOURCE_DIR "/tests/data/classes_6.18_x86_64";

struct Captured {
  std::vector<std::string> servers;
  std::vector<ClassFacts> classes;
};

uint64_t Hex(const std::string& text) { return strtoull(text.c_str(), nullptr, 16); }

Captured ReadCaptured() {
  Captured captured;
  std::ifstream file(kCaptured + "/classes.tsv");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::vector<std::string> field;
    std::istringstream fields(line);
    for (std::string text; std::getline(fields, text, '\t');) field.push_back(text);
    field.resize(24);
    ClassFacts facts;
    facts.fops = Hex(field[1]);
    for (int i = 0; i < kOperations; ++i) facts.functions[i] = Hex(field[2 + i]);
    facts.module = field[12];
    facts.fs_type = field[13];
    facts.fs_module = field[14];
    facts.mode = static_cast<uint16_t>(std::stoul(field[15], nullptr, 8));
    facts.rdev = static_cast<uint32_t>(Hex(field[16]));
    facts.socket = field[17] == "1";
    facts.family = static_cast<uint16_t>(std::stoul(field[18]));
    facts.type = static_cast<uint16_t>(std::stoul(field[19]));
    facts.protocol = static_cast<uint16_t>(std::stoul(field[20]));
    facts.socket_module = field[21];
    facts.protocol_name = field[22];
    facts.anon_name = field[23];
    captured.servers.push_back(field[0]);
    captured.classes.push_back(facts);
  }
  REQUIRE(captured.classes.size() >= 40);
  return captured;
}

// A folder that goes with its owner.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/footprint-objects.XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::vector<ObjectName> NameAll(const Captured& captured, const std::string& kallsyms) {
  const Kallsyms symbols(kallsyms);
  return ObjectNamer(symbols, Devices(kCaptured)).Name(captured.classes);
}

// The functions of a class by name, as kallsyms would give them.
ClassSymbols Functions(const std::vector<std::string>& names, const std::string& module = "") {
  ClassSymbols symbols;
  for (size_t i = 0; i < names.size(); ++i) symbols.functions[i] = {names[i], module, 0};
  return symbols;
}

ClassFacts Character(uint32_t major, uint32_t minor) {
  ClassFacts facts;
  facts.fs_type = "devtmpfs";
  facts.mode = S_IFCHR;
  facts.rdev = major << 20 | minor;
  return facts;
}

std::string Subsystem(const ObjectName& name) {
  return std::string(names::SubsystemName(name.subsystem));
}

}  // namespace

TEST_CASE("objects.object_namer.captured_classes_have_their_names") {
  const Captured captured = ReadCaptured();
  const auto names = NameAll(captured, kCaptured + "/proc/kallsyms");
  REQUIRE(names.size() == captured.servers.size());
  for (size_t i = 0; i < names.size(); ++i) {
    CAPTURE(captured.servers[i]);
    CHECK(names[i].server == captured.servers[i]);
    CHECK(names[i].why == "");
    CHECK(names[i].fops_symbol == "");
    CHECK(names[i].driver != "");
    CHECK(names[i].subsystem != 0);
  }
}

// What CONFIG_KALLSYMS_ALL adds is a line of data for each table of functions.
TEST_CASE("objects.object_namer.data_symbols_change_no_name") {
  const Captured captured = ReadCaptured();
  const Folder folder;
  const std::string all = folder.path() + "/kallsyms";
  std::filesystem::copy_file(kCaptured + "/proc/kallsyms", all);
  std::ofstream more(all, std::ios::app);
  for (const ClassFacts& facts : captured.classes)
    more << std::hex << facts.fops << " r table_" << facts.fops << "\n";
  more.close();
  const auto with = NameAll(captured, all);
  const auto without = NameAll(captured, kCaptured + "/proc/kallsyms");
  for (size_t i = 0; i < with.size(); ++i) {
    CAPTURE(captured.servers[i]);
    CHECK(with[i].fops_symbol.starts_with("table_"));
    CHECK(with[i].driver == without[i].driver);
    CHECK(with[i].server == without[i].server);
    CHECK(with[i].subsystem == without[i].subsystem);
    CHECK(with[i].module == without[i].module);
  }
}

TEST_CASE("objects.object_namer.restricted_symbols_leave_numbers_and_types") {
  const Captured captured = ReadCaptured();
  const Folder folder;
  std::ofstream(folder.path() + "/kallsyms") << "0000000000000000 T _text\n";
  const auto names = NameAll(captured, folder.path() + "/kallsyms");
  std::map<std::string, ObjectName> by_server;
  for (size_t i = 0; i < names.size(); ++i) {
    CAPTURE(captured.servers[i]);
    CHECK(names[i].why.find("CAP_SYSLOG") != std::string::npos);
    CHECK(names[i].driver != "");
    // The miscellaneous device has the name that its driver registered.
    const bool fuse = captured.servers[i] == "fuse-dev";
    CHECK(names[i].server == (fuse ? "fuse" : captured.servers[i]));
    by_server[captured.servers[i]] = names[i];
  }
  CHECK(by_server.at("tun").driver == "char:10:200");
  CHECK(by_server.at("tun").ioctls == "tun,socket");
  CHECK(by_server.at("loop").driver == "loop");
  CHECK(by_server.at("tcp6").driver == "tcpv6");
}

TEST_CASE("objects.object_namer.drivers_of_boards") {
  const auto spidev =
      Derive(Character(153, 0),
             Functions({"spidev_read", "", "spidev_write", "", "spidev_ioctl", "", "",
                        "spidev_open", "spidev_release"}),
             {.major = "spi", .misc = "", .node = "spidev0.0", .subsystem = "spidev"});
  CHECK(spidev.server == "spidev");
  CHECK(spidev.driver == "spidev");
  CHECK(spidev.module == "");
  CHECK(Subsystem(spidev) == "spi");
  CHECK(spidev.ioctls == "spi");

  ClassFacts facts = Character(89, 1);
  facts.module = "i2c_dev";
  const auto i2c = Derive(facts,
                          Functions({"i2cdev_read", "", "i2cdev_write", "", "i2cdev_ioctl", "", "",
                                     "i2cdev_open", "i2cdev_release"},
                                    "i2c_dev"),
                          {.major = "i2c", .misc = "", .node = "i2c-1", .subsystem = "i2c-dev"});
  CHECK(i2c.server == "i2c-dev");
  CHECK(i2c.module == "i2c_dev");
  CHECK(Subsystem(i2c) == "i2c");

  // A table without an owner still has functions in a module.
  const auto vhci = Derive(Character(10, 137),
                           Functions({"vhci_read", "", "", "vhci_write", "", "vhci_poll", "",
                                      "vhci_open", "vhci_release"},
                                     "hci_vhci"),
                           {});
  CHECK(vhci.server == "vhci");
  CHECK(vhci.module == "hci_vhci");
  CHECK(Subsystem(vhci) == "bluetooth");

  const std::vector<std::string> tty = {
      "", "tty_read", "", "tty_write", "tty_ioctl", "tty_poll", "", "tty_open", "tty_release"};
  const auto serial = Derive(Character(188, 0), Functions(tty), {"ttyUSB", "", "ttyUSB0", "tty"});
  CHECK(serial.server == "ttyUSB");
  CHECK(serial.driver == "tty");
  CHECK(serial.ioctls == "tty,ppp");
  CHECK(Derive(Character(136, 3), Functions(tty), {}).server == "pty");
}

TEST_CASE("objects.object_namer.what_no_rule_knows_is_shown_by_its_symbol") {
  const auto odd = Derive(Character(240, 0), Functions({"frob_read", "", "frob_write"}, "frobber"),
                          {.major = "widget", .misc = "", .node = "", .subsystem = ""});
  CHECK(odd.server == "frob");
  CHECK(odd.driver == "frob");
  CHECK(odd.module == "frobber");
  CHECK(Subsystem(odd) == "device");
  CHECK(odd.ioctls == "");

  CHECK(Derive(Character(240, 0), Functions({"seq_read"}), {}).driver == "seq_read");

  // All of its work comes through io_uring: the one function is everybody's.
  const auto ublk = Derive(
      Character(10, 240), Functions({"", "", "", "", "", "", "", "nonseekable_open"}),
      {.major = "misc", .misc = "ublk-control", .node = "ublk-control", .subsystem = "misc"});
  CHECK(ublk.server == "ublk-control");
  CHECK(ublk.driver == "nonseekable_open");
  CHECK(Subsystem(ublk) == "block");
  CHECK(ublk.ioctls == "ublk");

  ClassFacts anonymous;
  anonymous.fs_type = "anon_inodefs";
  anonymous.anon_name = "[frob]";
  const auto frob = Derive(anonymous, Functions({"frob_fd_read"}), {});
  CHECK(frob.server == "frob");
  CHECK(frob.driver == "frob_fd");
  CHECK(frob.subsystem == 0);

  ClassFacts pseudo;
  pseudo.fs_type = "frobfs";
  CHECK(Derive(pseudo, {}, {}).server == "frobfs");
  CHECK(Derive(pseudo, {}, {}).subsystem == 0);
  CHECK(Derive({}, {}, {}).server == "unknown");
}

TEST_CASE("objects.object_namer.files_of_file_systems") {
  ClassFacts facts;
  facts.fs_type = "ext4";
  facts.fs_module = "ext4";
  facts.mode = S_IFREG;
  const auto ext4 =
      Derive(facts, Functions({"", "ext4_file_read_iter", "", "ext4_file_write_iter"}), {});
  CHECK(ext4.server == "ext4");
  CHECK(ext4.module == "ext4");
  CHECK(Subsystem(ext4) == "filesystem");
  CHECK(ext4.ioctls == "ext4,fs");

  // Never heard of, but a directory of a mounted file system.
  facts.fs_type = "newfs";
  facts.mode = S_IFDIR;
  CHECK(Derive(facts, Functions({"generic_read_dir"}), {}).server == "newfs");
  CHECK(Derive(facts, Functions({"generic_read_dir"}), {}).driver == "newfs");
  CHECK(Subsystem(Derive(facts, {}, {})) == "filesystem");

  // A device or a named pipe on a file system that is a module is not served by that module.
  facts.mode = S_IFIFO;
  const auto fifo = Derive(facts, Functions({"pipe_read", "", "pipe_write"}), {});
  CHECK(fifo.server == "fifo");
  CHECK(fifo.module == "");
  CHECK(Subsystem(fifo) == "ipc");
  facts.mode = S_IFCHR;
  facts.rdev = 1 << 20 | 3;
  CHECK(Derive(facts, Functions({"read_null"}), {}).module == "");
}

TEST_CASE("objects.object_namer.sockets") {
  ClassFacts facts;
  facts.fs_type = "sockfs";
  facts.mode = S_IFSOCK;
  facts.socket = true;
  facts.family = 31;
  facts.type = 3;
  facts.protocol = 1;
  facts.protocol_name = "HCI";
  facts.socket_module = "bluetooth";
  const auto hci = Derive(facts, Functions({"", "sock_read_iter"}), {});
  CHECK(hci.server == "bluetooth");
  CHECK(hci.driver == "hci");
  CHECK(hci.module == "bluetooth");
  CHECK(Subsystem(hci) == "bluetooth");

  facts.family = 10;
  facts.type = 1;
  facts.protocol = 262;
  facts.protocol_name = "MPTCPv6";
  CHECK(Derive(facts, {}, {}).server == "mptcp6");

  facts.family = 63;
  facts.protocol_name = "FROB";
  CHECK(Derive(facts, {}, {}).server == "frob");
  facts.protocol_name = "";
  CHECK(Derive(facts, {}, {}).server == "socket:63");
  CHECK(Subsystem(Derive(facts, {}, {})) == "network");
}

TEST_CASE("objects.devices.asks_sysfs_and_proc") {
  const Folder folder;
  const std::filesystem::path root = folder.path();
  std::filesystem::create_directories(root / "proc");
  std::filesystem::create_directories(root / "sys/dev/block");
  std::filesystem::create_directories(root / "sys/devices/nvme0n1");
  std::filesystem::create_directory_symlink("../../devices/nvme0n1", root / "sys/dev/block/259:0");
  std::filesystem::create_directory_symlink("../../class/block",
                                            root / "sys/devices/nvme0n1/subsystem");
  std::ofstream(root / "proc/devices") << "Character devices:\n  4 tty\n  4 ttyS\n259 other\n\n"
                                          "Block devices:\n259 blkext\n";
  std::ofstream(root / "proc/misc") << "  1 psaux\n200 tun\n";
  const Devices devices(folder.path());
  const DeviceName nvme = devices.Find(true, 259u << 20);
  CHECK(nvme.major == "blkext");
  CHECK(nvme.node == "nvme0n1");
  CHECK(nvme.subsystem == "block");
  CHECK(devices.Find(false, 4u << 20 | 64).major == "ttyS");
  CHECK(devices.Find(false, 10u << 20 | 200).misc == "tun");
  CHECK(devices.Find(false, 10u << 20 | 201).misc == "");
  CHECK(devices.Find(false, 77u << 20).major == "");

  ClassFacts facts;
  facts.mode = S_IFBLK;
  facts.rdev = 259u << 20;
  const auto name = Derive(facts, Functions({"", "blkdev_read_iter"}), nvme);
  CHECK(name.server == "nvme");
  CHECK(name.driver == "nvme");
  CHECK(name.ioctls == "nvme,block");
}

TEST_CASE("unit.objects.a_block_device_is_its_driver_and_not_the_block_layer") {
  for (const std::string driver : {"loop", "zram", "virtblk", "device-mapper"}) {
    INFO(driver);
    ClassFacts facts;
    facts.mode = S_IFBLK;
    facts.rdev = 7u << 20;
    const DeviceName device{.major = driver, .node = driver + "0"};
    const auto name = Derive(facts, Functions({"", "blkdev_read_iter"}), device);
    CHECK(name.driver == driver);
  }
}

TEST_CASE("unit.objects.files_of_every_file_system_know_the_common_commands") {
  for (const std::string type : {"ext4", "proc", "sysfs", "ramfs", "cgroup2", "newfs"}) {
    INFO(type);
    ClassFacts facts;
    facts.mode = S_IFREG;
    facts.fs_type = type;
    const auto name = Derive(facts, Functions({"", "some_read_iter"}), {});
    CHECK((name.ioctls == "fs" || name.ioctls.ends_with(",fs")));
  }
}

}  // namespace footprint::objects
