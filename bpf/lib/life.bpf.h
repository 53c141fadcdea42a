/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a thread gets its identity and loses it: fork, claim, exec, exit.
 *
 * The including object defines, before this header:
 *   void describe_task(struct fp_ident *)             what needs kernel types, if it knows any
 *   void note_exec_done(ident, const struct exec *)  tells the daemon what the image is that an
 *                                                     exec has begun in the current thread
 *   void note_unseen(ident)                           the same of one that nobody saw begin
 *   void find_parent(birth, u64 child, ident)         the parent by the kernel, where that is not
 *                                                     the forking process; ident may be NULL
 *   u32 process_ends(void)                            is the ending task its process's last? Without
 *                                                     kernel types: its leader?
 *   u32 task_status(void)                             wait status of the ending process, or 0
 */
#ifndef FOOTPRINT_LIB_LIFE_BPF_H
#define FOOTPRINT_LIB_LIFE_BPF_H

#include "bpf/lib/slot.bpf.h"

#define KTHREADD 2 /* init/main.c: the second process, parent of all kernel threads */

static const struct fp_birth zero_birth;

/* Does the configuration leave the current thread out? Asked when it gets its identity. */
static __always_inline __u32 is_ignored(struct fp_ident *ident)
{
	if (ignores_comms && bpf_map_lookup_elem(&ignored_comms, ident->comm))
		return 1;
	return groups_ignored && bpf_map_lookup_elem(&ignored_groups, &ident->cgroup);
}

/* Who the current thread is now: what changes at exec and what helpers tell. */
static __always_inline void describe_now(struct fp_ident *ident, __u64 pid_tgid)
{
	ident->tid = (__u32)pid_tgid;
	ident->tgid = pid_tgid >> 32;
	ident->cgroup = bpf_get_current_cgroup_id();
	ident->uid = (__u32)bpf_get_current_uid_gid();
	bpf_get_current_comm(ident->comm, sizeof(ident->comm));
	ident->ignored = is_ignored(ident);
	describe_task(ident);
}

/*
 * All is known. Last, because the harvest may look at an orphan at any time, and leaves one
 * without a claim alone: half an image must not be named.
 */
static __always_inline void stamp_claim(struct fp_ident *ident)
{
	barrier();
	ident->claim = bpf_ktime_get_boot_ns();
}

/* What was noted of the current thread when it was forked, or NULL. */
static __always_inline struct fp_birth *own_birth(void)
{
	__u64 key = bpf_get_current_task();
	struct fp_birth *birth = bpf_map_lookup_elem(&births, &key);

	if (birth || !rescues)
		return birth;
	key = (__u32)bpf_get_current_pid_tgid();
	return bpf_map_lookup_elem(&births, &key);
}

static __always_inline void forget_own_birth(void)
{
	__u64 key = bpf_get_current_task();

	bpf_map_delete_elem(&births, &key);
	if (!rescues)
		return;
	key = (__u32)bpf_get_current_pid_tgid();
	bpf_map_delete_elem(&births, &key);
}

/* Takes over what the parent noted at fork. A thread shares its creator's life. */
static __always_inline void take_birth(struct fp_ident *ident)
{
	struct fp_birth *birth = own_birth();

	if (!birth)
		return;
	if (ident->tid != ident->tgid && birth->parent_tgid == ident->tgid) {
		ident->life = birth->parent_life;
		/* Of a creator that was not known yet: older than the attach. */
		if (birth->parent_image != FP_IMAGE_UNKNOWN)
			ident->image = birth->parent_image;
		if (birth->grandparent_tgid)
			ident->parent_tgid = birth->grandparent_tgid;
		ident->parent_life = birth->grandparent_life;
		ident->parent_image = birth->grandparent_image;
	} else {
		ident->life = birth->when;
		ident->parent_tgid = birth->parent_tgid;
		ident->parent_life = birth->parent_life;
		ident->parent_image = birth->parent_image;
	}
	forget_own_birth();
}

/* First sight of the current thread. NULL: its calls go unattributed. */
static __noinline struct fp_ident *claim(__u64 pid_tgid, struct fp_slot **in)
{
	struct fp_ident *ident = new_ident(in);
	struct fp_slot *slot = *in;

	if (!ident)
		return NULL;
	describe_now(ident, pid_tgid);
	take_birth(ident);
	stamp_claim(ident);
	if ((!ident->life && !ident->image) || ident->parent_image == FP_IMAGE_UNKNOWN)
		note_unseen(ident);
	if (slot)
		open_slot(slot);
	if (ident->life && ident->tid == ident->tgid)
		send_event(FP_EVENT_FORK, 0, ident);
	return ident;
}

static __always_inline void saw(struct fp_flight *flight, __u32 event)
{
	if (rescues)
		flight->seen = event;
}

/* The same for a thread that has nothing to mark it in. Another one may take its place. */
static __always_inline void saw_without_room(__u32 tid, __u32 event)
{
	if (rescues)
		roomless[tid % FP_ROOMLESS] = (__u64)tid << 32 | event;
}

/* sched_process_fork, in the parent: the child has not run yet. child: see `births`. */
static __always_inline int on_fork(__u64 child)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct fp_slot *slot = slot_of_current();
	struct fp_orphan *orphan;
	struct fp_birth *birth;
	struct fp_ident *ident = NULL;

	/* Its children make no calls, and would keep their notes for as long as they live. */
	if (pid_tgid >> 32 == KTHREADD)
		return 0;
	if (slot) {
		ident = &slot->ident;
		saw(&slot->flight, FP_SEEN_FORK);
	} else {
		orphan = own_orphan();
		if (orphan) {
			ident = &orphan->ident;
			saw(&orphan->flight, FP_SEEN_FORK);
		}
	}
	if (bpf_map_update_elem(&births, &child, &zero_birth, BPF_ANY)) {
		count_loss(FP_LOSS_ORIGIN_UNKNOWN);
		return 0;
	}
	birth = bpf_map_lookup_elem(&births, &child);
	if (!birth)
		return 0;
	birth->when = bpf_ktime_get_boot_ns();
	birth->parent_tgid = pid_tgid >> 32;
	if (!ident) {
		birth->parent_image = FP_IMAGE_UNKNOWN;
		find_parent(birth, child, ident);
		return 0;
	}
	birth->parent_life = ident->life;
	birth->parent_image = ident->image;
	birth->grandparent_tgid = ident->parent_tgid;
	birth->grandparent_life = ident->parent_life;
	birth->grandparent_image = ident->parent_image;
	find_parent(birth, child, ident);
	return 0;
}

static __always_inline void inherit(struct fp_ident *ident, const struct fp_ident *old)
{
	ident->life = old->life;
	ident->parent_life = old->parent_life;
	ident->parent_tgid = old->parent_tgid;
	ident->parent_image = old->parent_image;
	ident->image = old->image;
}

/*
 * The execve that is under way belongs to the image that it starts. Without an
 * old identity its entry was not seen, and its exit must not count as denied.
 */
static __always_inline void move_flight(struct fp_flight *to, struct fp_slot *slot,
					const struct fp_ident *ident, struct fp_flight *from)
{
	__u64 key;

	if (!from || from->deferred != FP_DEFERRED_EXEC || ident->ignored) {
		to->deferred = FP_DEFERRED_UNSEEN;
		if (from)
			from->key = 0;
		return;
	}
	key = from->key;
	from->key = 0; /* first: it may be the same one */
	from->deferred = FP_DEFERRED_NONE;
	to->enter_ns = from->enter_ns;
	to->owner = from->owner;
	to->exits = from->exits;
	to->deferred = FP_DEFERRED_NONE;
	if (slot) {
		to->cell = count_call(slot, key);
	} else {
		to->cell = spill_call(ident, key);
	}
	to->key = key;
	if (slot)
		slot->changes++;
}

/* An orphan starts a new image, in place. */
static __always_inline int exec_orphan(struct fp_orphan *orphan, const struct exec *exec)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct fp_ident *me = &orphan->ident;

	me->claim = 0;
	barrier();
	me->image++;
	describe_now(me, pid_tgid);
	stamp_claim(me);
	note_exec_done(me, exec);
	move_flight(&orphan->flight, NULL, me, &orphan->flight);
	saw(&orphan->flight, FP_SEEN_EXEC);
	send_event(FP_EVENT_EXEC, 0, me);
	return 0;
}

/* sched_process_exec, in the new image. */
static __always_inline int on_exec(const struct exec *exec)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct fp_slot *old = slot_of_current(), *slot = NULL;
	struct fp_orphan *orphan = old ? NULL : own_orphan(), *stand_in;
	struct fp_flight *flight;
	struct fp_ident *ident;

	if (orphan)
		return exec_orphan(orphan, exec);
	ident = new_ident(&slot);
	if (!ident) {
		saw_without_room((__u32)pid_tgid, FP_SEEN_EXEC);
		if (old) {
			if (old->flight.deferred == FP_DEFERRED_EXEC)
				count_loss(FP_LOSS_CALLS_UNATTRIBUTED);
			old->flight.key = 0;
			end_slot(old);
		}
		return 0;
	}
	describe_now(ident, pid_tgid);
	if (old)
		inherit(ident, &old->ident);
	else
		take_birth(ident);
	ident->image++;
	stamp_claim(ident);
	note_exec_done(ident, exec);
	if (slot) {
		flight = &slot->flight;
	} else {
		stand_in = own_orphan();
		if (!stand_in)
			return 0;
		flight = &stand_in->flight;
	}
	move_flight(flight, slot, ident, old ? &old->flight : NULL);
	saw(flight, FP_SEEN_EXEC);
	if (slot)
		open_slot(slot);
	send_event(FP_EVENT_EXEC, 0, ident);
	if (!old)
		return 0;
	if (slot)
		close_slot(old); /* its task and its hint lead to the new one */
	else
		end_slot(old);
	return 0;
}

/* Was sys_exit attached all the while since the call entered? */
static __always_inline __u32 leaves_seen(const struct fp_flight *flight)
{
	return flight->exits && flight->exits == exits;
}

/* The thread dies in the call of `flight`, if it is in one. */
static __always_inline void end_flight(struct fp_flight *flight, struct fp_slot *slot,
				       const struct fp_ident *ident)
{
	__u64 key = flight->key;

	if (!key)
		return;
	if (flight->deferred == FP_DEFERRED_EXEC)
		flight->cell = slot ? count_call(slot, key) : spill_call(ident, key);
	flight->key = 0;
	/* Where nobody sees calls return, nobody knows which did not. */
	if (!leaves_seen(flight) || flight->owner & FP_OWNER_NO_RETURN ||
	    flight->cell == FP_CELL_LOST)
		return;
	if (slot)
		slot->unfinished = key;
	else
		spill_count(ident, key, FP_SPILL_UNFINISHED);
}

/* sched_process_exit, in the ending thread: it makes no call after this. */
static __always_inline int on_task_exit(void)
{
	__u64 task = bpf_get_current_task();
	struct fp_slot *slot = slot_of_current();
	struct fp_orphan *orphan;

	if (!slot) {
		orphan = own_orphan();
		if (!orphan) {
			forget_own_birth();
			return 0;
		}
		end_flight(&orphan->flight, NULL, &orphan->ident);
		if (process_ends())
			send_event(FP_EVENT_EXIT, task_status(), &orphan->ident);
		bpf_map_delete_elem(&orphans, &task);
		return 0;
	}
	end_flight(&slot->flight, slot, &slot->ident);
	if (process_ends())
		send_event(FP_EVENT_EXIT, task_status(), &slot->ident);
	end_slot(slot);
	return 0;
}

#endif
