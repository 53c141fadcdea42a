// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * An independent witness: counts every entered call of the system, and those
 * of one cgroup. It shares no code with the product's objects.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* cgroup v2 id to count apart. Default 0: none. */
const volatile __u64 only_cgroup = 0;

/* 0: all calls, 1: those of only_cgroup. Ended by: the object's end. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

static __always_inline void add(__u32 index)
{
	__u64 *count = bpf_map_lookup_elem(&counts, &index);

	/* Atomic: kernels differ in whether this hook may be preempted. */
	if (count)
		__sync_fetch_and_add(count, 1);
}

SEC("raw_tp/sys_enter")
int witness(void *ctx)
{
	add(0);
	if (only_cgroup && bpf_get_current_cgroup_id() == only_cgroup)
		add(1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
