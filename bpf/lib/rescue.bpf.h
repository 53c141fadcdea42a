/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Second programs, for kernels that preempt raw tracepoints (7.x): there a program is skipped
 * while another task is inside it on the same CPU (bpf_trace_run: prog->active). Perf keeps
 * preemption off, but skips its programs while a task was preempted in a bpf(2) call
 * (bpf_prog_active). Attached after the raw ones, these take what those were skipped for.
 * Included by the full object, after its raw programs.
 */
#ifndef FOOTPRINT_LIB_RESCUE_BPF_H
#define FOOTPRINT_LIB_RESCUE_BPF_H

/* events/raw_syscalls/sys_enter/format */
struct raw_syscall {
	__u64 common;
	__s64 id;
	__s64 ret;
};

static __always_inline void made_up_for(enum fp_rescued hook)
{
	__sync_fetch_and_add(&rescued[hook], 1);
}

enum taker {
	TAKER_NOBODY,  /* the event was skipped */
	TAKER_UNKNOWN, /* the thread has nothing to mark it in */
	TAKER_RAW,
};

/* Takes the mark away. Calls of an ignored thread are nobody's, and carry none. */
static __always_inline enum taker take(struct fp_flight *flight, __u32 event, __u32 ignored)
{
	__u32 seen = flight->seen;

	flight->seen = FP_SEEN_NONE;
	if (seen == event)
		return TAKER_RAW;
	return ignored && (event == FP_SEEN_ENTER || event == FP_SEEN_EXIT) ? TAKER_RAW : TAKER_NOBODY;
}

static __noinline __u32 taker_of(__u32 tid, __u32 event)
{
	struct fp_slot *slot = slot_of(tid);
	struct fp_orphan *orphan;

	if (slot)
		return take(&slot->flight, event, slot->ignored);
	orphan = orphan_of(tid);
	return orphan ? take(&orphan->flight, event, orphan->ident.ignored) : TAKER_UNKNOWN;
}

/* What on_...() has left: the mark is for the other program alone. Not TAKER_UNKNOWN: an identity. */
static __always_inline __u32 unmark(__u32 tid)
{
	return taker_of(tid, FP_SEEN_NONE);
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
	if (taker == TAKER_UNKNOWN && !claim(pid_tgid, &slot)) {
		count_loss(FP_LOSS_CALLS_UNATTRIBUTED);
		return 0;
	}
	made_up_for(FP_RESCUED_ENTER);
	on_enter(regs, nr);
	unmark(tid);
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
	on_leave(regs, ctx->ret);
	/* A thread without identity is a new child that gets its own, or nobody's to care for. */
	if (unmark(tid) != TAKER_UNKNOWN)
		made_up_for(FP_RESCUED_EXIT);
	return 0;
}

SEC("tp/sched/sched_process_fork")
int process_fork_perf(struct trace_event_raw_sched_process_fork *ctx)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid(), taker = taker_of(tid, FP_SEEN_FORK);

	if (taker == TAKER_RAW)
		return 0;
	/* Of a parent without identity the note may be there already: one more does no harm. */
	if (taker == TAKER_NOBODY)
		made_up_for(FP_RESCUED_FORK);
	on_fork((__u32)ctx->child_pid);
	unmark(tid);
	return 0;
}

SEC("tp/sched/sched_process_exec")
int process_exec_perf(struct trace_event_raw_sched_process_exec *ctx)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();

	if (taker_of(tid, FP_SEEN_EXEC) == TAKER_RAW)
		return 0;
	made_up_for(FP_RESCUED_EXEC);
	on_exec(ctx->old_pid, (const void *)ctx + (ctx->__data_loc_filename & 0xffff));
	unmark(tid);
	return 0;
}

/* The raw program has closed the thread's slot, or removed its stand-in. */
SEC("tp/sched/sched_process_exit")
int process_exit_perf(void *ctx)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();

	if (slot_of(tid) || orphan_of(tid))
		made_up_for(FP_RESCUED_END);
	return on_task_exit();
}

#endif
