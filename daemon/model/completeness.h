// SPDX-License-Identifier: Apache-2.0
// The one rule of completeness. What was lost is put down to a process where the kernel could tell
// which, else to the time in which it was lost. A footprint is incomplete when something was lost
// that can concern its scope and its window: of a process of the scope, or of nobody known.
// Ownership: plain values.   Threads: any.   Failure: none.
#ifndef FOOTPRINT_DAEMON_MODEL_COMPLETENESS_H_
#define FOOTPRINT_DAEMON_MODEL_COMPLETENESS_H_

#include <string>

#include "daemon/model/scope.h"

namespace footprint::model {

// Fills in the losses of a footprint since the attach, whose scope and counts are set.
void Judge(const Snapshot& snapshot, Footprint& footprint);

// The same of a window, whose counts are set.
void JudgeWindow(const Footprint& end, const Footprint& base, Footprint& window);

// Why the losses can concern the scope, one line; "" for a complete footprint.
std::string WhyIncomplete(const Footprint& footprint);

}  // namespace footprint::model

#endif  // FOOTPRINT_DAEMON_MODEL_COMPLETENESS_H_
