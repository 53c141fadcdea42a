// SPDX-License-Identifier: Apache-2.0
// Work that must not run on the collector thread, and work that must run later, on threads of
// its own. gRPC's timers wait by the wall clock where gRPC is built with abseil's locks, as
// Debian's is: a step back of 15 s would make them wait 15 s more.
#ifndef FOOTPRINT_DAEMON_RPC_EXECUTOR_H_
#define FOOTPRINT_DAEMON_RPC_EXECUTOR_H_

#include <chrono>
#include <functional>

#include "absl/status/status.h"

namespace footprint::rpc {

// Before the first work. Errors: RESOURCE_EXHAUSTED no thread.
absl::Status StartExecutor();
// Runs `work` once, as soon as a thread is free; also while a server shuts down.
void RunSoon(std::function<void()> work);
// By the monotonic clock.
void RunAfter(std::chrono::milliseconds delay, std::function<void()> work);

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_EXECUTOR_H_
