// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/origin.h"

#include <linux/types.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "bpf/abi/footprint.h"

namespace footprint::app {
namespace {

constexpr uint64_t kLeastSlotBudget = uint64_t{8} << 20;
constexpr uint32_t kLeastSlots = 256;
// What finds the slots (24 bytes for each that there may be) is made at once.
constexpr uint32_t kMostDefaultSlots = 65536;

}  // namespace

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

uint64_t SlotBudget(uint64_t memory_bytes, uint64_t limit_bytes) {
  return std::min(std::max(memory_bytes / 100, kLeastSlotBudget), limit_bytes / 2);
}

uint32_t SlotsWithin(uint64_t bytes) {
  const uint64_t blocks = bytes / (sizeof(fp_slot) * FP_BLOCK_SLOTS);
  return std::clamp<uint64_t>(blocks * FP_BLOCK_SLOTS, kLeastSlots, kMostDefaultSlots);
}

uint64_t MemoryLimit(const std::string& root) {
  uint64_t limit = kNoLimit;
  std::string group;
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (line.starts_with("0::")) group = line.substr(3);
  }
  // The limit of a group holds for all below it. cgroups(7)
  while (!group.empty()) {
    for (const char* file : {"/memory.max", "/memory.high"}) {
      uint64_t bytes = 0;
      if (std::ifstream(root + "/sys/fs/cgroup" + group + file) >> bytes) {
        limit = std::min(limit, bytes);
      }
    }
    group.resize(group.find_last_of('/') == std::string::npos ? 0 : group.find_last_of('/'));
  }
  return limit;
}

uint32_t DefaultClasses(uint64_t memory_bytes) {
  return memory_bytes < uint64_t{2} << 30 ? 512 : 1024;
}

uint64_t MemoryBytes() {
  return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
}

}  // namespace footprint::app
