/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Second programs at the hooks of calls, for kernels that preempt raw tracepoints (7.x):
 * there a program is skipped while another task is inside it on the same CPU
 * (bpf_trace_run: prog->active). Perf keeps preemption off, but skips its programs while a
 * task was preempted in a bpf(2) call (bpf_prog_active). Attached after the raw ones, these
 * take what those were skipped for. Included by the full object, after its raw programs.
 * Layout of the context: events/raw_syscalls/sys_enter/format
 */
#ifndef FOOTPRINT_LIB_RESCUE_BPF_H
#define FOOTPRINT_LIB_RESCUE_BPF_H

struct raw_syscall {
	__u64 common;
	__s64 id;
	__s64 ret;
};

/* Has the raw program taken this event, or is it one that nobody counts? */
static __always_inline __u32 take(struct fp_flight *flight, __u32 event, __u32 ignored)
{
	__u32 seen = flight->seen;

	flight->seen = FP_SEEN_NONE;
	return seen == event || ignored;
}

enum taker {
	TAKER_NOBODY,  /* the event was skipped */
	TAKER_UNKNOWN, /* the thread has nothing to mark it in */
	TAKER_RAW,
};

static __noinline __u32 taker_of(__u32 tid, __u32 event)
{
	struct fp_slot *slot = slot_of(tid);
	struct fp_orphan *orphan;

	if (slot)
		return take(&slot->flight, event, slot->ignored) ? TAKER_RAW : TAKER_NOBODY;
	orphan = orphan_of(tid);
	if (!orphan)
		return TAKER_UNKNOWN;
	return take(&orphan->flight, event, orphan->ident.ignored) ? TAKER_RAW : TAKER_NOBODY;
}

SEC("tp/raw_syscalls/sys_enter")
int sys_enter_perf(struct raw_syscall *ctx)
{
	const void *regs = (const void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u32 tid = (__u32)pid_tgid, nr = ctx->id, abi = call_abi(regs, nr, NULL), taker;
	struct fp_slot *slot;

	if (owner_of(call_key(abi, nr)) & FP_OWNER_IGNORE)
		return 0;
	taker = taker_of(tid, FP_SEEN_ENTER);
	if (taker == TAKER_RAW)
		return 0;
	/* Where no place is left the raw program has counted the call, or is counted as skipped. */
	if (taker == TAKER_UNKNOWN && !claim(pid_tgid, &slot))
		return 0;
	__sync_fetch_and_add(&enters_rescued, 1);
	on_enter(regs, nr);
	/* The mark is for the other program alone. */
	taker_of(tid, FP_SEEN_NONE);
	return 0;
}

SEC("tp/raw_syscalls/sys_exit")
int sys_exit_perf(struct raw_syscall *ctx)
{
	const void *regs = (const void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	__u32 tid = (__u32)bpf_get_current_pid_tgid(), nr = ctx->id, abi = call_abi(regs, nr, NULL);
	__u32 taker;

	if (owner_of(call_key(abi, nr)) & FP_OWNER_IGNORE)
		return 0;
	taker = taker_of(tid, FP_SEEN_EXIT);
	if (taker == TAKER_RAW)
		return 0;
	if (taker == TAKER_NOBODY)
		__sync_fetch_and_add(&exits_rescued, 1);
	on_leave(regs, ctx->ret);
	taker_of(tid, FP_SEEN_NONE);
	return 0;
}

#endif
