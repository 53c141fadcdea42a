// SPDX-License-Identifier: Apache-2.0
// The one subtraction of counts: a difference is never negative, whatever the two are.
// Ownership: plain values.   Threads: any.   Failure: none.
#ifndef FOOTPRINT_DAEMON_MODEL_MINUS_H_
#define FOOTPRINT_DAEMON_MODEL_MINUS_H_

#include <cstdint>

namespace footprint::model {

constexpr uint64_t Minus(uint64_t end, uint64_t base) { return end > base ? end - base : 0; }

}  // namespace footprint::model

#endif  // FOOTPRINT_DAEMON_MODEL_MINUS_H_
