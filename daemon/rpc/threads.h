// SPDX-License-Identifier: Apache-2.0
// Whether threads can be started: gRPC 1.51 aborts when one of its server's first ones cannot.
// Ownership: none.   Threads: any.   Failure: RESOURCE_EXHAUSTED.
#ifndef FOOTPRINT_DAEMON_RPC_THREADS_H_
#define FOOTPRINT_DAEMON_RPC_THREADS_H_

#include "absl/status/status.h"

namespace footprint::rpc {

// What to say when a thread was refused with this errno.
absl::Status NoThread(int error);
// Starts so many at once, and ends them.
absl::Status TryThreads(int count);

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_THREADS_H_
