// SPDX-License-Identifier: Apache-2.0
#include "tests/support/permission.h"

namespace footprint::test {

bool Permitted() { return true; }

}  // namespace footprint::test
