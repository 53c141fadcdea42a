/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A call leaves: by sys_exit, refused before it entered, or with the end of its thread.
 * What the including object defines before this header stands in call.bpf.h.
 */
#ifndef FOOTPRINT_LIB_LEAVE_BPF_H
#define FOOTPRINT_LIB_LEAVE_BPF_H

#include "bpf/lib/call.bpf.h"

/* Time since `enter_ns`. Clocks of two CPUs may be a little apart: never less than none. */
static __always_inline __u64 elapsed(__u64 enter_ns)
{
	__s64 ns = bpf_ktime_get_ns() - enter_ns;

	return ns < 0 ? 0 : ns;
}

/* A 32-bit return value is signed in 32 bits, whatever the kernel's release extends it to. */
static __always_inline __s64 returned(__u64 key, __s64 ret)
{
	__u32 abi = (key >> FP_KEY_ABI_SHIFT) & FP_KEY_ABI_MASK;

	return abi == FP_ABI_I386 || abi == FP_ABI_ARM ? (__s64)(__s32)ret : ret;
}

static __always_inline __u32 error_of(__u64 key, __u32 owner, __s64 ret)
{
	__s64 value = owner & FP_OWNER_INT_RESULT ? (__s64)(__s32)ret : returned(key, ret);

	if (value >= 0 || value < -FP_MAX_ERRNO || owner & FP_OWNER_NEVER_ERROR)
		return 0;
	return -value;
}

/*
 * An exit without an entry: seccomp or a tracer refused the call before the
 * sys_enter tracepoint. It is kept apart, so that calls stay what sys_enter counts.
 * slot: NULL for an orphan.
 */
static __noinline int count_denied(struct fp_slot *slot, const struct fp_ident *ident, __u64 key,
				   __u32 error)
{
	if (owner_of(key) & FP_OWNER_IGNORE)
		return 0;
	key |= FP_KEY_DENIED;
	if (slot) {
		if (count_call(slot, key) != FP_CELL_LOST && error)
			count_errno(slot, key, error);
		note_change(slot);
	} else {
		if (spill_call(ident, key) != FP_CELL_LOST && error)
			spill_count(ident, errno_key(key, error), FP_SPILL_ERRNO);
	}
	return 0;
}

static __always_inline void leave_denied(struct fp_flight *flight, struct fp_slot *slot,
					 const struct fp_ident *ident, const void *regs, __s64 ret)
{
	__u32 nr = call_number(regs);
	__u64 key = counted_key(call_abi(regs, nr, slot), nr);

	count_denied(slot, ident, key, error_of(key, 0, ret));
	/* Where it is the thread's end, its end is no call more. */
	flight->deferred = dies_refused() ? FP_DEFERRED_DENIED : FP_DEFERRED_NONE;
}

/*
 * The call of a flight that entered while sys_exit was not attached, or another
 * time, may have left long ago: is it this one that leaves? Of two calls with one
 * number nobody knows.
 */
static __noinline __u32 left_unseen(const struct fp_flight *flight, __u32 abi, __u32 nr)
{
	/* An exec leaves with the number and the ABI of its new image, a sigreturn with none. */
	if (flight->owner & FP_OWNER_EXEC && owner_of(call_key(abi, nr)) & FP_OWNER_EXEC)
		return 0;
	if (flight->owner & FP_OWNER_NEVER_ERROR && (__s32)nr == -1)
		return 0;
	return (flight->key & ~(FP_KEY_CLASS_MASK << FP_KEY_CLASS_SHIFT)) != counted_key(abi, nr);
}

/* Key of the call that leaves; 0: it did not enter, or nobody saw it do so. slot: NULL for an orphan. */
static __always_inline __u64 leaving_key(struct fp_flight *flight, struct fp_slot *slot,
					 const struct fp_ident *ident, const void *regs)
{
	__u32 nr;

	if (!flight->key || flight->exits == exits)
		return flight->key;
	nr = call_number(regs);
	if (left_unseen(flight, call_abi(regs, nr, slot), nr)) {
		settle(flight, slot, ident);
		flight->deferred = FP_DEFERRED_NONE;
		flight->key = 0;
	}
	return flight->key;
}

/* What `key` is counted under once more, now that the call has left; 0: nothing. */
static __always_inline __u64 key_made(const void *regs, struct fp_slot *slot, __u32 makes,
				      __u64 key, __s64 ret, __u32 error)
{
	__u32 class = (key >> FP_KEY_CLASS_SHIFT) & FP_KEY_CLASS_MASK;
	__u32 abi = key >> FP_KEY_ABI_SHIFT & FP_KEY_ABI_MASK;

	key = (key & ~(FP_KEY_CLASS_MASK << FP_KEY_CLASS_SHIFT)) | FP_KEY_MADE;
	if (makes == FP_MAKES_COMMAND) {
		class = noted_command(class & FP_CLASS_MASK, command_given(regs, abi), error);
		return class ? key | (__u64) class << FP_KEY_CLASS_SHIFT : 0;
	}
	return error ? 0 : key | (__u64)made_class(ret, slot) << FP_KEY_CLASS_SHIFT;
}

static __noinline int leave_orphan(struct fp_orphan *orphan, const void *regs, __s64 ret)
{
	struct fp_flight *flight = &orphan->flight;
	struct fp_ident *ident = &orphan->ident;
	__u64 key, ns = 0;
	__u32 error;

	saw(flight, FP_SEEN_EXIT);
	key = leaving_key(flight, NULL, ident, regs);
	if (!key) {
		if (flight->deferred == FP_DEFERRED_UNSEEN)
			flight->deferred = FP_DEFERRED_NONE;
		else if (!ident->ignored && armed) {
			move_orphan(orphan);
			leave_denied(flight, NULL, ident, regs, ret);
		}
		return 0;
	}
	if (flight->deferred == FP_DEFERRED_EXEC) {
		flight->cell = spill_call(ident, key);
		forget_exec();
	}
	if (flight->cell == FP_CELL_LOST)
		goto over;
	error = error_of(key, flight->owner, ret);
	if (flight->enter_ns) {
		__u32 subsystem = flight->owner & FP_OWNER_MASK;

		ns = elapsed(flight->enter_ns);
		spill_count(ident, (__u64)subsystem << 8 | hist_bucket(ns), FP_SPILL_HIST);
	}
	spill_outcome(ident, key, ns, error != 0);
	if (error)
		spill_count(ident, errno_key(key, error), FP_SPILL_ERRNO);
	if (possible & FP_MEASURE_OBJECTS && flight->makes) {
		key = key_made(regs, NULL, flight->makes, key, returned(key, ret), error);
		if (key) {
			spill_call(ident, key);
			spill_outcome(ident, key, ns, error != 0);
		}
	}
over:
	flight->makes = FP_MAKES_NOTHING;
	flight->key = 0;
	flight->deferred = FP_DEFERRED_NONE;
	return 0;
}

/* sys_exit without a slot: an orphan, or a new child on its way out of fork. */
static __always_inline int leave_slotless(const void *regs, __s64 ret)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct fp_orphan *orphan = own_orphan();
	struct fp_slot *slot;

	if (orphan)
		return leave_orphan(orphan, regs, ret);
	/*
	 * A claim here makes a denied first call visible: of a child, and of a thread that is older than
	 * the attach, which leaves the call that it was in then. See `armed`.
	 */
	if (armed) {
		claim(pid_tgid, &slot);
		orphan = slot ? NULL : own_orphan();
		if (slot)
			saw(&slot->flight, FP_SEEN_EXIT);
		else if (orphan)
			saw(&orphan->flight, FP_SEEN_EXIT);
		else
			saw_without_room((__u32)pid_tgid, FP_SEEN_EXIT);
	}
	return 0;
}

/* The call counts once more, under what its end has told. */
static __noinline int count_made(struct fp_slot *slot, __u64 key, __u64 ns, __u32 failed)
{
	__u32 index = count_call(slot, key);

	if (index < FP_CELLS)
		add_outcome(&slot->cells[index], ns, failed);
	else
		count_outcome(slot, key, ns, failed, index);
	return 0;
}

static __always_inline int on_leave(const void *regs, __s64 ret)
{
	struct fp_slot *slot = slot_at(frame_of(regs));
	struct fp_flight *flight;
	__u64 key, ns;
	__u32 index, error;

	if (!slot)
		return leave_slotless(regs, ret);
	flight = &slot->flight;
	saw(flight, FP_SEEN_EXIT);
	key = leaving_key(flight, slot, &slot->ident, regs);
	if (!key) {
		if (flight->deferred == FP_DEFERRED_UNSEEN)
			flight->deferred = FP_DEFERRED_NONE;
		else if (!slot->ignored && armed) {
			if (slot->moves != moves)
				slot = follow_move(slot);
			if (!slot)
				return leave_slotless(regs, ret);
			leave_denied(&slot->flight, slot, &slot->ident, regs, ret);
		}
		return 0;
	}
	if (flight->deferred == FP_DEFERRED_EXEC) {
		flight->cell = count_call(slot, key);
		flight->deferred = FP_DEFERRED_NONE;
		forget_exec();
	}
	index = flight->cell;
	/* What is lost is lost from all columns: no outcome without its call. */
	if (index == FP_CELL_LOST)
		goto over;
	error = error_of(key, flight->owner, ret);
	if (flight->owner & FP_OWNER_EXEC && !error)
		note_arguments(regs, key >> FP_KEY_ABI_SHIFT & FP_KEY_ABI_MASK, &slot->ident);
	ns = 0;
	if (possible & FP_MEASURE_LATENCY && flight->enter_ns) {
		ns = elapsed(flight->enter_ns);
		count_latency(slot, flight->owner, ns);
	}
	if (index < FP_CELLS)
		add_outcome(&slot->cells[index], ns, error != 0);
	else
		count_outcome(slot, key, ns, error != 0, index);
	if (error)
		count_errno(slot, key, error);
	if (possible & FP_MEASURE_OBJECTS && flight->makes) {
		key = key_made(regs, slot, flight->makes, key, returned(key, ret), error);
		if (key)
			count_made(slot, key, ns, error != 0);
	}
over:
	flight->makes = FP_MAKES_NOTHING;
	flight->key = 0;
	note_change(slot);
	return 0;
}

/* Nor has it just left one that was denied. */
static __always_inline __u32 in_no_call(const struct fp_flight *flight)
{
	return !flight->key && flight->deferred != FP_DEFERRED_DENIED;
}

/*
 * seccomp kills a thread in the call that it refuses (strict mode, SECCOMP_RET_KILL_THREAD): the
 * call neither enters nor leaves. Of a process that it kills the call leaves first, and is counted.
 */
static __noinline int count_refused(void)
{
	struct fp_slot *slot = slot_of_current();
	const void *regs = own_regs();
	struct fp_orphan *orphan;
	__u64 key;
	__u32 nr;

	if (!regs || !armed)
		return 0;
	nr = call_number(regs);
	key = counted_key(call_abi(regs, nr, NULL), nr);
	if (slot && (!in_no_call(&slot->flight) || slot->ignored))
		return 0;
	if (slot && slot->moves != moves)
		slot = follow_move(slot);
	if (slot)
		return count_denied(slot, &slot->ident, key, 0);
	orphan = own_orphan();
	if (orphan && in_no_call(&orphan->flight) && !orphan->ident.ignored) {
		move_orphan(orphan);
		count_denied(NULL, &orphan->ident, key, 0);
	}
	return 0;
}

static __always_inline int on_end(void)
{
	if (dies_refused())
		count_refused();
	return on_task_exit();
}

#endif
