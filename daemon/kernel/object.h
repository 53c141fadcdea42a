// SPDX-License-Identifier: Apache-2.0
// One of the two BPF objects, opened, loaded and attached, behind one face.
// Ownership: owns its skeleton.   Threads: collector thread only.
#ifndef FOOTPRINT_DAEMON_KERNEL_OBJECT_H_
#define FOOTPRINT_DAEMON_KERNEL_OBJECT_H_

#include <bpf/libbpf.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bpf/abi/footprint.h"
#include "daemon/kernel/probe.h"
#include "daemon/kernel/slot_room.h"

namespace footprint::kernel {

// Globals of the object's .bss, shared with the kernel.
struct Globals {
  volatile uint32_t* armed;
  volatile uint32_t* measured;
  volatile uint32_t* exits;
  volatile uint32_t* frames;
  volatile uint32_t* groups_ignored;
  volatile uint64_t* rescued;  // by enum fp_rescued
  volatile uint64_t* losses;
  volatile uint32_t* pressure_sent;
  volatile uint64_t* notes_lost;
  volatile uint64_t* orphans_total;
  uint32_t* spill_shares;
  uint32_t* spill_apart;
  volatile uint64_t* spilled_total;
  volatile uint64_t* classes_total;
  volatile uint32_t* modules_epoch;
};

struct Hook {
  const char* tracepoint;
  const char* program;
  fp_rescued rescued;
  const char* cost;  // what is lost without it
};
inline constexpr char kSysExit[] = "sys_exit";
// In the order of attachment: whoever sees a call enter must see it leave.
inline constexpr Hook kHooks[] = {
    {"module_free", "module_free", FP_RESCUED_FREE,
     "a driver that takes the place of an unloaded one may be shown under that one's name"},
    {"cgroup_attach_task", "cgroup_move", FP_RESCUED_MOVE,
     "a process that is moved to another cgroup counts in the old unit until its next exec"},
    {"task_rename", "task_rename", FP_RESCUED_RENAME,
     "a process that names itself is shown with the name of its first call"},
    {"sched_process_exit", "process_exit", FP_RESCUED_END,
     "ends of threads are found by looking for them in /proc, later"},
    {"sched_process_exec", "process_exec", FP_RESCUED_EXEC,
     "a process keeps the name that it had before exec"},
    {"sched_process_fork", "process_fork", FP_RESCUED_FORK,
     "parents are unknown, and descendants cannot be followed"},
    {kSysExit, "sys_exit", FP_RESCUED_EXIT, "no errors, no latency: tier calls"},
    {"sys_enter", "sys_enter", FP_RESCUED_ENTER, "no counts at all"},
};

const Hook& HookNamed(const std::string& tracepoint);

// From the richest down. Both full ones know the same; typed loads (Linux 6.2) cost less.
enum class ObjectKind { kFullTyped, kFull, kCore };

class Object {
 public:
  virtual ~Object() = default;
  // Four checked steps: open, configure, load, attach. A hook that is disabled or does
  // not attach is reported in `hooks`; only a missing sys_enter is an error. A hook that this
  // object or a kernel without modules has no use for is not among them; nor is sys_exit
  // attached where only calls are measured.
  static absl::StatusOr<std::unique_ptr<Object>> Load(ObjectKind kind, const Options& options,
                                                      std::vector<HookState>& hooks);
  virtual bpf_object* object() = 0;
  // The program of a hook. Never null for a hook that Load() reported.
  virtual bpf_program* Program(const std::string& tracepoint) = 0;
  // The one of perf's tracepoint, which goes first where programs are preempted; null: there is
  // none.
  virtual bpf_program* PerfProgram(const std::string& tracepoint) = 0;
  // Attaches or detaches the hook while the others go on.
  virtual absl::Status Attach(HookState& hook) = 0;
  virtual void Detach(HookState& hook) = 0;
  virtual Globals globals() = 0;
  // Where the slots are. After Load() alone.
  virtual SlotRoom& room() = 0;
};

}  // namespace footprint::kernel

#endif  // FOOTPRINT_DAEMON_KERNEL_OBJECT_H_
