// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/origin.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <fstream>

namespace footprint::app {

model::Origin DescribeMachine(const base::Clock& clock) {
  model::Origin origin;
  utsname u{};
  if (uname(&u) == 0) {
    origin.kernel_release = u.release;
    origin.kernel_version = u.version;
    origin.machine = u.machine;
    origin.hostname = u.nodename;
  }
  std::ifstream("/proc/sys/kernel/random/boot_id") >> origin.boot_id;
  origin.footprint_version = FOOTPRINT_VERSION;
  origin.page_size = sysconf(_SC_PAGESIZE);
  origin.attached_realtime_ns = clock.RealtimeNs();
  origin.attached_boottime_ns = clock.BoottimeNs();
  return origin;
}

uint32_t DefaultSlots(uint64_t memory_bytes, uint32_t processors) {
  const uint32_t wanted = std::clamp(std::bit_ceil(processors) * 512, 1024u, 4096u);
  // A 1 GiB board reports a little less than 1 GiB: round to the nearest power of two.
  uint32_t slots = 512;
  while (slots < wanted && memory_bytes >= uint64_t{slots} * 3 / 2 * (1 << 20)) slots *= 2;
  return slots;
}

uint32_t DefaultClasses(uint64_t memory_bytes) {
  return memory_bytes < uint64_t{2} << 30 ? 256 : 1024;
}

uint64_t MemoryBytes() {
  return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
}

}  // namespace footprint::app
