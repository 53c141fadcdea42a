// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "daemon/features/features.h"
#include "tests/support/permission.h"

namespace footprint::test {

bool Permitted() {
  for (const auto& finding : features::Probe()) {
    if (finding.present || finding.importance != features::Importance::kRequired) continue;
    printf("SKIP: %s: %s\n", finding.name.c_str(), finding.detail.c_str());
    return false;
  }
  return true;
}

}  // namespace footprint::test
