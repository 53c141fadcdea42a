// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ignore.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "daemon/app/owners.h"
#include "data/names.h"

namespace footprint::app {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("unit.app.names_to_ignore_are_checked") {
  CHECK(WrongSyscall("getppid").empty());
  CHECK(WrongSyscall("set_tls").empty());  // of one ABI alone
  CHECK_THAT(WrongSyscall("getpid_"), Contains("the nearest is \"getpid\""));
  CHECK(WrongCommand("redis-server").empty());
  CHECK(WrongCommand("123456789012345").empty());
  CHECK_THAT(WrongCommand("1234567890123456"), Contains("1 to 15 bytes"));
  CHECK_FALSE(WrongCommand("").empty());
  CHECK(WrongUnit("noise.service").empty());
  CHECK(WrongUnit("/system.slice").empty());
  CHECK_FALSE(WrongUnit("noise").empty());
  CHECK_FALSE(WrongUnit("/").empty());
}

TEST_CASE("unit.app.ignored_calls_are_marked_in_every_abi") {
  const auto table = MakeOwnerTable({"getppid"});
  const auto plain = MakeOwnerTable({});
  int marked = 0;
  for (size_t abi = 0; abi < table->size(); ++abi) {
    for (size_t number = 0; number < (*table)[abi].size(); ++number) {
      const uint32_t entry = (*table)[abi][number];
      CHECK((entry & ~FP_OWNER_IGNORE) == (*plain)[abi][number]);
      marked += (entry & FP_OWNER_IGNORE) != 0;
    }
  }
  CHECK(marked == names::kAbiCount - 1);
  CHECK(((*table)[FP_ABI_X86_64][110] & FP_OWNER_IGNORE) != 0);
}

// A cgroup2 mount below a root of its own.
struct Root {
  Root() {
    char name[] = "/tmp/footprint_ignore_XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path = name;
    Make("/sys/fs/cgroup");
    Make("/proc/self");
    std::ofstream(path + "/proc/self/mountinfo")
        << "30 25 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n";
  }
  ~Root() { std::filesystem::remove_all(path); }
  uint64_t Make(const std::string& dir) const {
    std::filesystem::create_directories(path + dir);
    struct stat st {};
    REQUIRE(stat((path + dir).c_str(), &st) == 0);
    return st.st_ino;
  }
  std::string path;
};

TEST_CASE("unit.app.cgroups_of_ignored_units_are_found") {
  const Root root;
  const std::string slice = "/sys/fs/cgroup/system.slice";
  const uint64_t noise = root.Make(slice + "/noise.service");
  root.Make(slice + "/other.service");
  const uint64_t inside = root.Make("/sys/fs/cgroup/lab/inner");
  struct stat st {};
  REQUIRE(stat((root.path + "/sys/fs/cgroup/lab").c_str(), &st) == 0);
  const collect::Procfs procfs(root.path);
  std::set<uint64_t> told;
  IgnoredUnits units({"noise.service", "/lab"}, procfs, [&](uint64_t id, bool ignored) {
    if (ignored) {
      told.insert(id);
    } else {
      CHECK(told.erase(id) == 1);
    }
    return absl::OkStatus();
  });
  units.Look(1);
  CHECK(told == std::set<uint64_t>{noise, inside, st.st_ino});
  // One that comes is found by the next walk, not before.
  const uint64_t late = root.Make("/sys/fs/cgroup/user.slice/noise.service");
  units.Look(2);
  CHECK_FALSE(told.contains(late));
  units.Look(2 + IgnoredUnits::kWalkEveryNs);
  CHECK(told.contains(late));
  // The directory of a unit that starts again is another one, and is found at once. It is made
  // before the old one goes, so that it cannot have the same number.
  const uint64_t again = root.Make("/sys/fs/cgroup/new");
  std::filesystem::remove(root.path + slice + "/noise.service");
  std::filesystem::rename(root.path + "/sys/fs/cgroup/new", root.path + slice + "/noise.service");
  units.Look(3 + IgnoredUnits::kWalkEveryNs);
  CHECK(told.contains(again));
  CHECK_FALSE(told.contains(noise));
  // The kernel has room for few: one that goes makes room.
  std::filesystem::remove(root.path + slice + "/noise.service");
  units.Look(4 + IgnoredUnits::kWalkEveryNs);
  CHECK(told == std::set<uint64_t>{late, inside, st.st_ino});
}

TEST_CASE("unit.app.places_of_gone_units_do_not_pile_up") {
  const Root root;
  root.Make("/sys/fs/cgroup/lab");
  const collect::Procfs procfs(root.path);
  int ignored_now = 0, asked = 0;
  IgnoredUnits units({"/lab"}, procfs, [&](uint64_t, bool ignored) {
    ignored_now += ignored ? 1 : -1;
    ++asked;
    return absl::OkStatus();
  });
  for (int i = 0; i < 200; ++i) {
    const std::string cgroup = "/sys/fs/cgroup/lab/run-" + std::to_string(i);
    root.Make(cgroup);
    units.Look((2 * i + 1) * IgnoredUnits::kWalkEveryNs);
    std::filesystem::remove(root.path + cgroup);
    units.Look((2 * i + 2) * IgnoredUnits::kWalkEveryNs);
    CHECK(ignored_now == 1);
    CHECK(units.places() <= IgnoredUnits::kGonePlacesKept + 2);
  }
  CHECK(asked == 401);
}

TEST_CASE("unit.app.what_is_ignored_is_described") {
  Config config;
  config.ignore_syscalls = {"getppid"};
  config.ignore_commands = {"redis-server"};
  config.ignore_units = {"noise.service"};
  CHECK(DescribeIgnored(config) ==
        std::vector<std::string>{"syscall:getppid", "command:redis-server", "unit:noise.service"});
}

}  // namespace
}  // namespace footprint::app
