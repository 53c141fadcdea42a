// SPDX-License-Identifier: Apache-2.0
// The client's words: what it is asked and cannot do, it says, and does not do something else.
#include <grp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/e2e/daemon.h"

namespace footprint::e2e {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;

// No daemon is there: what needs one must not be reached.
Outcome Alone(std::vector<std::string> words) {
  words.insert(words.begin(), Binary("footprint"));
  return Run(words);
}

long LinesOf(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

void CheckUsage(const std::vector<std::string>& words, const std::string& meant) {
  const Outcome outcome = Alone(words);
  INFO(outcome.err);
  CHECK(outcome.status == 2);
  CHECK(outcome.out.empty());
  CHECK(LinesOf(outcome.err) == 1);
  CHECK_THAT(outcome.err, Contains(meant));
}

}  // namespace

TEST_CASE("e2e.usage.unknown_option_before_the_command") {
  TempDir dir;
  const std::string trace = dir / "trace";
  for (std::vector<std::string> words : std::vector<std::vector<std::string>>{
           {"run", "--ouput", dir / "x", "--format", "json", "--", "/bin/touch", trace},
           {"run", "--ouput=x", "--", "/bin/touch", trace},
           {"run", "--ouput", "/bin/touch", trace},
           {"run", "--format", "json", "--ouput", "x", "--", "/bin/touch", trace}}) {
    CheckUsage(words, "no such option: --ouput; did you mean --output?");
  }
  CheckUsage({"run", "-x", "--", "/bin/touch", trace}, "no such option: -x");
  CHECK_FALSE(fs::exists(trace));
  CHECK_FALSE(fs::exists(dir / "x"));
}

TEST_CASE("e2e.usage.misspelt_words") {
  CheckUsage({"shwo"}, "no such command: shwo; did you mean show?");
  CheckUsage({"stat"}, "did you mean status?");
  CheckUsage({"frobnicate"}, "no such command: frobnicate; see footprint --help");
  CheckUsage({"show", "--fromat", "json"}, "no such option: --fromat; did you mean --format?");
  CheckUsage({"show", "--format", "jsno"}, "nearest: json");
  CheckUsage({"status", "now"}, "not expected here: now; see footprint status --help");
  CheckUsage({"show", "--", "/bin/true"}, "only `run` takes a command after --");
  CheckUsage({"run", "--"}, "no command given");
  CheckUsage({"tier", "ful"}, "did you mean full?");
  CheckUsage({"tier", "\xff"}, "no tier \\xff");
}

// An empty value is most often a variable of a script that is not set: the whole system, or
// nothing, is not what was meant.
TEST_CASE("e2e.usage.empty_values") {
  for (const char* name : {"--unit", "--command", "--pid", "--tree", "--target", "--output"}) {
    INFO(name);
    CheckUsage({"show", name, ""}, name + std::string(": "));
  }
  CheckUsage({"watch", "--command="}, "--command: a value is missing");
  CheckUsage({"system", "--coverage", "--command", ""}, "--command: the value is empty");
  CheckUsage({"run", "--output", "", "--", "/bin/true"}, "--output: the value is empty");
  CheckUsage({"run", "--force", "--", "/bin/true"}, "--force requires --output");
  CheckUsage({"tier", ""}, "tier: the value is empty: give a TIER");
  CheckUsage({"syscalls", "--abi", ""}, "--abi: the value is empty");
  CheckUsage({"features", "--arch", ""}, "--arch: the value is empty");
  CheckUsage({"modules", "--recording", ""}, "--recording: the value is empty");
}

TEST_CASE("e2e.usage.numbers") {
  CheckUsage({"show", "--limit", "-1"}, "--limit: -1 is no number from 0 on");
  CheckUsage({"show", "--limit=x"}, "--limit: x is no number from 0 on");
  CheckUsage({"show", "--limit", "99999999999999999999999"},
             "--limit: 99999999999999999999999 is above 18446744073709551615");
  CheckUsage({"watch", "--count", "-1"}, "--count: -1 is no number from 0 on");
  CheckUsage({"watch", "--count", "1.5"}, "--count: 1.5 is no number from 0 on");
  CheckUsage({"show", "--pid", "abc"}, "--pid: abc is no number from 1 on");
  CheckUsage({"show", "--pid", "0"}, "--pid: 0 is no number from 1 on");
  CheckUsage({"show", "--tree", "4294967296"}, "--tree: 4294967296 is above 4294967295");
  CheckUsage({"watch", "--interval", "x"},
             "--interval: x is no number of seconds from 0.1 to 3600");
  CheckUsage({"top", "--interval", "nan"}, "--interval: nan is no number of seconds");
  CheckUsage({"status", "--timeout", "-3"}, "--timeout: -3 is no number of seconds");
}

TEST_CASE("e2e.usage.what_would_be_passed_over_is_refused") {
  for (std::vector<std::string> words :
       std::vector<std::vector<std::string>>{{"--pid", "1"},
                                             {"--tree", "1"},
                                             {"--command", "x"},
                                             {"--unit", "x"},
                                             {"--by", "process"},
                                             {"--delta"},
                                             {"--limit", "1"},
                                             {"--interval", "1"}}) {
    const std::string name = words.front();
    words.insert(words.begin(), {"watch", "--events", "all"});
    CheckUsage(words, "leave " + name + " out");
  }
  CheckUsage({"show", "--format", "json", "--by", "process"}, "leave --by or --format json out");
  CheckUsage({"watch", "--format", "json", "--limit", "0"}, "leave --limit or --format json out");
  TempDir dir;
  CheckUsage({"run", "--limit", "3", "--format", "json", "--", "/bin/touch", dir / "trace"},
             "leave --limit or --format json out");
  CHECK_FALSE(fs::exists(dir / "trace"));
  CheckUsage({"modules", "--recording", "x", "--builtin"}, "leave --builtin out");
}

TEST_CASE("e2e.usage.too_many_and_too_few_values") {
  CheckUsage({"show", "--command", "a", "--command", "b"}, "--command: given more than once");
  CheckUsage({"show", "--format", "csv", "--format", "csv"}, "--format: given more than once");
  CheckUsage({"show", "--limit"}, "--limit: a value is missing");
  CheckUsage({"watch", "--delta=x"}, "--delta: takes no value");
  CheckUsage({"show", "--by", "zzz"},
             "zzz is none of driver, ioctl, module, object, process, subsystem, syscall\n");
  CheckUsage({"show", "--format", "JSON"}, "nearest: json\n");
  CheckUsage({"syscalls", "Read"}, "nearest: read");
  CheckUsage({"syscalls", "--abi", "x86_64", "frobnicate"}, "no call frobnicate in x86_64\n");
}

TEST_CASE("e2e.usage.help_of_a_command") {
  for (std::vector<std::string> words :
       std::vector<std::vector<std::string>>{{"help", "show"}, {"show", "--help"}}) {
    const Outcome outcome = Alone(words);
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.out, Contains("footprint show") && Contains("--limit"));
  }
  const Outcome all = Alone({"help"});
  CHECK(all.status == 0);
  CHECK_THAT(all.out, Contains("Exit status:") && Contains("65 a malformed input"));
  CHECK_THAT(Alone({"help", "show"}).out, Contains("Usage: footprint show"));
  CheckUsage({"show", "--delta"}, "no such option: --delta; see footprint show --help");
  CheckUsage({"help", "shwo"}, "no such command: shwo; did you mean show?");
}

TEST_CASE("e2e.usage.help_that_cannot_be_written") {
  for (const char* command :
       {"footprint --help", "footprint --version", "footprint help", "footprint",
        "footprint show --help", "footprintd --help", "footprintd --version"}) {
    INFO(command);
    const Outcome outcome = Run({"/bin/sh", "-c", Binary("") + command + " >/dev/full"});
    CHECK(outcome.status == 74);
    CHECK(LinesOf(outcome.err) == 1);
    CHECK_THAT(outcome.err, Contains("No space left on device"));
  }
}

TEST_CASE("e2e.usage.bare_call_prints_help") {
  const Outcome outcome = Alone({});
  CHECK(outcome.status == 2);
  CHECK(outcome.err.empty());
  CHECK_THAT(outcome.out, Contains("Usage: footprint") && Contains("  run ") &&
                              Contains("  status ") && Contains("Exit status:"));
}

TEST_CASE("e2e.usage.errors_carry_remedies") {
  TempDir dir;
  Outcome absent = Alone({"status", "--target", "unix:" + dir / "none"});
  CHECK(absent.status == 69);
  CHECK_THAT(absent.err, Contains("No such file or directory; --target or FOOTPRINT_TARGET"));
  Daemon daemon;
  // The socket of a group that one is not in.
  REQUIRE(chmod(daemon.socket().c_str(), 0660) == 0);
  REQUIRE(chown(daemon.socket().c_str(), 0, 1) == 0);
  const group* entry = getgrgid(1);
  const std::string group = entry != nullptr ? entry->gr_name : "1";
  Launch launch;
  launch.argv = {Binary("footprint"), "status", "--target", daemon.target()};
  launch.uid = 65534;
  Process process(launch);
  const Outcome refused = process.Wait();
  INFO(refused.err);
  CHECK(refused.status == 77);
  CHECK_THAT(refused.err,
             Contains("members of the group " + group + " may: sudo usermod -aG " + group));
  // The daemon answers, but not to this one.
  REQUIRE(chmod(daemon.socket().c_str(), 0666) == 0);
  launch.argv = {Binary("footprint"), "run", "--target", daemon.target(), "--", "/bin/true"};
  Process recorder(launch);
  const Outcome not_root = recorder.Wait();
  CHECK(not_root.status == 77);
  CHECK_THAT(not_root.err, Contains("root") && Contains("sudo footprint"));
}

// Any byte but NUL may be in a path of a socket, and in a name.
TEST_CASE("e2e.usage.names_that_are_no_utf8") {
  Daemon daemon;
  TempDir dir;
  fs::copy_file(Workload("calls"), dir / "\xff\xfe.x");
  Launch launch;
  launch.argv = {dir / "\xff\xfe.x", "getppid=23", "wait"};
  launch.keep_input = true;
  Process process(launch);
  REQUIRE(Eventually([&] {
    const Outcome found = daemon.Client({"show", "--command", "\xff*", "--format", "json"});
    return found.status == 0 && Count(Json::parse(found.out), "getppid") >= 23;
  }));
  for (std::vector<std::string> words :
       std::vector<std::vector<std::string>>{{"show", "--command", "\xff no such"},
                                             {"show", "--unit", "\xff.service"},
                                             {"system", "--command", "\xc3 none"},
                                             {"watch", "--count", "1", "--unit", "\xfe"}}) {
    const Outcome outcome = daemon.Client(words);
    INFO(outcome.err);
    CHECK(outcome.status == 1);
    CHECK(LinesOf(outcome.err) == 1);
    CHECK_THAT(outcome.err, Contains("\\x") && !Contains("rotobuf"));
  }
  const Outcome labelled =
      daemon.Client({"run", "--label", "n\xff", "--format", "json", "--", "/bin/true"});
  INFO(labelled.err);
  CHECK(labelled.status == 0);
  CHECK(labelled.err.empty());
  CHECK(Json::parse(labelled.out).at("run").at("label") == "n\\xff");
  const std::string odd = dir / "a %41\xff#?.sock";
  fs::create_symlink(daemon.socket(), odd);
  CHECK(daemon.Client({"status", "--target", "unix:" + odd}).status == 0);
}

}  // namespace footprint::e2e
