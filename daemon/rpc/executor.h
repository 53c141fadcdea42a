// SPDX-License-Identifier: Apache-2.0
// Work that must not run on the collector thread, and work that must run later, on
// gRPC's own callback threads.
#ifndef FOOTPRINT_DAEMON_RPC_EXECUTOR_H_
#define FOOTPRINT_DAEMON_RPC_EXECUTOR_H_

#include <chrono>
#include <functional>

namespace footprint::rpc {

// Runs `work` once, as soon as a callback thread is free; also while a server shuts down.
void RunSoon(std::function<void()> work);
void RunAfter(std::chrono::milliseconds delay, std::function<void()> work);

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_EXECUTOR_H_
