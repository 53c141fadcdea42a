// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/snapshot.h"

#include "daemon/model/minus.h"

namespace footprint::model {

bool Losses::Complete() const {
  for (int i = 0; i < kLossCount; ++i) {
    if (i != static_cast<int>(Loss::kEventsDropped) && count[i] != 0) return false;
  }
  return true;
}

Losses Sum(const Losses& a, const Losses& b) {
  Losses sum;
  for (int i = 0; i < kLossCount; ++i) sum.count[i] = a.count[i] + b.count[i];
  return sum;
}

Losses Difference(const Losses& end, const Losses& base) {
  Losses d;
  for (int i = 0; i < kLossCount; ++i) d.count[i] = Minus(end.count[i], base.count[i]);
  return d;
}

const char* LossName(Loss cause) {
  switch (cause) {
    case Loss::kCallsUnattributed:
      return "calls_unattributed";
    case Loss::kDetailDropped:
      return "detail_dropped";
    case Loss::kExitUnmatched:
      return "exit_unmatched";
    case Loss::kOriginUnknown:
      return "origin_unknown";
    case Loss::kEventsDropped:
      return "events_dropped";
    case Loss::kObjectUnknown:
      return "object_unknown";
    case Loss::kCommandDropped:
      return "command_dropped";
    case Loss::kProgramMissed:
      return "program_missed";
    case Loss::kNameUnknown:
      return "name_unknown";
  }
  return "unknown";
}

}  // namespace footprint::model
