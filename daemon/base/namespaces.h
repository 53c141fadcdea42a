// SPDX-License-Identifier: Apache-2.0
// Which namespaces this process is in: what its own numbers, times and paths mean to others.
// Ownership: values.   Threads: any.   Failure: what cannot be read is 0 or empty.
#ifndef FOOTPRINT_DAEMON_BASE_NAMESPACES_H_
#define FOOTPRINT_DAEMON_BASE_NAMESPACES_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace footprint::base {

struct Namespaces {
  std::string boot_id;
  uint64_t pid = 0, cgroup = 0;  // inode numbers of /proc/self/ns/*
  // CLOCK_BOOTTIME of this process less that of the kernel, ns: time_namespaces(7).
  int64_t boottime_offset_ns = 0;
};

// Of this process. Read once: a process stays where it was at its first thread.
const Namespaces& OwnNamespaces();

// The inode numbers of the first namespaces are fixed: include/linux/proc_ns.h.
inline constexpr uint64_t kFirstCgroupNamespace = 0xeffffffb;
inline constexpr uint64_t kFirstPidNamespace = 0xeffffffc;

// Whether processes can be known by the numbers that the kernel side sees. Errors: UNAVAILABLE,
// with the remedy.
absl::Status CheckPidNamespace(const Namespaces& own);
// Why units cannot be told, one line; "" where they can.
std::string CgroupsHiddenBecause(const Namespaces& own);
// Boottime of the `offsets` of /proc/PID/timens_offsets, ns.
int64_t BoottimeOffset(const std::string& offsets);

}  // namespace footprint::base

#endif  // FOOTPRINT_DAEMON_BASE_NAMESPACES_H_
