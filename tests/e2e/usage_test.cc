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
