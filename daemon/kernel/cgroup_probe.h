// SPDX-License-Identifier: Apache-2.0
// Cgroups that are made, with their names, as the kernel tells it: see bpf/cgroups.bpf.c.
// Ownership: owns the loaded object.   Threads: collector thread only.
// Failure: without it names come from /proc and the cgroup file system alone.
#ifndef FOOTPRINT_DAEMON_KERNEL_CGROUP_PROBE_H_
#define FOOTPRINT_DAEMON_KERNEL_CGROUP_PROBE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace footprint::kernel {

class CgroupProbe {
 public:
  // Errors: UNAVAILABLE without kernel BTF, or where the kernel does not permit it.
  static absl::StatusOr<std::unique_ptr<CgroupProbe>> Create();
  virtual ~CgroupProbe() = default;

  // Readable when there is much to drain.
  virtual int event_fd() const = 0;
  // Hands over id and path of each v2 cgroup that was made since the last call.
  virtual void Drain(const std::function<void(uint64_t, std::string)>& sink) = 0;
  virtual uint64_t MemoryBytes() const = 0;
};

}  // namespace footprint::kernel

#endif  // FOOTPRINT_DAEMON_KERNEL_CGROUP_PROBE_H_
