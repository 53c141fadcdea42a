// SPDX-License-Identifier: Apache-2.0
// May hash maps take memory for an entry when it is made? Else they take that of all entries at
// once. Ownership: none.   Threads: any.   Failure: a kernel that cannot be asked is taken for one
// that does not.
#ifndef FOOTPRINT_DAEMON_KERNEL_HASH_PROBE_H_
#define FOOTPRINT_DAEMON_KERNEL_HASH_PROBE_H_

namespace footprint::kernel {

// Before the allocator of Linux 6.1 (kernel/bpf/memalloc.c) a program of a tracepoint could run
// inside the allocator that it then asked: perf's programs were refused such maps, all others
// warned about in the kernel's log. So perf's tell, and without a trace.
bool HashesMayAllocate();

}  // namespace footprint::kernel

#endif  // FOOTPRINT_DAEMON_KERNEL_HASH_PROBE_H_
