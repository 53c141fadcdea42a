/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The two hot programs: a call enters, a call leaves.
 *
 * The including object defines, before this header:
 *   u64 frame_of(regs)          where the registers are, as a number, or another as good
 *   u32 call_abi(regs, nr, slot) enum fp_abi of the call that is under way; slot may be NULL
 *   u32 call_number(regs)       its number, asked for at exit in the rare case of a denied call
 *   void note_exec(regs, nr, abi) what describe_exec() will need, if anything
 *   void forget_exec(void)      that exec failed
 *   u64 with_object(regs, abi, owner, key, slot)  key with the class of the object that serves
 *                               the call; slot is NULL for an orphan
 *   u32 makes_object(regs, abi, owner)  1: if the call succeeds it answers a new descriptor
 *   u32 made_class(fd, slot)    class of the object behind a new descriptor
 *   void count_second(regs, abi, owner, key, slot, ident)  the object behind a second descriptor
 */
#ifndef FOOTPRINT_LIB_CALL_BPF_H
#define FOOTPRINT_LIB_CALL_BPF_H

#include "bpf/lib/life.bpf.h"

#define X32_SYSCALL_BIT 0x40000000 /* arch/x86/include/uapi/asm/unistd.h */

static __always_inline __u64 call_key(__u32 abi, __u32 nr)
{
	if (abi == FP_ABI_X32)
		nr &= ~X32_SYSCALL_BIT;
	return FP_KEY_USED | (__u64)abi << FP_KEY_ABI_SHIFT | nr;
}

static __always_inline __u32 owner_of(__u64 key)
{
	__u32 nr = (__u32)key, abi = (key >> FP_KEY_ABI_SHIFT) & (FP_OWNER_ABIS - 1);

	if (abi == FP_ABI_ARM && nr >= FP_ARM_PRIVATE &&
	    nr < FP_ARM_PRIVATE + FP_OWNER_NUMBERS - FP_ARM_PRIVATE_ROW)
		nr = nr - FP_ARM_PRIVATE + FP_ARM_PRIVATE_ROW;
	else if (nr >= (abi == FP_ABI_ARM ? FP_ARM_PRIVATE_ROW : FP_OWNER_NUMBERS))
		return 0;
	return owners[abi][nr & (FP_OWNER_NUMBERS - 1)];
}

/* The previous call is over; without sys_exit nobody saw it leave. */
static __always_inline void settle(struct fp_flight *flight, struct fp_slot *slot,
				   const struct fp_ident *ident)
{
	if (flight->deferred == FP_DEFERRED_EXEC) {
		if (slot)
			count_call(slot, flight->key);
		else
			spill_call(ident, flight->key);
		forget_exec();
	}
	flight->makes = 0;
	if (flight->key && leaves_seen(flight) && armed)
		count_loss(FP_LOSS_EXIT_UNMATCHED);
}

static __always_inline void begin(struct fp_flight *flight, __u64 key, __u32 owner, __u32 what)
{
	flight->owner = owner;
	flight->exits = exits;
	flight->deferred = owner & FP_OWNER_EXEC ? FP_DEFERRED_EXEC : FP_DEFERRED_NONE;
	flight->enter_ns = what & FP_MEASURE_LATENCY ? bpf_ktime_get_ns() : 0;
	flight->key = key;
}

static __always_inline int enter_orphan(struct fp_orphan *orphan, __u64 key, const void *regs)
{
	struct fp_flight *flight = &orphan->flight;
	__u32 owner = owner_of(key), abi = key >> FP_KEY_ABI_SHIFT & FP_KEY_ABI_MASK;
	__u32 what = measured & possible;

	if (orphan->ident.ignored)
		return 0;
	saw(flight, FP_SEEN_ENTER);
	settle(flight, NULL, &orphan->ident);
	if (what & FP_MEASURE_OBJECTS && owner & FP_OWNER_DESCRIPTORS) {
		key = with_object(regs, abi, owner, key, NULL);
		flight->makes = makes_object(regs, abi, owner);
		count_second(regs, abi, owner, key, NULL, &orphan->ident);
	}
	begin(flight, key, owner, what);
	if (!(owner & FP_OWNER_EXEC))
		spill_call(&orphan->ident, key);
	return 0;
}

/* sys_enter of a thread that holds no slot: its first call, or it found none free. */
static __always_inline struct fp_slot *claim_or_count(__u64 key, const void *regs)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct fp_orphan *orphan = orphan_of((__u32)pid_tgid);
	struct fp_slot *slot = NULL;

	if (!orphan) {
		claim(pid_tgid, &slot);
		if (slot)
			return slot;
		orphan = orphan_of((__u32)pid_tgid);
	}
	if (orphan) {
		enter_orphan(orphan, key, regs);
	} else {
		saw_without_room((__u32)pid_tgid, FP_SEEN_ENTER);
		count_loss(FP_LOSS_CALLS_UNATTRIBUTED);
	}
	return NULL;
}

/* A call that the configuration leaves out: its exit is no call that was denied. */
static __always_inline int enter_ignored(struct fp_slot *slot)
{
	if (slot && exits && !slot->flight.key)
		slot->flight.deferred = FP_DEFERRED_UNSEEN;
	return 0;
}

static __always_inline int on_enter(const void *regs, __u32 nr)
{
	struct fp_slot *slot = slot_at(frame_of(regs));
	__u32 abi = call_abi(regs, nr, slot);
	__u64 key = call_key(abi, nr);
	__u32 owner = owner_of(key), what;

	if (owner & FP_OWNER_IGNORE)
		return enter_ignored(slot);
	if (owner & FP_OWNER_EXEC)
		note_exec(regs, nr, abi);
	if (!slot) {
		slot = claim_or_count(key, regs);
		if (!slot)
			return 0;
	}
	if (slot->ignored)
		return 0;
	saw(&slot->flight, FP_SEEN_ENTER);
	if (slot->flight.key)
		settle(&slot->flight, slot, &slot->ident);
	slot->changes++;
	what = measured & possible;
	if (what & FP_MEASURE_OBJECTS && owner & FP_OWNER_DESCRIPTORS) {
		key = with_object(regs, abi, owner, key, slot);
		slot->flight.makes = makes_object(regs, abi, owner);
		count_second(regs, abi, owner, key, slot, &slot->ident);
	}
	if (!(owner & FP_OWNER_EXEC))
		slot->flight.cell = count_call(slot, key);
	begin(&slot->flight, key, owner, what);
	return 0;
}

/* A 32-bit return value is signed in 32 bits, whatever the kernel's release extends it to. */
static __always_inline __s64 returned(__u64 key, __s64 ret)
{
	__u32 abi = (key >> FP_KEY_ABI_SHIFT) & FP_KEY_ABI_MASK;

	return abi == FP_ABI_I386 || abi == FP_ABI_ARM ? (__s64)(__s32)ret : ret;
}

static __always_inline __u32 error_of(__u64 key, __u32 owner, __s64 ret)
{
	__s64 value = returned(key, ret);

	if (value >= 0 || value < -FP_MAX_ERRNO || owner & FP_OWNER_NEVER_ERROR)
		return 0;
	return -value;
}

static __noinline int leave_orphan(struct fp_orphan *orphan, __s64 ret)
{
	struct fp_flight *flight = &orphan->flight;
	struct fp_ident *ident = &orphan->ident;
	__u64 key = flight->key, ns = 0;
	__u32 error;

	saw(flight, FP_SEEN_EXIT);
	if (!key) {
		flight->deferred = FP_DEFERRED_NONE;
		return 0;
	}
	if (flight->deferred == FP_DEFERRED_EXEC)
		spill_call(ident, key);
	error = error_of(key, flight->owner, ret);
	if (flight->enter_ns) {
		__u32 subsystem = flight->owner & FP_OWNER_MASK;

		ns = bpf_ktime_get_ns() - flight->enter_ns;
		spill_count(ident, (__u64)subsystem << 8 | hist_bucket(ns), FP_SPILL_HIST);
	}
	spill_outcome(ident, key, ns, error != 0);
	if (error)
		spill_count(ident, errno_key(key, error), FP_SPILL_ERRNO);
	else if (possible & FP_MEASURE_OBJECTS && flight->makes) {
		key |= FP_KEY_MADE | (__u64)made_class(ret, NULL) << FP_KEY_CLASS_SHIFT;
		spill_call(ident, key);
		spill_outcome(ident, key, ns, 0);
	}
	flight->makes = 0;
	flight->key = 0;
	flight->deferred = FP_DEFERRED_NONE;
	return 0;
}

/*
 * An exit without an entry: seccomp or a tracer refused the call before the
 * sys_enter tracepoint. It is kept apart, so that calls stay what sys_enter counts.
 */
static __noinline int leave_denied(struct fp_slot *slot, __u32 abi, __u32 nr, __s64 ret)
{
	__u64 key = call_key(abi, nr);
	__u32 error;

	if (owner_of(key) & FP_OWNER_IGNORE)
		return 0;
	key |= FP_KEY_DENIED;
	error = error_of(key, 0, ret);
	count_call(slot, key);
	if (error)
		count_errno(slot, key, error);
	slot->changes++;
	return 0;
}

/* sys_exit without a slot: an orphan, or a new child on its way out of fork. */
static __noinline int leave_slotless(__s64 ret)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct fp_orphan *orphan = orphan_of((__u32)pid_tgid);
	struct fp_slot *slot;

	if (orphan)
		return leave_orphan(orphan, ret);
	/* A claim here makes a child's denied first call visible; see `armed`. */
	if (armed && own_birth()) {
		claim(pid_tgid, &slot);
		orphan = slot ? NULL : orphan_of((__u32)pid_tgid);
		if (slot)
			saw(&slot->flight, FP_SEEN_EXIT);
		else if (orphan)
			saw(&orphan->flight, FP_SEEN_EXIT);
		else
			saw_without_room((__u32)pid_tgid, FP_SEEN_EXIT);
	}
	return 0;
}

/* The call answered a new descriptor: count it by the object behind that, too. */
static __noinline int count_made(struct fp_slot *slot, __u64 key, __s64 ret, __u64 ns)
{
	__u32 index;

	key |= FP_KEY_MADE | (__u64)made_class(ret, slot) << FP_KEY_CLASS_SHIFT;
	index = count_call(slot, key);
	if (index < FP_CELLS) {
		struct fp_cell *cell = &slot->cells[index];

		cell->total_ns += ns;
		if (ns > cell->max_ns)
			cell->max_ns = ns;
	} else {
		spill_outcome(&slot->ident, key, ns, 0);
	}
	return 0;
}

/*
 * The call of a flight that entered while sys_exit was not attached, or another
 * time, may have left long ago: is it this one that leaves? Of two calls with one
 * number nobody knows.
 */
static __noinline __u32 left_unseen(const struct fp_flight *flight, __u32 abi, __u32 nr)
{
	return (flight->key & ~(FP_KEY_CLASS_MASK << FP_KEY_CLASS_SHIFT)) != call_key(abi, nr);
}

static __always_inline int on_leave(const void *regs, __s64 ret)
{
	struct fp_slot *slot = slot_at(frame_of(regs));
	struct fp_flight *flight;
	__u64 key, ns;
	__u32 index, error;

	if (!slot)
		return leave_slotless(ret);
	flight = &slot->flight;
	saw(flight, FP_SEEN_EXIT);
	key = flight->key;
	if (key && flight->exits != exits) {
		__u32 nr = call_number(regs);

		if (left_unseen(flight, call_abi(regs, nr, slot), nr)) {
			settle(flight, slot, &slot->ident);
			flight->deferred = FP_DEFERRED_NONE;
			key = flight->key = 0;
		}
	}
	if (!key) {
		if (flight->deferred != FP_DEFERRED_UNSEEN && !slot->ignored && armed) {
			__u32 nr = call_number(regs);

			leave_denied(slot, call_abi(regs, nr, slot), nr, ret);
		}
		flight->deferred = FP_DEFERRED_NONE;
		return 0;
	}
	if (flight->deferred == FP_DEFERRED_EXEC) {
		flight->cell = count_call(slot, key);
		flight->deferred = FP_DEFERRED_NONE;
		forget_exec();
	}
	index = flight->cell;
	error = error_of(key, flight->owner, ret);
	ns = 0;
	if (possible & FP_MEASURE_LATENCY && flight->enter_ns) {
		ns = bpf_ktime_get_ns() - flight->enter_ns;
		count_latency(slot, flight->owner, ns);
	}
	if (index < FP_CELLS) {
		struct fp_cell *cell = &slot->cells[index];

		cell->total_ns += ns;
		if (ns > cell->max_ns)
			cell->max_ns = ns;
		cell->errors += error != 0;
	} else {
		spill_outcome(&slot->ident, key, ns, error != 0);
	}
	if (error)
		count_errno(slot, key, error);
	if (possible & FP_MEASURE_OBJECTS && flight->makes) {
		if (!error)
			count_made(slot, key, returned(key, ret), ns);
		flight->makes = 0;
	}
	slot->changes++;
	flight->key = 0;
	return 0;
}

#endif
