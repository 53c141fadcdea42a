/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A thread that was moved to another cgroup, or renamed, goes by that from its next call on. */
#ifndef FOOTPRINT_LIB_FOLLOW_BPF_H
#define FOOTPRINT_LIB_FOLLOW_BPF_H

#include "bpf/lib/life.bpf.h"

/* cgroup_attach_task, in whoever moves threads, when they are there. */
static __always_inline int on_move(void)
{
	__sync_fetch_and_add(&moves, 1);
	return 0;
}

/*
 * task_rename, in whoever names the thread `task`, before the name is there: the thread looks for
 * it at its next call. An exec names its thread, too, whose old slot enters no further call.
 */
static __always_inline int on_rename(__u64 task)
{
	__u32 *index = bpf_map_lookup_elem(&threads, &task);
	struct fp_slot *slot = index ? slot_number(*index) : NULL;

	if (slot && slot->task == task)
		slot->moves = moves - 1;
	return 0;
}

/* The name of a process is its leader's, as it is. Its claim and so its counts stay what they are. */
static __noinline int follow_name(struct fp_slot *slot)
{
	struct fp_ident *ident = &slot->ident;
	__u64 name[FP_COMM_LEN / 8] = {}, *known = (__u64 *)ident->comm;

	if (ident->tid != ident->tgid)
		return 0;
	bpf_get_current_comm(name, sizeof(name));
	if (name[0] == known[0] && name[1] == known[1])
		return 0;
	known[0] = name[0];
	known[1] = name[1];
	slot->seal = fp_seal(ident);
	barrier();
	slot->renamed++;
	return 0;
}

/*
 * Some thread was moved since this one, which enters a call, was last asked, or this one was
 * renamed. If it was this one that was moved, the rest of its image counts in the new cgroup.
 * NULL: it has no slot there.
 */
static __noinline struct fp_slot *follow_move(struct fp_slot *old)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct fp_slot *slot = NULL;
	struct fp_ident *ident;
	__u32 now = moves;

	old->moves = now; /* first: what changes from here on is asked for at the next call */
	barrier();
	follow_name(old);
	if (bpf_get_current_cgroup_id() == old->ident.cgroup)
		return old;
	ident = new_ident(&slot);
	if (ident) {
		describe_now(ident, pid_tgid);
		inherit(ident, &old->ident);
		stamp_claim(ident);
	}
	if (!slot) {
		end_slot(old);
		return NULL;
	}
	open_slot(slot);
	close_slot(old); /* its task leads to the new one */
	return slot;
}

#endif
