// SPDX-License-Identifier: Apache-2.0
// per_call [ROUNDS]: what a system call costs more while something watches. Nothing, empty programs
// and each tier of the daemon take turns, round by round, so that a machine that gets slower gets
// slower for all. Prints JSON: medians over the rounds, in nanoseconds a call, and the ratio of
// what is added to what the empty programs of the same rounds add.
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "empty_bpf.skel.h"
#include "tests/e2e/process.h"

namespace footprint::bench {
namespace {

using e2e::operator""s;

constexpr int kCalls = 200'000;

// Nanoseconds a call, of one pinned loop.
double Time(const std::function<void()>& call) {
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kCalls; ++i) call();
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - begin;
  return taken.count() / kCalls;
}

// Something that watches while it lives.
struct Watcher {
  virtual ~Watcher() = default;
};

struct Empty : Watcher {
  explicit Empty(bool both) : skeleton(empty_bpf::open_and_load()) {
    if (skeleton == nullptr) throw std::runtime_error("the empty programs do not load");
    links.push_back(bpf_program__attach(skeleton->progs.empty_enter));
    if (both) links.push_back(bpf_program__attach(skeleton->progs.empty_exit));
    if (std::count(links.begin(), links.end(), nullptr) != 0) {
      throw std::runtime_error("the empty programs do not attach");
    }
  }
  ~Empty() override {
    for (bpf_link* link : links) bpf_link__destroy(link);
    empty_bpf::destroy(skeleton);
  }
  empty_bpf* skeleton;
  std::vector<bpf_link*> links;
};

struct Daemon : Watcher {
  Daemon(const std::string& object, const std::string& tier) {
    e2e::WriteFile(dir / "config.toml", "object = \"" + object + "\"\ntier = \"" + tier + "\"\n");
    e2e::Launch launch;
    launch.argv = {e2e::Binary("footprintd"), "--listen", "unix:" + (dir / "query.sock"),
                   "--config", dir / "config.toml"};
    process = std::make_unique<e2e::Process>(launch);
    const bool ready = e2e::Eventually([&] { return std::filesystem::exists(dir / "query.sock"); });
    if (!ready) throw std::runtime_error("footprintd: " + process->err());
  }
  ~Daemon() override {
    process->Signal(SIGTERM);
    process->Wait();
  }
  e2e::TempDir dir;
  std::unique_ptr<e2e::Process> process;
};

struct Subject {
  std::string name;
  const char* measure;  // the subject that its cost is divided by
  std::function<std::unique_ptr<Watcher>()> watch;
};

std::vector<Subject> Subjects() {
  const auto daemon = [](const char* object, const char* tier) {
    return [=] { return std::make_unique<Daemon>(object, tier); };
  };
  return {{"nothing", "", [] { return nullptr; }},
          {"empty sys_enter", "", [] { return std::make_unique<Empty>(false); }},
          {"empty pair", "", [] { return std::make_unique<Empty>(true); }},
          {"core, calls", "empty sys_enter", daemon("core", "calls")},
          {"core, errors", "empty pair", daemon("core", "errors")},
          {"core, latency", "empty pair", daemon("core", "latency")},
          {"full, calls", "empty sys_enter", daemon("auto", "calls")},
          {"full, errors", "empty pair", daemon("auto", "errors")},
          {"full, latency", "empty pair", daemon("auto", "latency")},
          {"full, full", "empty pair", daemon("auto", "full")}};
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void Pin() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &one);
  if (sched_setaffinity(0, sizeof(one), &one) != 0) throw std::runtime_error("cannot pin");
}

int Main(int rounds) {
  const int zero = open("/dev/zero", O_RDONLY);
  char byte;
  const std::map<std::string, std::function<void()>> loops = {
      {"getppid", [] { syscall(SYS_getppid); }},
      {"read /dev/zero", [&] { syscall(SYS_read, zero, &byte, 1); }}};
  std::map<std::string, std::map<std::string, std::vector<double>>> taken;  // loop, subject
  const std::vector<Subject> subjects = Subjects();
  for (int round = 0; round < rounds; ++round) {
    for (const Subject& subject : subjects) {
      // Started on any processor: what a pinned parent starts would share the loop's.
      const std::unique_ptr<Watcher> watcher = subject.watch();
      cpu_set_t all;
      sched_getaffinity(0, sizeof(all), &all);
      Pin();
      for (const auto& [name, loop] : loops) {
        Time(loop);
        taken[name][subject.name].push_back(Time(loop));
      }
      sched_setaffinity(0, sizeof(all), &all);
    }
  }
  nlohmann::ordered_json report = {{"rounds", rounds}, {"calls", kCalls}};
  for (const auto& [name, of] : taken) {
    const double nothing = Median(of.at("nothing"));
    for (const Subject& subject : subjects) {
      const std::vector<double>& values = of.at(subject.name);
      auto& row = report["ns_a_call"][name][subject.name];
      const double added = Median(values) - nothing;
      row = {{"median", Median(values)},
             {"least", *std::min_element(values.begin(), values.end())},
             {"most", *std::max_element(values.begin(), values.end())},
             {"added", added}};
      if (*subject.measure != '\0') {
        row["of_the_empty"] = added / (Median(of.at(subject.measure)) - nothing);
      }
    }
  }
  printf("%s\n", report.dump(1).c_str());
  return 0;
}

}  // namespace
}  // namespace footprint::bench

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? atoi(argv[1]) : 9;
  if (rounds < 1) {
    fprintf(stderr, "per_call: rounds must be at least 1\n");
    return 2;
  }
  try {
    return footprint::bench::Main(rounds);
  } catch (const std::exception& error) {
    fprintf(stderr, "per_call: %s\n", error.what());
    return 1;
  }
}
