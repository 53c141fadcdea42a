// SPDX-License-Identifier: Apache-2.0
// What the kernel says that a BPF object's maps and programs occupy.
#ifndef FOOTPRINT_DAEMON_KERNEL_KERNEL_MEMORY_H_
#define FOOTPRINT_DAEMON_KERNEL_KERNEL_MEMORY_H_

#include <cstdint>

struct bpf_object;

namespace footprint::kernel {

// The same of one map or program; 0 when it cannot be read.
uint64_t MapMemoryBytes(int fd);
// Bytes: the sum of `memlock` in /proc/self/fdinfo of every map and program
// (kernel/bpf/syscall.c). What cannot be read counts as 0.
uint64_t ObjectMemoryBytes(bpf_object* object);

}  // namespace footprint::kernel

#endif  // FOOTPRINT_DAEMON_KERNEL_KERNEL_MEMORY_H_
