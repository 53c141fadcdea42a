// SPDX-License-Identifier: Apache-2.0
// The main of the tests that load BPF programs: where that is not permitted they are
// skipped aloud, with exit status 77, and never pass.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>

#include "daemon/features/features.h"

int main(int argc, char** argv) {
  bool listing = false;
  for (int i = 1; i < argc; ++i) listing = listing || std::strncmp(argv[i], "--list", 6) == 0;
  if (!listing) {
    for (const auto& finding : footprint::features::Probe()) {
      if (finding.present || finding.importance != footprint::features::Importance::kRequired) {
        continue;
      }
      printf("SKIP: %s: %s\n", finding.name.c_str(), finding.detail.c_str());
      return 77;
    }
  }
  return Catch::Session().run(argc, argv);
}
