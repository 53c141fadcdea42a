// SPDX-License-Identifier: Apache-2.0
// How many events a hook has lost, where the kernel may skip runs of its programs.
#ifndef FOOTPRINT_DAEMON_KERNEL_LOST_RUNS_H_
#define FOOTPRINT_DAEMON_KERNEL_LOST_RUNS_H_

#include <cstdint>

struct bpf_program;

namespace footprint::kernel {

// Runs that the kernel skipped since the program was loaded; 0 where it does not tell (up to
// 5.11). bpf_prog_info.recursion_misses
uint64_t SkippedRuns(bpf_program* program);

// Events that both programs of a hook were skipped for, at most; never less than `seen`, which an
// earlier call answered. `first` is perf's, whose skipped runs `second` makes up for and then adds
// to `made_up_for`; null: there is none. Waits for threads that are between the two, some
// milliseconds at most: those that are still there count as lost.
uint64_t LostRuns(bpf_program* first, bpf_program* second, const volatile uint64_t& made_up_for,
                  uint64_t seen);

}  // namespace footprint::kernel

#endif  // FOOTPRINT_DAEMON_KERNEL_LOST_RUNS_H_
