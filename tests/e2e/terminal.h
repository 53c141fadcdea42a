// SPDX-License-Identifier: Apache-2.0
// A program on a terminal of a size.
// Ownership: none.   Threads: the test's own.   Failure: what cannot happen throws.
#ifndef FOOTPRINT_TESTS_E2E_TERMINAL_H_
#define FOOTPRINT_TESTS_E2E_TERMINAL_H_

#include <functional>
#include <string>
#include <vector>

#include "tests/e2e/process.h"

namespace footprint::e2e {

// Does `act` with the program and the terminal's other side, once `after` was written to it.
struct Reaction {
  std::string after;
  std::function<void(pid_t, int)> act;
};

// Runs argv with a terminal as all of its standard streams; all that it wrote to it is in `out`,
// lines ended by \n alone. COLUMNS and LINES are not set, TERM is xterm, NO_COLOR is 1. Reactions
// follow one another.
Outcome OnTerminal(const std::vector<std::string>& argv, uint16_t columns, uint16_t lines = 50,
                   std::chrono::milliseconds most = 60s, std::vector<Reaction> reactions = {});

}  // namespace footprint::e2e

#endif  // FOOTPRINT_TESTS_E2E_TERMINAL_H_
