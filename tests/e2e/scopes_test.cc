// SPDX-License-Identifier: Apache-2.0
// Scopes by name: who belongs to them when it has ended, when its cgroup is gone, when it lost
// something that others did not.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <memory>
#include <sstream>

#include "tests/e2e/daemon.h"
#include "tests/e2e/kernel_modules.h"

namespace footprint::e2e {
namespace {

// Cgroups of a test, below one of its own; removed with it.
class Cgroups {
 public:
  Cgroups() {
    std::ifstream mounts("/proc/mounts");
    for (std::string line; std::getline(mounts, line);) {
      std::istringstream words(line);
      std::string device, path, type;
      words >> device >> path >> type;
      if (type == "cgroup2") mount_ = path;
    }
    if (mount_.empty()) return;
    path_ = "/footprint-" + std::to_string(getpid()) + ".slice";
    works_ = mkdir((mount_ + path_).c_str(), 0755) == 0;
  }
  ~Cgroups() {
    for (const std::string& name : names_) rmdir((mount_ + path_ + "/" + name).c_str());
    if (works_) rmdir((mount_ + path_).c_str());
  }
  Cgroups(const Cgroups&) = delete;
  Cgroups& operator=(const Cgroups&) = delete;

  bool works() const { return works_; }
  const std::string& path() const { return path_; }
  std::string Folder(const std::string& name) const { return mount_ + path_ + "/" + name; }
  void Make(const std::string& name) {
    REQUIRE(mkdir(Folder(name).c_str(), 0755) == 0);
    names_.push_back(name);
  }
  // Runs a program to its end in the cgroup.
  void Run(const std::string& name, const std::vector<std::string>& argv) const {
    const int folder = open(Folder(name).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(folder >= 0);
    Launch launch;
    launch.argv = argv;
    launch.cgroup = folder;
    CHECK(Process(launch).Wait().status == 0);
    close(folder);
  }
  // Moves a process with all its threads, as systemd-run, logind and podman do.
  void Move(const std::string& name, pid_t pid) const {
    std::ofstream procs(Folder(name) + "/cgroup.procs");
    procs << pid << std::flush;
    REQUIRE(procs.good());
  }
  void Remove(const std::string& name) {
    CHECK(Eventually([&] { return rmdir(Folder(name).c_str()) == 0; }));
    std::erase(names_, name);
  }

 private:
  std::string mount_, path_;
  bool works_ = false;
  std::vector<std::string> names_;
};

std::string Unit(int i) { return "run-r" + std::to_string(i) + ".service"; }

}  // namespace

// A thousand transient units whose cgroups are gone before anybody looked: all are known.
TEST_CASE("e2e.scopes.transient_units_keep_their_names") {
  Cgroups cgroups;
  SkipUnless(cgroups.works(), "no cgroup v2 can be made");
  Daemon daemon({"max_dead_images = 16\n"});
  constexpr int kUnits = 100;
  for (int i = 0; i < kUnits; ++i) {
    cgroups.Make(Unit(i));
    cgroups.Run(Unit(i), {Workload("calls"), "getppid=23"});
    cgroups.Remove(Unit(i));
  }
  const Json slice = daemon.Query({"show", "--unit", cgroups.path()});
  INFO(slice.at("why"));
  CHECK(slice.at("complete") == true);
  CHECK(Count(slice, "getppid") == 23 * kUnits);
  for (const int i : {0, 1, kUnits / 2, kUnits - 1}) {
    const Json unit = daemon.Query({"show", "--unit", Unit(i)});
    INFO(unit.at("why"));
    CHECK(unit.at("complete") == true);
    CHECK(Count(unit, "getppid") == 23);
    CHECK(unit.at("processes").at(0).at("cgroup") == cgroups.path() + "/" + Unit(i));
  }
  CHECK(Count(daemon.Query({"show", "--unit", "run-r7"}), "getppid") == 23);
  CHECK(Count(daemon.Query({"show", "--unit", "run-r?.service"}), "getppid") == 230);
}

// Moved without exec, there and back: each call is with the unit that made it, the call that was
// under way with the one where it began.
TEST_CASE("e2e.scopes.a_moved_process_counts_where_it_is") {
  for (const std::string config :
       {"", "object = \"core\"\n", "slots = 64\nspill_entries = 65536\n", "tier = \"calls\"\n"}) {
    DYNAMIC_SECTION(config) {
      Cgroups cgroups;
      SkipUnless(cgroups.works(), "no cgroup v2 can be made");
      Daemon daemon({config});
      cgroups.Make("a.service");
      cgroups.Make("b.scope");
      Launch idle;
      idle.argv = {Workload("calls"), "wait"};
      idle.keep_input = true;
      // Of 64 slots none is left.
      std::vector<std::unique_ptr<Process>> crowd;
      for (int i = 0; config.starts_with("slots") && i < 80; ++i) {
        crowd.push_back(std::make_unique<Process>(idle));
      }
      const int folder =
          open(cgroups.Folder("a.service").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      REQUIRE(folder >= 0);
      Launch launch;
      launch.argv = {Workload("calls"), "getppid=23", "wait",
                     "getppid=29",      "getuid=31",  "wait",
                     "getppid=37",      "wait",       "getppid=41"};
      launch.cgroup = folder;
      launch.keep_input = true;
      Process process(launch);
      close(folder);
      const auto count = [&](const std::string& unit) {
        const Json shown = daemon.Query({"show", "--unit", cgroups.path() + "/" + unit});
        INFO(unit << ": " << shown.at("why"));
        CHECK(shown.at("complete") == true);
        return std::pair{Count(shown, "getppid"), Count(shown, "getuid")};
      };
      const auto waits = [&](uint64_t calls) {
        return Eventually([&] {
          const Json all = daemon.Query({"show", "--pid", std::to_string(process.pid())});
          return Count(all, "getppid") == calls;
        });
      };
      CHECK(waits(23));
      cgroups.Move("b.scope", process.pid());
      process.Write("x");
      CHECK(waits(23 + 29));
      // A move of somebody else.
      Process other(idle);
      cgroups.Move("b.scope", other.pid());
      process.Write("x");
      CHECK(waits(23 + 29 + 37));
      cgroups.Move("a.service", process.pid());
      process.Write("x");
      CHECK(process.Wait().status == 0);
      other.Write("x");
      CHECK(other.Wait().status == 0);
      CHECK(count("a.service") == std::pair{uint64_t{23 + 41}, uint64_t{0}});
      CHECK(count("b.scope") == std::pair{uint64_t{29 + 37}, uint64_t{31}});
      cgroups.Remove("a.service");
      cgroups.Remove("b.scope");
    }
  }
}

// What seccomp refuses enters no call, and is counted where the process is all the same.
TEST_CASE("e2e.scopes.a_moved_process_is_refused_where_it_is") {
  // With a slot for what it is after the move, and without.
  for (const std::string config : {"", "slots = 64\nspill_entries = 65536\n"}) {
    DYNAMIC_SECTION(config) {
      Cgroups cgroups;
      SkipUnless(cgroups.works(), "no cgroup v2 can be made");
      Daemon daemon({config});
      cgroups.Make("a.service");
      Launch launch;
      launch.argv = {Workload("denied"), "23", "wait"};
      launch.keep_input = true;
      Process process(launch);
      REQUIRE(Eventually([&] { return process.out() == "up\n"; }));
      Launch idle;
      idle.argv = {Workload("calls"), "wait"};
      idle.keep_input = true;
      std::vector<std::unique_ptr<Process>> crowd;
      for (int i = 0; !config.empty() && i < 80; ++i) {
        crowd.push_back(std::make_unique<Process>(idle));
      }
      cgroups.Move("a.service", process.pid());
      process.Write("x");
      CHECK(process.Wait().status == 0);
      const Json unit = daemon.Query({"show", "--unit", cgroups.path() + "/a.service"});
      RequireSound(unit);
      CHECK(Row(unit, "getppid").value("denied", 0) == 23);
      CHECK(Count(unit, "getuid") == 7);
      cgroups.Remove("a.service");
    }
  }
}

// More than there is room for: what went is said.
TEST_CASE("e2e.scopes.folded_units_are_stamped") {
  Cgroups cgroups;
  SkipUnless(cgroups.works(), "no cgroup v2 can be made");
  Daemon daemon({"max_dead_images = 16\nmax_commands = 16\n"});
  constexpr int kUnits = 120;
  for (int i = 0; i < kUnits; ++i) {
    cgroups.Make(Unit(i));
    cgroups.Run(Unit(i), {Workload("calls"), "getppid=23"});
    cgroups.Remove(Unit(i));
    if (i % 8 == 0) daemon.Query({"status"});
  }
  // What else this machine runs decides how far rows are folded: complete and exact, or stamped
  // with at least what is missing.
  const auto is_honest = [&](const std::vector<std::string>& scope, uint64_t right) {
    std::vector<std::string> words = {"show"};
    words.insert(words.end(), scope.begin(), scope.end());
    const Json footprint = daemon.Query(words);
    const uint64_t counted = Count(footprint, "getppid");
    const uint64_t unknown = footprint.at("losses").at("name_unknown");
    INFO(scope.back() << ": " << footprint.at("why"));
    if (footprint.at("complete") == true) {
      CHECK(counted == right);
    } else {
      CHECK(counted <= right);
      CHECK(counted + unknown >= right);
    }
  };
  is_honest({"--unit", cgroups.path()}, 23 * kUnits);
  is_honest({"--command", "calls"}, 23 * kUnits);
  for (int i = 0; i < kUnits; i += 7) is_honest({"--unit", Unit(i)}, 23);
  const Json first = daemon.Query({"show", "--unit", Unit(0)});
  CHECK(first.at("complete") == false);
  CHECK(first.at("losses").at("name_unknown") >= 23);
  CHECK(first.at("why").get<std::string>().find("of ended processes") != std::string::npos);
  CHECK(daemon.Query({"show"}).at("complete") == true);
  CHECK(daemon.Client({"show", "--unit", "run-none.service"}).status == 1);
}

// Thousands of names, each once: within the bound, and a tree is exact whatever its rows are
// called.
TEST_CASE("e2e.scopes.names_are_bounded_in_bytes") {
  constexpr uint64_t kMost = (kSanitized ? 640 : 64) << 20;
  constexpr int kParents = 16, kChildren = 255;
  Daemon daemon;
  Launch launch;
  launch.argv = {Workload("names"), std::to_string(kParents), std::to_string(kChildren)};
  launch.keep_input = true;
  Process names(launch);
  REQUIRE(Eventually([&] { return names.out() == "ready\n"; }, 120s));
  const Json status = daemon.Query({"status"});
  CHECK(status.at("resident_bytes") < kMost);
  const Json tree = daemon.Query({"show", "--tree", std::to_string(names.pid())});
  INFO(tree.at("why"));
  CHECK(tree.at("complete") == true);
  CHECK(Count(tree, "getppid") == kParents * kChildren);
  CHECK(daemon.ResidentBytes() < kMost);
}

}  // namespace footprint::e2e
