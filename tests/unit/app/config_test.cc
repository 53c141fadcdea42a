// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/config.h"

#include <linux/types.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "bpf/abi/footprint.h"
#include "daemon/app/check_config.h"
#include "daemon/app/origin.h"

namespace footprint::app {
namespace {

absl::StatusOr<Config> Load(const std::string& text) {
  const std::string path = "/tmp/footprint_config_" + std::to_string(getpid());
  std::ofstream(path) << text;
  auto config = LoadConfig(path);
  std::remove(path.c_str());
  return config;
}

std::string Complaint(const std::string& text) {
  const auto config = Load(text);
  CHECK(absl::IsInvalidArgument(config.status()));
  return std::string(config.status().message());
}

TEST_CASE("unit.app.config_is_read") {
  const auto c = Load("tier = \"calls\"\nslots = 64\ndisable_hooks = [\"sys_exit\"]\n");
  REQUIRE(c.ok());
  CHECK(c->tier == "calls");
  CHECK(c->slots == 64);
  CHECK(c->disable_hooks == std::vector<std::string>{"sys_exit"});
}

TEST_CASE("unit.app.config_mistakes_are_named") {
  CHECK_THAT(Complaint("a = 1\n"), Catch::Contains("unknown key \"a\""));
  CHECK_THAT(Complaint("tier = \"fast\"\n"), Catch::Contains("calls, errors, latency, full"));
  CHECK_THAT(Complaint("\nslots = 65\n"), Catch::Contains(":2: slots"));
  CHECK_THAT(Complaint("slots = \"64\"\n"), Catch::Contains("slots"));
  CHECK_THAT(Complaint("interval_ms = 1\n"), Catch::Contains("from 50"));
  CHECK_THAT(Complaint("disable_hooks = [1]\n"), Catch::Contains("array of strings"));
  CHECK_THAT(Complaint("slots = \n"), Catch::Contains(":1:"));
  for (const char* path : {"/nonexistent/file", "/tmp", "/proc/self/mem", ""}) {
    INFO(path);
    CHECK(absl::IsInvalidArgument(LoadConfig(path).status()));
  }
}

// What only a start would find is found with its place in the file, too.
TEST_CASE("unit.app.mistakes_of_several_keys_have_a_line") {
  CHECK_THAT(Complaint("\n\nslots = 64\nslot_memory_mib = 8\n"),
             Catch::Contains(":3: slots and slot_memory_mib both"));
  CHECK(Load("slots = 64\nslot_memory_mib = 0\n").ok());
  CHECK_THAT(Complaint("\nlisten = \"unix:rel.sock\"\n"),
             Catch::Contains(":2: listen: rel.sock is no absolute path: give unix:/PATH"));
  CHECK_THAT(Complaint("slots = 64\ndisable_hooks = [\"no_such\"]\n"),
             Catch::Contains(":2: disable_hooks: no hook"));
  CHECK_THAT(Complaint("calibrate = false\ncpu_budget = 1\n"), Catch::Contains(":2: cpu_budget"));
}

TEST_CASE("unit.app.budget_and_calibration") {
  CHECK(Load("")->cpu_budget == 0);
  CHECK(Load("cpu_budget = 1\n")->cpu_budget == 1);
  CHECK(Load("cpu_budget = 0.25\n")->cpu_budget == 0.25);
  CHECK(Load("cpu_budget = \"1.5%\"\n")->cpu_budget == 1.5);
  CHECK_FALSE(Load("calibrate = false\n")->calibrate);
  for (const char* wrong : {"101", "-1", "\"1\"", "\"x%\"", "\"%\"", "true", "nan", "[1]"}) {
    INFO(wrong);
    CHECK_THAT(Complaint("cpu_budget = " + std::string(wrong) + "\n"),
               Catch::Contains("cpu_budget"));
  }
  CHECK_THAT(Complaint("calibrate = 1\n"), Catch::Contains("true or false"));
  CHECK_THAT(Complaint("cpu_budget = 1\ncalibrate = false\n"),
             Catch::Contains(":1: cpu_budget needs calibrate"));
  Config both;
  both.cpu_budget = 1;
  both.calibrate = false;
  CHECK_FALSE(CheckConfig(both).ok());
}

TEST_CASE("unit.app.what_to_ignore_is_read") {
  const auto c = Load(
      "[ignore]\nsyscalls = [\"getppid\"]\ncommands = [\"a\", \"b\"]\nunits = [\"n.service\"]\n");
  REQUIRE(c.ok());
  CHECK(c->ignore_syscalls == std::vector<std::string>{"getppid"});
  CHECK(c->ignore_commands == std::vector<std::string>{"a", "b"});
  CHECK(c->ignore_units == std::vector<std::string>{"n.service"});
  CHECK_THAT(Complaint("[ignore]\nsyscalls = [\"getpppid\"]\n"),
             Catch::Contains(":2: ignore.syscalls") && Catch::Contains("\"getppid\""));
  CHECK_THAT(Complaint("[ignore]\ncommands = [\"\"]\n"), Catch::Contains("ignore.commands"));
  CHECK_THAT(Complaint("[ignore]\nfoo = []\n"), Catch::Contains("\"ignore.foo\""));
  CHECK_THAT(Complaint("ignore = 1\n"), Catch::Contains("must be a table"));
}

TEST_CASE("unit.app.every_documented_key_is_known_with_its_default") {
  std::ifstream file(FOOTPRINT_SOURCE_DIR "/packaging/footprintd.toml");
  std::stringstream text;
  text << file.rdbuf();
  const std::string active =
      std::regex_replace(text.str(), std::regex("(^|\n)# ([a-z_]+ = |\\[)"), "$1$2");
  const auto c = Load(active);
  INFO((c.ok() ? "" : std::string(c.status().message())));
  REQUIRE(c.ok());
  const Config defaults;
  CHECK(c->listen == defaults.listen);
  CHECK(c->tier == defaults.tier);
  CHECK(c->cpu_budget == defaults.cpu_budget);
  CHECK(c->calibrate == defaults.calibrate);
  CHECK(c->ignore_syscalls == defaults.ignore_syscalls);
  CHECK(c->ignore_commands == defaults.ignore_commands);
  CHECK(c->ignore_units == defaults.ignore_units);
  CHECK(c->interval_ms == defaults.interval_ms);
  CHECK(c->slots == defaults.slots);
  CHECK(c->spill_entries == defaults.spill_entries);
  CHECK(c->object_classes == defaults.object_classes);
  CHECK(c->ring_kib == defaults.ring_kib);
  CHECK(c->max_dead_images == defaults.max_dead_images);
  CHECK(c->max_commands == defaults.max_commands);
  CHECK(c->max_recordings == defaults.max_recordings);
  CHECK(c->max_connections == defaults.max_connections);
  CHECK(c->log_level == defaults.log_level);
}

TEST_CASE("unit.app.slots_follow_memory_and_limit") {
  constexpr uint64_t kMiB = uint64_t{1} << 20, kGiB = uint64_t{1} << 30;
  CHECK(SlotBudget(kGiB / 2, kNoLimit) == 8 * kMiB);
  CHECK(SlotBudget(100 * kGiB, kNoLimit) == kGiB);
  CHECK(SlotBudget(100 * kGiB, 128 * kMiB) == 64 * kMiB);
  CHECK(SlotsWithin(0) == 256);
  const uint32_t slots = SlotsWithin(8 * kMiB);
  CHECK(slots % FP_BLOCK_SLOTS == 0);
  CHECK(slots * sizeof(fp_slot) <= 8 * kMiB);
  CHECK((slots + FP_BLOCK_SLOTS) * sizeof(fp_slot) > 8 * kMiB);
  CHECK(SlotsWithin(100 * kGiB) == 65536);
}

TEST_CASE("unit.app.memory_limit_is_the_least_above") {
  const auto root =
      std::filesystem::temp_directory_path() / ("footprint_limit_" + std::to_string(getpid()));
  const auto write = [&](const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root / path).parent_path());
    std::ofstream(root / path) << text;
  };
  CHECK(MemoryLimit(root.string()) == kNoLimit);
  write("proc/self/cgroup", "1:name=systemd:/x\n0::/system.slice/footprintd.service\n");
  CHECK(MemoryLimit(root.string()) == kNoLimit);
  write("sys/fs/cgroup/system.slice/footprintd.service/memory.max", "max\n");
  CHECK(MemoryLimit(root.string()) == kNoLimit);
  write("sys/fs/cgroup/system.slice/footprintd.service/memory.max", "134217728\n");
  CHECK(MemoryLimit(root.string()) == 134217728);
  write("sys/fs/cgroup/system.slice/footprintd.service/memory.high", "100663296\n");
  CHECK(MemoryLimit(root.string()) == 100663296);
  write("sys/fs/cgroup/system.slice/memory.max", "67108864\n");
  CHECK(MemoryLimit(root.string()) == 67108864);
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace footprint::app
