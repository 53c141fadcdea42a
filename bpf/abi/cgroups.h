/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What bpf/cgroups.bpf.c tells the daemon. The including file includes <linux/types.h> first. */
#ifndef FOOTPRINT_ABI_CGROUPS_H
#define FOOTPRINT_ABI_CGROUPS_H

#define FP_CGROUP_PATH 384

/* Ring buffer record: a cgroup v2 was made. */
struct fp_cgroup_made {
	__u64 id; /* as bpf_get_current_cgroup_id() tells it, and the inode number of its folder */
	__u32 length; /* bytes of the path; FP_CGROUP_PATH - 1: perhaps cut */
	__u32 pad;
	char path[FP_CGROUP_PATH]; /* from the root of the hierarchy: "/system.slice/ssh.service" */
};

#endif
