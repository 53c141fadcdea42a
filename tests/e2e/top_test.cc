// SPDX-License-Identifier: Apache-2.0
// The live view on a terminal, and how it leaves it.
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/e2e/daemon.h"
#include "tests/e2e/terminal.h"

namespace footprint::e2e {
namespace {

using Catch::Matchers::Contains;

constexpr char kLeaves[] = "\x1b[?1049l";  // xterm: back to the screen before

Outcome Top(const Daemon& daemon, std::vector<Reaction> reactions) {
  return OnTerminal({Binary("footprint"), "top", "--target", daemon.target()}, 100, 30, 60s,
                    std::move(reactions));
}

}  // namespace

// As a shell sees it: a script that runs it ends, too, and the terminal is as it was.
TEST_CASE("e2e.top.dies_of_the_signal_and_restores_the_terminal") {
  Daemon daemon;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    INFO(signal);
    const Outcome outcome = Top(daemon, {{"q quit", [&](pid_t pid, int) { kill(pid, signal); }}});
    CHECK(outcome.status == 128 + signal);
    CHECK_THAT(outcome.out, Contains(kLeaves));
  }
  const Outcome typed = Top(
      daemon, {{"q quit", [](pid_t, int terminal) { CHECK(write(terminal, "\x03", 1) == 1); }}});
  CHECK(typed.status == 128 + SIGINT);
  CHECK_THAT(typed.out, Contains(kLeaves));
}

TEST_CASE("e2e.top.q_ends_it") {
  Daemon daemon;
  const auto type = [](const char* key) {
    return [key](pid_t, int terminal) { CHECK(write(terminal, key, 1) == 1); };
  };
  const Outcome outcome = Top(daemon, {{"q quit", type("?")}, {"footprint top --help", type("q")}});
  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.out, Contains(kLeaves));
}

}  // namespace footprint::e2e
