// SPDX-License-Identifier: Apache-2.0
// The loaded and attached kernel programs.
// Ownership: owns object, links and mappings; destruction detaches and unloads everything.
// Threads: collector thread only.   Failure: Create tells which step failed and the remedy.
#ifndef FOOTPRINT_DAEMON_KERNEL_PROBE_H_
#define FOOTPRINT_DAEMON_KERNEL_PROBE_H_

#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/kernel/source.h"

namespace footprint::kernel {

// kPlain: the full object without typed loads.
enum class ObjectChoice { kAuto, kCore, kFull, kPlain };

using OwnerTable = std::array<std::array<uint32_t, FP_OWNER_NUMBERS>, FP_OWNER_ABIS>;

struct Options {
  ObjectChoice object = ObjectChoice::kAuto;
  uint32_t measure = FP_MEASURE_ALL;  // FP_MEASURE_ bits to begin with
  uint32_t slots = 1024;              // that there may be at one time
  uint32_t spill_entries = 2048;
  uint32_t ring_bytes = 256 * 1024;  // power of two, whole pages
  uint32_t classes = 256;            // objects that can be told apart
  uint32_t commands = 512;           // (object, ioctl command) that can
  uint32_t class_commands = 256;     // commands of one object
  std::vector<std::string> disable_hooks;
  std::vector<std::string> ignore_commands;  // comm of programs that are not counted
  const OwnerTable* owners = nullptr;        // borrowed for the call
  // Numbers that name an ioctl command of any driver, ascending; FP_KNOWN_COMMANDS at most.
  std::span<const uint32_t> known_commands;  // borrowed for the call
  // Create() finds out the rest.
  bool may_read_kernel = true;
  bool rescues = false;  // programs of perf's tracepoints go first, see bpf/lib/rescue.bpf.h
  uint32_t possible = FP_MEASURE_ALL;
};

// Of Options::disable_hooks. Errors: INVALID_ARGUMENT no such hook, or the one without which
// nothing is counted.
absl::Status CheckHookNames(const std::vector<std::string>& names);

class Probe : public Source {
 public:
  // Loads the richest object that the kernel accepts and attaches its programs.
  // Errors: PERMISSION_DENIED; UNAVAILABLE when sys_enter cannot be attached, or no
  // object loads; INVALID_ARGUMENT for an unknown hook name.
  static absl::StatusOr<std::unique_ptr<Probe>> Create(const Options& options);

  // "core" | "full".
  virtual std::string object() const = 0;
  // What this kernel and object can measure: FP_MEASURE_ bits.
  virtual uint32_t possible() const = 0;
  // What is measured now.
  virtual uint32_t measured() const = 0;
  // Measures this from now on. Calls under way end as they began; no call is lost or counted
  // twice. Errors: FAILED_PRECONDITION for what is not possible; INTERNAL when sys_exit does not
  // attach.
  virtual absl::Status Measure(uint32_t what) = 0;
  // Threads that come to light in this cgroup from now on are not counted, or, not `ignored`, are
  // counted again. Errors: RESOURCE_EXHAUSTED beyond FP_IGNORED_GROUPS at a time.
  virtual absl::Status IgnoreCgroup(uint64_t id, bool ignored) = 0;
  // Once all is set up: the caller is the thread that harvests from now on. Where a program would
  // be skipped while that thread waits for a CPU, it goes ahead of ordinary threads.
  virtual void HarvestFromThisThread() = 0;
  // Why it is not the full object, or not all that was asked for; "" when it is.
  virtual std::string degraded_because() const = 0;
  // Readable when events wait; for epoll. Owned by the probe.
  virtual int event_fd() const = 0;
};

}  // namespace footprint::kernel

#endif  // FOOTPRINT_DAEMON_KERNEL_PROBE_H_
