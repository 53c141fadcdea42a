/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finding, taking and closing a thread's slot; and its stand-in when none is free. */
#ifndef FOOTPRINT_LIB_SLOT_BPF_H
#define FOOTPRINT_LIB_SLOT_BPF_H

#include "bpf/abi/events.h"
#include "bpf/lib/table.bpf.h"

#define FRAME_SHIFT 12		 /* stacks begin on pages */
#define TASK_SHIFT 6		 /* tasks begin on cache lines */
#define PLACE_SLOT ((1u << FP_PLACE_SHIFT) - 1)
#define PLACE_TAG (~PLACE_SLOT)

static const struct fp_orphan zero_orphan = {.ident = {.slotless = 1}};

/* What the kernel tells of an exec. Names are addresses in kernel memory; 0: it does not tell. */
struct exec {
	__u64 given;		/* file name given */
	__u64 interpreted;	/* the same, unless an interpreter executes it */
	__u32 old_tid;		/* another than the thread's, where one that is no leader took its leader's place */
};

/*
 * Slots are hinted at by what tells a thread apart: where its registers are saved, which the
 * hooks of calls hand over, or the address of its task.
 */
static __always_inline __u32 hash_of(__u64 known_by)
{
	return (__u32)(known_by >> (frames ? FRAME_SHIFT : TASK_SHIFT)) * HASH_FACTOR;
}

static __always_inline struct fp_places *bucket_of(__u32 hash)
{
	__u32 home = hash >> 15 & place_mask;

	return bpf_map_lookup_elem(&places, &home);
}

static __always_inline __u32 is_hint(__u32 hint, __u32 hash)
{
	return hint && !((hint ^ hash << FP_PLACE_SHIFT) & PLACE_TAG);
}

/* The slot that is hinted at, or NULL; it need not be the right one. */
static __always_inline struct fp_slot *hinted_slot(__u32 hash)
{
	struct fp_places *bucket = bucket_of(hash);
	__u32 hint = 0;

	if (!bucket)
		return NULL;
#pragma unroll
	for (int i = 0; i < FP_PLACES; i++) {
		hint = bucket->hint[i];
		if (is_hint(hint, hash))
			goto found;
	}
	return NULL;
found:
	return slot_number((hint & PLACE_SLOT) - 1);
}

/* From here on the thread's slot is found by its hint: in place of its old one, else of none. */
static __always_inline void leave_hint(__u32 hash, __u32 id)
{
	struct fp_places *bucket = bucket_of(hash);
	__u32 *place;

	if (!bucket)
		return;
	place = &bucket->hint[hash >> 8 & (FP_PLACES - 1)];
#pragma unroll
	for (int i = FP_PLACES - 1; i >= 0; i--) {
		if (!bucket->hint[i])
			place = &bucket->hint[i];
	}
#pragma unroll
	for (int i = 0; i < FP_PLACES; i++) {
		if (is_hint(bucket->hint[i], hash))
			place = &bucket->hint[i];
	}
	*place = hash << FP_PLACE_SHIFT | (id + 1);
}

static __always_inline void forget_hint(__u32 hash)
{
	struct fp_places *bucket = bucket_of(hash);

	if (!bucket)
		return;
#pragma unroll
	for (int i = 0; i < FP_PLACES; i++) {
		if (is_hint(bucket->hint[i], hash))
			bucket->hint[i] = 0;
	}
}

static __always_inline int close_slot(struct fp_slot *slot);

/*
 * A slot of this very task, and another tid. Either the thread took its leader's place in an exec
 * that failed then, or the task is a new one where another ended unseen.
 */
static __always_inline struct fp_slot *parted(struct fp_slot *slot, __u64 pid_tgid)
{
	__u32 tid = (__u32)pid_tgid, tgid = pid_tgid >> 32;

	if (tid == tgid && slot->ident.tgid == tgid) {
		slot->tid = tid;
		return slot;
	}
	close_slot(slot);
	return NULL;
}

/* The current thread's open slot, or NULL: by its task, exactly. `id`: its index. */
static __always_inline struct fp_slot *own_slot(__u64 task, __u32 *id)
{
	__u32 *index = bpf_map_lookup_elem(&threads, &task);
	__u64 pid_tgid;
	struct fp_slot *slot;

	if (!index)
		return NULL;
	*id = *index;
	slot = slot_number(*id);
	if (!slot || slot->state != FP_SLOT_OPEN || slot->task != task)
		return NULL;
	pid_tgid = bpf_get_current_pid_tgid();
	return slot->tid == (__u32)pid_tgid ? slot : parted(slot, pid_tgid);
}

static __noinline struct fp_slot *slot_of_current(void)
{
	__u32 id = 0;

	return own_slot(bpf_get_current_task(), &id);
}

/* The same in a hook of calls. From here on a hint leads there. */
static __noinline struct fp_slot *find_slot(__u64 frame)
{
	__u64 task = bpf_get_current_task(), known_by = frames ? frame : task;
	__u32 id = 0, hash = hash_of(known_by);
	struct fp_slot *slot;

	if (!frames) {
		slot = hinted_slot(hash);
		if (slot && slot->task == task && slot->state == FP_SLOT_OPEN &&
		    slot->tid == (__u32)bpf_get_current_pid_tgid())
			return slot;
	}
	slot = own_slot(task, &id);
	if (!slot)
		return NULL;
	slot->frame = known_by;
	leave_hint(hash, id);
	return slot;
}

/*
 * Open slot of the current thread, in a hook of calls, or NULL. Its registers lie where its
 * kernel stack begins, for as long as it lives: what the tracepoint hands over anyway tells
 * threads apart without the call of a helper, which costs more than all of this.
 */
static __always_inline struct fp_slot *slot_at(__u64 frame)
{
	struct fp_slot *slot;

	if (!frames)
		return find_slot(frame);
	slot = hinted_slot(hash_of(frame));
	if (slot && slot->frame == frame && slot->state == FP_SLOT_OPEN)
		return slot;
	return find_slot(frame);
}

/* The current thread's stand-in for a slot, or NULL. */
static __always_inline struct fp_orphan *own_orphan(void)
{
	__u64 task;

	if (!orphans_total)
		return NULL;
	task = bpf_get_current_task();
	return bpf_map_lookup_elem(&orphans, &task);
}

/*
 * A free slot that now is the current thread's, not yet open; NULL when there is none. Found by
 * its task from here on.
 */
static __noinline struct fp_slot *reserve_slot(void)
{
	__u64 task = bpf_get_current_task();
	struct fp_slot *slot;
	__u32 id = 0;

	if (bpf_map_pop_elem(&free_slots, &id)) {
		ask_for_growth();
		return NULL;
	}
	slot = slot_number(id);
	if (!slot)
		return NULL;
	if (bpf_map_update_elem(&threads, &task, &id, BPF_ANY)) {
		bpf_map_push_elem(&free_slots, &id, BPF_ANY);
		return NULL;
	}
	slot->task = task;
	slot->moves = moves; /* before the cgroup is asked for: a move in between is seen later */
	__sync_fetch_and_add(&taken_total, 1);
	if (slots_left() <= headroom())
		ask_for_growth();
	return slot;
}

/* The daemon reads at its tick; wake it early only when room gets short. */
static __always_inline __u64 event_flags(void)
{
	return bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > ring_wake ? BPF_RB_FORCE_WAKEUP :
									   BPF_RB_NO_WAKEUP;
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
	/* A class of a module is named while its module is there. */
	flags = kind == FP_EVENT_PRESSURE ||
		(kind == FP_EVENT_CLASS && status >> FP_CLASS_HASH_BITS) ?
			BPF_RB_FORCE_WAKEUP : event_flags();
	bpf_ringbuf_submit(event, flags);
	return 0;
}

static __always_inline void open_slot(struct fp_slot *slot)
{
	slot->tid = slot->ident.tid;
	slot->ignored = slot->ident.ignored;
	slot->seal = fp_seal(&slot->ident);
	barrier();
	slot->state = FP_SLOT_OPEN;
}

/* A new identity for the current thread: in a slot, else among the orphans. */
static __noinline struct fp_ident *new_ident(struct fp_slot **in)
{
	struct fp_slot *slot = reserve_slot();
	__u64 task = bpf_get_current_task();
	struct fp_orphan *orphan;

	*in = slot;
	if (slot)
		return &slot->ident;
	if (bpf_map_update_elem(&orphans, &task, &zero_orphan, BPF_ANY))
		return NULL;
	__sync_fetch_and_add(&orphans_total, 1);
	orphan = bpf_map_lookup_elem(&orphans, &task);
	return orphan ? &orphan->ident : NULL;
}

/* The daemon wakes early when closed slots could soon be in the way of new threads. */
static __always_inline int close_slot(struct fp_slot *slot)
{
	barrier();
	slot->state = FP_SLOT_CLOSED;
	__sync_fetch_and_add(&closed_total, 1);
	if (closed_total - closed_freed < closed_wake || pressure_sent)
		return 0;
	pressure_sent = 1;
	return send_event(FP_EVENT_PRESSURE, 0, NULL);
}

/* The thread's last slot: nobody looks for it any more. */
static __always_inline void end_slot(struct fp_slot *slot)
{
	__u64 task = slot->task;

	bpf_map_delete_elem(&threads, &task);
	if (slot->frame)
		forget_hint(hash_of(slot->frame));
	close_slot(slot);
}

#endif
