// SPDX-License-Identifier: Apache-2.0
// Keeps a footprint within what one reply may have: rows of the fewest calls become one row, and
// a note says of which list and how many. Sums stay what they are.
// Ownership: values.   Threads: any.   Failure: none.
#ifndef FOOTPRINT_DAEMON_RPC_FIT_H_
#define FOOTPRINT_DAEMON_RPC_FIT_H_

#include <cstddef>

#include "footprint/v1/footprint.pb.h"

namespace footprint::rpc {

// Of the whole message `footprint`, with processes; the reply around it has a few bytes more.
inline constexpr size_t kMaxFootprintBytes = (4 << 20) - (64 << 10);
// Of it without processes, which have what is left.
inline constexpr size_t kMaxTableBytes = 5 << 19;

// What is sorted by calls, most first, before `processes` is filled.
void FitTables(size_t most, v1::Footprint& out);

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_FIT_H_
