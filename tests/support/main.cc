// SPDX-License-Identifier: Apache-2.0
// The main of all test programs, compiled once: Catch itself takes half a minute.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <cstring>

#include "tests/support/permission.h"

int main(int argc, char** argv) {
  bool listing = false;
  for (int i = 1; i < argc; ++i) listing = listing || std::strncmp(argv[i], "--list", 6) == 0;
  if (!listing && !footprint::test::Permitted()) return 77;
  return Catch::Session().run(argc, argv);
}
