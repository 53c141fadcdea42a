// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/executor.h"

#include <grpc/support/time.h>
#include <grpcpp/alarm.h>

#include <memory>
#include <utility>

namespace footprint::rpc {

void RunAfter(std::chrono::milliseconds delay, std::function<void()> work) {
  // The alarm keeps itself alive until it has fired.
  auto alarm = std::make_shared<grpc::Alarm>();
  grpc::Alarm& armed = *alarm;
  // Monotonic: a step of the wall clock must not stall a stream.
  const gpr_timespec when =
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(delay.count(), GPR_TIMESPAN));
  armed.Set(when, [alarm = std::move(alarm), work = std::move(work)](bool) mutable {
    work();
    alarm.reset();
  });
}

void RunSoon(std::function<void()> work) {
  RunAfter(std::chrono::milliseconds(0), std::move(work));
}

}  // namespace footprint::rpc
