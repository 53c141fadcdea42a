// SPDX-License-Identifier: Apache-2.0
// How many events a hook has lost, where the kernel may skip runs of its programs.
#ifndef FOOTPRINT_DAEMON_KERNEL_LOST_RUNS_H_
#define FOOTPRINT_DAEMON_KERNEL_LOST_RUNS_H_

#include <cstdint>

struct bpf_program;

namespace footprint::kernel {

// Runs of `first` that were lost for good, at most. `second` makes up for runs that the kernel
// skipped and adds to `made_up_for`; both null: there is none. An event is lost where both programs
// were skipped, so never more than either count says: that of the first still has the threads that
// are between the two programs at this moment, that of the second may be of events that the first
// had taken. A kernel that does not tell counts as none. bpf_prog_info.recursion_misses, Linux 5.12
uint64_t LostRuns(bpf_program* first, bpf_program* second, const volatile uint64_t* made_up_for);

}  // namespace footprint::kernel

#endif  // FOOTPRINT_DAEMON_KERNEL_LOST_RUNS_H_
