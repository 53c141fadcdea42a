/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A call enters. How it leaves: leave.bpf.h.
 *
 * The including object defines, before this header:
 *   u64 frame_of(regs)          where the registers are, as a number, or another as good
 *   u32 call_abi(regs, nr, slot) enum fp_abi of the call that is under way; slot may be NULL
 *   u32 call_number(regs)       its number, asked for at exit in the rare case of a denied call
 *   void note_exec(regs, nr, abi) what note_exec_done() will need, if anything
 *   void forget_exec(void)      that exec failed
 *   void note_arguments(regs, abi, ident)  that exec leaves: the new image's registers
 *   u64 with_object(regs, abi, owner, key, slot)  key with the class of the object that serves
 *                               the call; slot is NULL for an orphan
 *   u32 makes_object(regs, abi, owner, key)  enum fp_makes of the call that `key` counts
 *   u32 made_class(fd, slot)    class of the object behind a new descriptor
 *   u32 noted_command(class, command, error)  class of an ioctl command that is over; 0: it has none
 *   u32 command_given(regs, abi)  the command of an ioctl
 *   u32 dies_refused(void)      is the current thread killed by seccomp for its call? If told
 *   const void *own_regs(void)  its registers; asked for in that case alone
 *   void count_second(regs, abi, owner, key, slot, ident)  the object behind a second descriptor
 */
#ifndef FOOTPRINT_LIB_CALL_BPF_H
#define FOOTPRINT_LIB_CALL_BPF_H

#include "bpf/lib/follow.bpf.h"

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

/* The number of a call in no table, or the one that all further ones share. */
__noinline __u64 stranger_key(__u64 key)
{
	__u64 which = (__u32)key | (key >> FP_KEY_ABI_SHIFT & FP_KEY_ABI_MASK) << 32;
	__u8 one = 1;

	if ((__u32)key < FP_NUMBERS_NEAR || (__s32)key == -1)
		return key;
	if (bpf_map_lookup_elem(&strangers, &which) ||
	    !bpf_map_update_elem(&strangers, &which, &one, BPF_ANY))
		return key;
	return (key & ~0xffffffffULL) | FP_NUMBER_OTHER;
}

/* The key that a call is counted under, without its object. */
static __always_inline __u64 counted_key(__u32 abi, __u32 nr)
{
	__u64 key = call_key(abi, nr);

	return owner_of(key) ? key : stranger_key(key);
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
	flight->makes = FP_MAKES_NOTHING;
	if (flight->key && leaves_seen(flight) && armed)
		count_loss(FP_LOSS_EXIT_UNMATCHED);
}

/* What changed is there before the word of it. */
static __always_inline void note_change(struct fp_slot *slot)
{
	barrier();
	slot->changes++;
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
	if (owner & FP_OWNER_EXEC)
		note_exec(regs, (__u32)key, abi);
	if (what & FP_MEASURE_OBJECTS && owner & FP_OWNER_DESCRIPTORS) {
		key = with_object(regs, abi, owner, key, NULL);
		flight->makes = makes_object(regs, abi, owner, key);
		count_second(regs, abi, owner, key, NULL, &orphan->ident);
	}
	begin(flight, key, owner, what);
	if (!(owner & FP_OWNER_EXEC))
		flight->cell = spill_call(&orphan->ident, key);
	return 0;
}

/* A call is not under way any more: what the old slot knows of one is settled there. */
static __always_inline struct fp_slot *slot_after_move(struct fp_slot *slot)
{
	if (slot->flight.key)
		settle(&slot->flight, slot, &slot->ident);
	slot->flight.key = 0;
	return follow_move(slot);
}

/* As follow_move(), of a thread without a slot, in place. */
static __always_inline void move_orphan(struct fp_orphan *orphan)
{
	struct fp_ident *ident = &orphan->ident;
	__u64 cgroup = bpf_get_current_cgroup_id();

	if (cgroup == ident->cgroup)
		return;
	settle(&orphan->flight, NULL, ident);
	orphan->flight.key = 0;
	ident->claim = 0;
	barrier();
	ident->cgroup = cgroup;
	ident->ignored = is_ignored(ident);
	stamp_claim(ident);
}

/* An orphan asks again at each call: a slot of its own, where there is one by now. */
static __noinline struct fp_slot *settle_orphan(struct fp_orphan *orphan)
{
	__u64 task = bpf_get_current_task();
	struct fp_slot *slot;

	if (orphan->ident.ignored || slots_left() <= 0)
		return NULL;
	slot = reserve_slot();
	if (!slot)
		return NULL;
	settle(&orphan->flight, NULL, &orphan->ident);
	slot->ident = orphan->ident;
	slot->ident.slotless = 0;
	stamp_claim(&slot->ident); /* what it has in the spill map is that of a claim that ends */
	open_slot(slot);
	follow_name(slot);
	bpf_map_delete_elem(&orphans, &task);
	return slot;
}

/* A call of a thread that has no identity: nobody's, unless the configuration leaves it out. */
static __noinline int lose_call(void)
{
	struct fp_ident ident = {.cgroup = bpf_get_current_cgroup_id()};

	bpf_get_current_comm(ident.comm, sizeof(ident.comm));
	if (!is_ignored(&ident))
		count_loss(FP_LOSS_CALLS_UNATTRIBUTED);
	return 0;
}

/* sys_enter of a thread that holds no slot: its first call, or it found none free. */
static __always_inline struct fp_slot *claim_or_count(__u64 key, const void *regs)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct fp_orphan *orphan = own_orphan();
	struct fp_slot *slot = NULL;

	if (!orphan) {
		claim(pid_tgid, &slot);
		if (slot)
			return slot;
		orphan = own_orphan();
	} else {
		move_orphan(orphan);
		slot = settle_orphan(orphan);
		if (slot)
			return slot;
	}
	if (orphan) {
		enter_orphan(orphan, key, regs);
	} else {
		saw_without_room((__u32)pid_tgid, FP_SEEN_ENTER);
		lose_call();
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
	if (!owner)
		key = stranger_key(key);
	if (slot && slot->moves != moves)
		slot = slot_after_move(slot);
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
	if (owner & FP_OWNER_EXEC)
		note_exec(regs, nr, abi); /* after the one before was settled, whose note is forgotten */
	what = measured & possible;
	if (what & FP_MEASURE_OBJECTS && owner & FP_OWNER_DESCRIPTORS) {
		key = with_object(regs, abi, owner, key, slot);
		slot->flight.makes = makes_object(regs, abi, owner, key);
		count_second(regs, abi, owner, key, slot, &slot->ident);
	}
	if (!(owner & FP_OWNER_EXEC))
		slot->flight.cell = count_call(slot, key);
	begin(&slot->flight, key, owner, what);
	note_change(slot);
	return 0;
}

#endif
