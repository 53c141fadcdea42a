// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/clock.h"

#include <ctime>

#include "daemon/base/namespaces.h"

namespace footprint::base {
namespace {

int64_t Read(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

int64_t SystemClock::RealtimeNs() const { return Read(CLOCK_REALTIME); }
// In a time namespace the clock is set off against the one that the kernel side reads.
uint64_t SystemClock::BoottimeNs() const {
  return Read(CLOCK_BOOTTIME) - OwnNamespaces().boottime_offset_ns;
}
uint64_t SystemClock::OwnCpuNs() const { return Read(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace footprint::base
