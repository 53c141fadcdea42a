// SPDX-License-Identifier: Apache-2.0
// Time, as an interface so that tests move it by hand.
#ifndef FOOTPRINT_DAEMON_BASE_CLOCK_H_
#define FOOTPRINT_DAEMON_BASE_CLOCK_H_

#include <cstdint>

namespace footprint::base {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t RealtimeNs() const = 0;   // CLOCK_REALTIME
  virtual uint64_t BoottimeNs() const = 0;  // CLOCK_BOOTTIME as the kernel side reads it
  virtual uint64_t OwnCpuNs() const = 0;    // CLOCK_PROCESS_CPUTIME_ID
};

// clock_gettime(2).
class SystemClock : public Clock {
 public:
  int64_t RealtimeNs() const override;
  uint64_t BoottimeNs() const override;
  uint64_t OwnCpuNs() const override;
};

}  // namespace footprint::base

#endif  // FOOTPRINT_DAEMON_BASE_CLOCK_H_
