/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finding, taking and closing a thread's slot; and its stand-in when none is free. */
#ifndef FOOTPRINT_LIB_SLOT_BPF_H
#define FOOTPRINT_LIB_SLOT_BPF_H

#include "bpf/lib/table.bpf.h"

#define FRAME_SHIFT 12		 /* stacks begin on pages */
#define HASH_FACTOR 0x9e3779b1u /* 2^32 over the golden ratio: neighbours go far apart */

static const struct fp_orphan zero_orphan;

/*
 * The places of a thread lie an eighth of the table apart: a storm of forks hands
 * out neighbouring tids that want two places each (before and after exec), and
 * must not crowd each other out.
 */
static __always_inline __u32 place(__u32 tid, __u32 i)
{
	return (tid + i * (slot_mask / FP_SLOT_PROBES + 1)) & slot_mask;
}

/* Open slot of a thread, or NULL. */
static __always_inline struct fp_slot *indexed_slot_of(__u32 tid, __u32 *index)
{
	for (__u32 i = 0; i < FP_SLOT_PROBES; i++) {
		struct fp_slot *slot;

		*index = place(tid, i);
		slot = bpf_map_lookup_elem(&slots, index);
		if (slot && slot->tid == tid && slot->state == FP_SLOT_OPEN)
			return slot;
	}
	return NULL;
}

static __always_inline struct fp_slot *slot_of(__u32 tid)
{
	__u32 index;

	return indexed_slot_of(tid, &index);
}

/* The current thread's open slot, or NULL. From here on its frame leads there. */
static __noinline struct fp_slot *find_slot(__u64 frame, __u32 home)
{
	__u32 index, *hint;
	struct fp_slot *slot = indexed_slot_of((__u32)bpf_get_current_pid_tgid(), &index);

	if (!slot || !frames)
		return slot;
	slot->task = bpf_get_current_task();
	slot->frame = frame;
	hint = bpf_map_lookup_elem(&places, &home);
	if (hint)
		*hint = index;
	return slot;
}

/*
 * Open slot of the current thread, in a hook of calls, or NULL. Its registers lie where its
 * kernel stack begins, for as long as it lives: what the tracepoint hands over anyway tells
 * threads apart without the call of a helper, which costs more than all of this.
 */
static __always_inline struct fp_slot *slot_at(__u64 frame)
{
	__u32 home = ((__u32)(frame >> FRAME_SHIFT) * HASH_FACTOR) >> 15 & place_mask;
	__u32 *index = bpf_map_lookup_elem(&places, &home);
	struct fp_slot *slot;

	if (!index)
		return NULL;
	slot = bpf_map_lookup_elem(&slots, index);
	if (slot && slot->frame == frame && slot->state == FP_SLOT_OPEN)
		return slot;
	return find_slot(frame, home);
}

static __always_inline struct fp_orphan *orphan_of(__u32 tid)
{
	if (!orphans_total)
		return NULL;
	return bpf_map_lookup_elem(&orphans, &tid);
}

/*
 * A free slot that now is the thread's, not yet open; NULL when its places are taken.
 * Unrolled: clang turns this loop so that its end falls through into its beginning, and
 * verifiers up to 6.1 allow a way back by a jump alone ("back-edge from insn").
 */
static __noinline struct fp_slot *reserve_slot(__u32 tid)
{
#pragma unroll
	for (__u32 i = 0; i < FP_SLOT_PROBES; i++) {
		__u32 index = place(tid, i);
		struct fp_slot *slot = bpf_map_lookup_elem(&slots, &index);

		if (!slot || slot->state != FP_SLOT_FREE)
			continue;
		if (!bpf_map_update_elem(&claims, &index, &tid, BPF_NOEXIST))
			return slot;
	}
	return NULL;
}

static __noinline int send_event(__u32 kind, __u32 status, const struct fp_ident *ident)
{
	struct fp_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	__u64 flags;

	if (!event) {
		count_loss(FP_LOSS_EVENTS_DROPPED);
		return 0;
	}
	event->kind = kind;
	event->status = status;
	event->when = bpf_ktime_get_boot_ns();
	if (ident)
		event->ident = *ident;
	else
		__builtin_memset(&event->ident, 0, sizeof(event->ident));
	if (kind == FP_EVENT_CLASS) {
		__u64 pid_tgid = bpf_get_current_pid_tgid();

		event->ident.tid = (__u32)pid_tgid;
		event->ident.tgid = pid_tgid >> 32;
		bpf_get_current_comm(event->ident.comm, sizeof(event->ident.comm));
	}
	/*
	 * The daemon reads at its tick; wake it early only when room gets short, and for a class
	 * of a module, which is named while its module is there.
	 */
	flags = kind == FP_EVENT_PRESSURE ||
		(kind == FP_EVENT_CLASS && status >> FP_CLASS_HASH_BITS) ||
		bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > ring_wake ?
			BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
	bpf_ringbuf_submit(event, flags);
	return 0;
}

static __always_inline void open_slot(struct fp_slot *slot)
{
	slot->tid = slot->ident.tid;
	slot->ignored = slot->ident.ignored;
	barrier();
	slot->state = FP_SLOT_OPEN;
}

/* A new identity for a thread without a slot: in a slot, else among the orphans. */
static __noinline struct fp_ident *new_ident(__u32 tid, struct fp_slot **in)
{
	struct fp_slot *slot = reserve_slot(tid);
	struct fp_orphan *orphan;

	*in = slot;
	if (slot)
		return &slot->ident;
	if (bpf_map_update_elem(&orphans, &tid, &zero_orphan, BPF_ANY))
		return NULL;
	__sync_fetch_and_add(&orphans_total, 1);
	orphan = bpf_map_lookup_elem(&orphans, &tid);
	return orphan ? &orphan->ident : NULL;
}
/* The daemon wakes early when closed slots could soon be in the way of new threads. */
static __always_inline void close_slot(struct fp_slot *slot)
{
	barrier();
	slot->state = FP_SLOT_CLOSED;
	__sync_fetch_and_add(&closed_total, 1);
	if (closed_total - freed_total < closed_wake || pressure_sent)
		return;
	pressure_sent = 1;
	send_event(FP_EVENT_PRESSURE, 0, NULL);
}

#endif
