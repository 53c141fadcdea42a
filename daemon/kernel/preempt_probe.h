// SPDX-License-Identifier: Apache-2.0
// Asks the kernel whether tracepoint programs can be preempted, see bpf/preempt.bpf.c.
// Ownership: none.   Threads: any.   Failure: see the function.
#ifndef FOOTPRINT_DAEMON_KERNEL_PREEMPT_PROBE_H_
#define FOOTPRINT_DAEMON_KERNEL_PREEMPT_PROBE_H_

namespace footprint::kernel {

// True where a raw tracepoint of system calls would lose runs to preemption. False also where
// it cannot be told: lost runs are counted, see HookState::missed. The kernel is asked once.
bool TracepointsArePreemptible();

}  // namespace footprint::kernel

#endif  // FOOTPRINT_DAEMON_KERNEL_PREEMPT_PROBE_H_
