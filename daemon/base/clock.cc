// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/clock.h"

#include <ctime>

namespace footprint::base {
namespace {

int64_t Read(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

int64_t SystemClock::RealtimeNs() const { return Read(CLOCK_REALTIME); }
uint64_t SystemClock::BoottimeNs() const { return Read(CLOCK_BOOTTIME); }
uint64_t SystemClock::OwnCpuNs() const { return Read(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace footprint::base
