// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Names of cgroups, told by the kernel when they are made: so a process can be named by its cgroup
 * after both are gone, and no folder is searched for an id. Costs nothing where none is made.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "bpf/abi/cgroups.h"

#define WAKE_BYTES (32 * 1024) /* of 128 KiB: wake the daemon beyond it */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node {
	__u64 id;
};

struct cgroup_root {
	int hierarchy_id;
};

struct cgroup {
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

#pragma clang attribute pop

/* Records that the ring had no room for. Written by kernel programs. */
__u64 dropped = 0;

/* Ended by: the daemon reads. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 128 * 1024);
} made SEC(".maps");

/* trace_cgroup_mkdir(cgrp, path), kernel/cgroup/cgroup.c */
SEC("raw_tp/cgroup_mkdir")
int cgroup_mkdir(struct bpf_raw_tracepoint_args *ctx)
{
	struct cgroup *cgroup = (struct cgroup *)ctx->args[0];
	struct fp_cgroup_made *record;
	long length;

	/* cgroup v2; the others are v1. kernel/cgroup/cgroup.c, cgroup_init */
	if (BPF_CORE_READ(cgroup, root, hierarchy_id) != 0)
		return 0;
	record = bpf_ringbuf_reserve(&made, sizeof(*record), 0);
	if (!record) {
		__sync_fetch_and_add(&dropped, 1);
		return 0;
	}
	record->id = BPF_CORE_READ(cgroup, kn, id);
	length = bpf_probe_read_kernel_str(record->path, sizeof(record->path),
					   (const void *)ctx->args[1]);
	record->length = length > 0 ? length - 1 : 0;
	record->pad = 0;
	bpf_ringbuf_submit(record, bpf_ringbuf_query(&made, BPF_RB_AVAIL_DATA) > WAKE_BYTES
				       ? BPF_RB_FORCE_WAKEUP
				       : BPF_RB_NO_WAKEUP);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
