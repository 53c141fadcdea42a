// SPDX-License-Identifier: Apache-2.0
// Attaches programs, those of perf's tracepoints also where tracefs is closed to the daemon.
// Ownership: none.   Threads: any.   Failure: see the function.
#ifndef FOOTPRINT_DAEMON_KERNEL_PERF_TRACEPOINT_H_
#define FOOTPRINT_DAEMON_KERNEL_PERF_TRACEPOINT_H_

#include <string>

#include "absl/status/status.h"

struct bpf_link;
struct bpf_program;

namespace footprint::kernel {

// As bpf_program__attach(). The number of perf's tracepoint, for a section "tp/SUBSYSTEM/NAME",
// comes from tracefs, else from kernel memory (bpf/tracepoints.bpf.c), where it is looked for once,
// all symbols over, in some tens of milliseconds. The link is the caller's; null with errno, which
// is ENXIO where neither tells the number.
bpf_link* AttachProgram(bpf_program* program);

// For who asks why programs that may be preempted stand alone: `why` is what failed.
std::string WithoutPerf(const absl::Status& why);

}  // namespace footprint::kernel

#endif  // FOOTPRINT_DAEMON_KERNEL_PERF_TRACEPOINT_H_
