// SPDX-License-Identifier: Apache-2.0
// The static view of captured systems, and of what they lack.
#include "daemon/system/system.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "daemon/system/facts.h"
#include "daemon/system/kernel_calls.h"
#include "daemon/system/kernel_config.h"
#include "daemon/system/lists.h"
#include "daemon/system/reader.h"

namespace footprint::system {
namespace {

using Catch::Matchers::Contains;

const std::string kData = FOOTPRINT_SOURCE_DIR "/tests/data/";

Machine CapturedMachine() {
  return {.root = kData + "system_6.18_x86_64",
          .release = "6.18.0",
          .version = "#1 SMP PREEMPT_DYNAMIC",
          .machine = "x86_64",
          .page_size = 4096};
}

Machine Debian() {
  return {.root = kData + "debian_6.1_arm64",
          .release = "6.1.0-50-arm64",
          .version = "#1 SMP Debian",
          .machine = "aarch64",
          .page_size = 4096};
}

const Fact& FactOf(const System& system, const std::string& name) {
  for (const Fact& fact : system.facts) {
    if (fact.name == name) return fact;
  }
  FAIL("no fact " << name);
  return system.facts.front();
}

CallState StateOf(const std::vector<AbiCalls>& abis, const std::string& abi,
                  const std::string& name) {
  for (const AbiCalls& calls : abis) {
    if (calls.abi != abi) continue;
    for (const Call& call : calls.calls) {
      if (call.name == name) return call.state;
    }
  }
  FAIL("no call " << name << " of " << abi);
  return CallState::kUnknown;
}

// A system of hand-made files, which goes with the value.
class Root {
 public:
  Root() : path_(std::filesystem::temp_directory_path() / "footprint_system_XXXXXX") {
    std::string name = path_.string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Root() { std::filesystem::remove_all(path_); }
  void Write(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = path_.string() + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

TEST_CASE("unit.system.captured_facts") {
  const System system = Read(CapturedMachine(), {}, "");
  CHECK(FactOf(system, "kernel_release").value == "6.18.0");
  CHECK(FactOf(system, "build_id").value == "4a5a9b0affb66c437abcd455d2738af879985fa9");
  CHECK(FactOf(system, "build_id").reading.source == "/sys/kernel/notes");
  CHECK(FactOf(system, "command_line").value == "console=ttyS0 quiet panic=1 nomodule");
  CHECK(FactOf(system, "clock_source").value == "tsc");
  CHECK(FactOf(system, "taint").detail == "not tainted");
  CHECK(FactOf(system, "page_size").value == "4096");
  const Fact& lockdown = FactOf(system, "lockdown");
  CHECK(lockdown.value.empty());
  // That kernel has it: nobody mounted the file system.
  CHECK_THAT(lockdown.reading.problem,
             Contains("securityfs is not mounted") && !Contains("built without"));
}

TEST_CASE("unit.system.captured_lists") {
  const System system = Read(CapturedMachine(), {}, "");
  CHECK(system.filesystems.rows.size() == 31);
  bool ext4 = false, proc = false;
  for (const Filesystem& row : system.filesystems.rows) {
    ext4 = ext4 || (row.name == "ext4" && row.device);
    proc = proc || (row.name == "proc" && !row.device);
  }
  CHECK(ext4);
  CHECK(proc);
  REQUIRE(system.protocols.rows.size() == 18);
  CHECK(system.protocols.rows[0].name == "AF_VSOCK");
  CHECK(system.protocols.rows[0].module == "kernel");
  CHECK(system.modules.rows.empty());
  CHECK_THAT(system.modules.reading.problem, Contains("CONFIG_MODULES"));
  CHECK_THAT(system.builtin_modules.reading.problem, Contains("no modules are installed"));
  for (const Reading& reading :
       {system.config.reading, system.builtin_modules.reading, system.modules.reading,
        system.filesystems.reading, system.protocols.reading, system.tracepoints.reading}) {
    CHECK_FALSE(reading.source.empty());
  }
}

TEST_CASE("unit.system.captured_calls") {
  const auto abis = ReadCalls(CapturedMachine().root, "x86_64");
  REQUIRE(abis.size() == 3);
  CHECK(abis[0].abi == "x86_64");
  CHECK_THAT(abis[0].table, Contains("linux-source-"));
  CHECK(StateOf(abis, "x86_64", "read") == CallState::kBuiltIn);
  CHECK(StateOf(abis, "x86_64", "rt_sigreturn") == CallState::kBuiltIn);
  // CONFIG_MODULES is off; _sysctl went in 5.5; tuxcall never came.
  CHECK(StateOf(abis, "x86_64", "init_module") == CallState::kStub);
  CHECK(StateOf(abis, "x86_64", "tuxcall") == CallState::kAbsent);
  CHECK(StateOf(abis, "i386", "read") == CallState::kBuiltIn);
  CHECK(StateOf(abis, "i386", "ioctl") == CallState::kBuiltIn);
  // Its compat entry went, its native one serves.
  CHECK(StateOf(abis, "i386", "setsockopt") == CallState::kBuiltIn);
  CHECK(StateOf(abis, "i386", "vm86") == CallState::kStub);
  CHECK(abis[1].offered);
  // CONFIG_X86_X32_ABI is off.
  CHECK_FALSE(abis[2].offered);
  CHECK(StateOf(abis, "x32", "read") == CallState::kAbsent);
  CHECK_THAT(abis[2].reading.note, Contains("without the ABI"));
  for (const AbiCalls& abi : abis) {
    for (const Call& call : abi.calls) {
      CAPTURE(abi.abi, call.name);
      CHECK(call.state != CallState::kUnknown);
      CHECK(call.owner != "unknown");
    }
  }
}

TEST_CASE("unit.system.config_of_proc") {
  const Config config = ReadConfig(CapturedMachine().root, "6.18.0");
  CHECK(config.reading.source == "/proc/config.gz");
  CHECK(config.reading.problem.empty());
  CHECK(ConfigValue(config.text, "CONFIG_BPF_SYSCALL") == "y");
  CHECK(ConfigValue(config.text, "CONFIG_X86_X32_ABI").empty());
  CHECK(ConfigValue(config.text, "CONFIG_BPF_SYSCAL").empty());
  CHECK(config.sha256 == Sha256(config.text));
  CHECK(config.text.find("is not set") == std::string::npos);
}

TEST_CASE("unit.system.debian_kernel_before_boot") {
  const System system = Read(Debian(), {}, "");
  CHECK(system.config.reading.source == "/boot/config-6.1.0-50-arm64");
  CHECK(ConfigValue(system.config.text, "CONFIG_BPF_SYSCALL") == "y");
  CHECK(system.builtin_modules.rows.size() == 100);
  CHECK(system.builtin_modules.reading.source == "/lib/modules/6.1.0-50-arm64/modules.builtin");
  REQUIRE(system.abis.size() == 2);
  CHECK(system.abis[0].abi == "arm64");
  CHECK(system.abis[1].abi == "arm");
  CHECK_THAT(system.abis[0].reading.problem, Contains("/proc/kallsyms"));
  CHECK(StateOf(system.abis, "arm64", "read") == CallState::kUnknown);
  for (const char* name : {"command_line", "clock_source", "taint", "build_id"}) {
    CHECK_FALSE(FactOf(system, name).reading.problem.empty());
  }
}

TEST_CASE("unit.system.without_a_config_both_places_are_named") {
  const Root root;
  const Config config = ReadConfig(root.path(), "6.1.0");
  CHECK(config.text.empty());
  CHECK(config.sha256.empty());
  CHECK(config.reading.source == "/proc/config.gz, /boot/config-6.1.0");
  CHECK_THAT(config.reading.problem, Contains("/proc/config.gz") && Contains("/boot/config-6.1.0"));
  root.Write("/boot/config-6.1.0", "# CONFIG_A is not set\n");
  CHECK_THAT(ReadConfig(root.path(), "6.1.0").reading.problem, Contains("no option is set in"));
}

TEST_CASE("unit.system.canonical_config") {
  CHECK(CanonicalConfig("#\n# x\nCONFIG_B=m\n# CONFIG_C is not set\nCONFIG_A=\"q\"\n") ==
        "CONFIG_A=\"q\"\nCONFIG_B=m\n");
  // FIPS 180-2, B.1.
  CHECK(Sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::string text = "CONFIG_A=1\nCONFIG_AB=2\n";
  CHECK(ConfigValue(text, "CONFIG_A") == "1");
  CHECK(ConfigValue(text, "CONFIG_AB") == "2");
  CHECK(ConfigValue(text, "CONFIG_B").empty());
}

// As a normal user: names are shown, addresses are not.
TEST_CASE("unit.system.hidden_addresses_are_said") {
  const Root root;
  root.Write("/proc/kallsyms",
             "0000000000000000 T __x64_sys_read\n0000000000000000 W __x64_sys_init_module\n"
             "0000000000000000 T sys_ni_syscall\n");
  const auto abis = ReadCalls(root.path(), "x86_64");
  CHECK(StateOf(abis, "x86_64", "read") == CallState::kBuiltIn);
  CHECK(StateOf(abis, "x86_64", "init_module") == CallState::kStub);
  CHECK(StateOf(abis, "x86_64", "write") == CallState::kAbsent);
  CHECK_THAT(abis[0].reading.note, Contains("kptr_restrict"));
  root.Write("/proc/kallsyms", "");
  CHECK_THAT(ReadCalls(root.path(), "x86_64")[0].reading.problem, Contains("hides its symbols"));
}

TEST_CASE("unit.system.arm_programs_on_arm64") {
  const Root root;
  root.Write("/proc/kallsyms",
             "ffff800008001000 T __arm64_sys_read\nffff800008001100 T __arm64_sys_openat\n"
             "ffff800008001200 T __arm64_compat_sys_sigreturn\n"
             "ffff800008001300 T compat_arm_syscall\n"
             "ffff800008001400 W __arm64_sys_init_module\n"
             "ffff800008001500 T __arm64_sys_bind\n"
             "ffff800008001600 T __arm64_sys_write\t[other]\n");
  const auto abis = ReadCalls(root.path(), "aarch64");
  CHECK(StateOf(abis, "arm64", "read") == CallState::kBuiltIn);
  CHECK(StateOf(abis, "arm64", "init_module") == CallState::kStub);
  CHECK(StateOf(abis, "arm64", "write") == CallState::kAbsent);  // of a module
  CHECK(StateOf(abis, "arm", "sigreturn") == CallState::kBuiltIn);
  CHECK(StateOf(abis, "arm", "bind") == CallState::kBuiltIn);  // not arch/arm's OABI entry
  CHECK(StateOf(abis, "arm", "set_tls") == CallState::kBuiltIn);
  CHECK(StateOf(abis, "arm", "cacheflush") == CallState::kBuiltIn);
  CHECK(StateOf(abis, "arm", "breakpoint") == CallState::kAbsent);  // arch/arm alone has it
}

// x32 shares most entries with x86_64; those of its own were renamed in 5.13.
TEST_CASE("unit.system.x32_where_it_is_built_in") {
  for (const std::string own : {"__x64_", "__x32_"}) {
    CAPTURE(own);
    const Root root;
    root.Write("/proc/kallsyms", "ffffffff81001000 T __x64_sys_read\nffffffff81001100 T " + own +
                                     "compat_sys_preadv64\nffffffff81001200 W " + own +
                                     "compat_sys_kexec_load\n");
    const auto abis = ReadCalls(root.path(), "x86_64");
    REQUIRE(abis.size() == 3);
    CHECK(abis[2].offered);
    CHECK(abis[2].reading.note.empty());
    CHECK(StateOf(abis, "x32", "read") == CallState::kBuiltIn);
    CHECK(StateOf(abis, "x32", "preadv") == CallState::kBuiltIn);
    CHECK(StateOf(abis, "x32", "kexec_load") == CallState::kStub);
    CHECK(StateOf(abis, "x32", "pwritev") == CallState::kAbsent);
    CHECK(StateOf(abis, "x86_64", "preadv") == CallState::kAbsent);
    CHECK_FALSE(abis[1].offered);
  }
}

TEST_CASE("unit.system.entries_without_a_prefix") {
  const Root root;
  root.Write("/proc/kallsyms",
             "c0101000 T sys_ni_syscall\nc0101000 W sys_init_module\nc0102000 T sys_read\n"
             "c0101000 T sys_quotactl\nc0103000 t arm_syscall\n");
  const auto abis = ReadCalls(root.path(), "armv7l");
  REQUIRE(abis.size() == 1);
  CHECK(StateOf(abis, "arm", "read") == CallState::kBuiltIn);
  CHECK(StateOf(abis, "arm", "init_module") == CallState::kStub);
  CHECK(StateOf(abis, "arm", "quotactl") == CallState::kStub);  // the address tells
  CHECK(StateOf(abis, "arm", "get_tls") == CallState::kBuiltIn);
  CHECK(ReadCalls(root.path(), "ppc64le").empty());
}

TEST_CASE("unit.system.loaded_modules") {
  const Root root;
  root.Write("/proc/modules",
             "bluetooth 753664 2 hci_uart,bnep, Live 0xffffffffc0a51000\n"
             "vendor 16384 0 - Unloading 0x0000000000000000 (POE)\n"
             "fixed 8192 1 [permanent], Live 0x0000000000000000\n"
             "stuck 4096 - - Live 0x0000000000000000\n"
             "nonsense\n");
  const List<LoadedModule> list = ReadModules(root.path());
  REQUIRE(list.rows.size() == 4);
  CHECK(list.rows[0].name == "bluetooth");
  CHECK(list.rows[0].size == 753664);
  CHECK(list.rows[0].refcount == 2);
  CHECK(list.rows[0].users == std::vector<std::string>{"hci_uart", "bnep"});
  CHECK(list.rows[1].state == "Unloading");
  CHECK(list.rows[1].taints == "POE");
  CHECK(list.rows[1].users.empty());
  CHECK(list.rows[2].users.empty());
  CHECK(list.rows[3].refcount == -1);
  CHECK_THAT(list.reading.note, Contains("passed over"));
}

TEST_CASE("unit.system.module_names_are_those_of_lsmod") {
  const Root root;
  root.Write("/lib/modules/1/modules.builtin", "kernel/drivers/i2c/i2c-dev.ko\n");
  const auto list = ReadBuiltinModules(root.path(), "1");
  REQUIRE(list.rows.size() == 1);
  CHECK(list.rows[0].name == "i2c_dev");
  CHECK(list.rows[0].path == "kernel/drivers/i2c/i2c-dev.ko");
}

TEST_CASE("unit.system.lockdown_and_taint") {
  const Root root;
  root.Write("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
  root.Write("/proc/sys/kernel/tainted", "4609\n");
  const System system = Read({.root = root.path()}, {}, "");
  CHECK(FactOf(system, "lockdown").value == "integrity");
  CHECK(FactOf(system, "taint").value == "4609");
  CHECK(FactOf(system, "taint").detail ==
        "P proprietary module; W warning issued; O module from outside the tree");
  const Root without;
  without.Write("/proc/config.gz", "CONFIG_SMP=y\n");
  CHECK_THAT(FactOf(Read({.root = without.path()}, {}, ""), "lockdown").reading.problem,
             Contains("built without CONFIG_SECURITY_LOCKDOWN_LSM") && !Contains("not mounted"));
  CHECK(TaintText(uint64_t{1} << 40) == "bit 40");
}

TEST_CASE("unit.system.build_id_of_broken_notes") {
  CHECK(BuildIdOf("").empty());
  CHECK(BuildIdOf(std::string(12, '\xff')).empty());
  const std::string other("\4\0\0\0\1\0\0\0\x9\0\0\0GNU\0z\0\0\0", 20);
  const std::string id("\4\0\0\0\2\0\0\0\3\0\0\0GNU\0\xab\x01\0\0", 20);
  CHECK(BuildIdOf(other).empty());
  CHECK(BuildIdOf(other + id) == "ab01");
  CHECK(BuildIdOf(id.substr(0, 17)).empty());
}

TEST_CASE("unit.system.tracepoints_that_could_not_be_tried_are_unknown") {
  const std::vector<features::Finding> findings = {
      {"raw_tp:sys_enter", features::Importance::kRequired, false, "not tried", "", ""},
      {"raw_tp:sys_exit", features::Importance::kOptional, true, "ok", "", ""},
      {"btf", features::Importance::kOptional, true, "", "", ""}};
  auto list = TracepointsOf(findings, "CAP_BPF");
  REQUIRE(list.rows.size() == 2);
  CHECK(list.rows[0].name == "sys_enter");
  CHECK(list.rows[0].required);
  CHECK(list.rows[0].presence == Presence::kUnknown);
  CHECK(list.rows[1].presence == Presence::kPresent);
  CHECK_THAT(list.reading.problem, Contains("CAP_BPF"));
  list = TracepointsOf(findings, "");
  CHECK(list.rows[0].presence == Presence::kMissing);
  CHECK(list.reading.problem.empty());
}

}  // namespace
}  // namespace footprint::system
