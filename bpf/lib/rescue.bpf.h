/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For kernels that preempt raw tracepoints (7.x): there a program is skipped while another task
 * is inside it on the same CPU (bpf_trace_run: prog->active). So each hook has a program of
 * perf's tracepoint, too. Perf keeps preemption off, and skips its programs only while a task was
 * preempted in a bpf(2) call (bpf_prog_active). Perf's goes first and leaves a mark in its thread's
 * flight; the raw one takes the events without. First, because that order alone can be had: one
 * function calls all programs of perf, those of other tools as well, and stands where the
 * first of them has put it, so before whatever is attached after ours.
 * Included by the full object, before its raw programs.
 */
#ifndef FOOTPRINT_LIB_RESCUE_BPF_H
#define FOOTPRINT_LIB_RESCUE_BPF_H

/* events/raw_syscalls/sys_enter/format */
struct raw_syscall {
	__u64 common;
	__s64 id;
	__s64 ret;
};

enum taker {
	TAKER_NOBODY,  /* perf's program was skipped */
	TAKER_UNKNOWN, /* skipped, or it knows the thread no more than this one does */
	TAKER_PERF,
};

/* Takes the mark away. Calls of an ignored thread are nobody's, and carry none. */
static __always_inline enum taker take(struct fp_flight *flight, __u32 event, __u32 ignored)
{
	__u32 seen = flight->seen;

	flight->seen = FP_SEEN_NONE;
	if (seen == event)
		return TAKER_PERF;
	return ignored && (event == FP_SEEN_ENTER || event == FP_SEEN_EXIT) ? TAKER_PERF : TAKER_NOBODY;
}

static __always_inline enum taker take_without_room(__u32 tid, __u32 event)
{
	__u64 *mark = &roomless[tid % FP_ROOMLESS], seen = *mark;

	if (seen >> 32 != tid)
		return TAKER_UNKNOWN;
	*mark = 0;
	return (__u32)seen == event ? TAKER_PERF : TAKER_NOBODY;
}

static __noinline __u32 taker_of(__u32 tid, __u32 event)
{
	struct fp_slot *slot = slot_of_current();
	struct fp_orphan *orphan;

	if (slot)
		return take(&slot->flight, event, slot->ignored);
	orphan = own_orphan();
	return orphan ? take(&orphan->flight, event, orphan->ident.ignored) :
			take_without_room(tid, event);
}

/* Has perf's program taken this call? */
static __always_inline __u32 perf_took_enter(const void *regs, __u32 nr)
{
	if (owner_of(call_key(call_abi(regs, nr, NULL), nr)) & FP_OWNER_IGNORE)
		return 1;
	return taker_of((__u32)bpf_get_current_pid_tgid(), FP_SEEN_ENTER) == TAKER_PERF;
}

static __always_inline __u32 perf_took_exit(const void *regs)
{
	__u32 nr = call_number(regs);

	if (owner_of(call_key(call_abi(regs, nr, NULL), nr)) & FP_OWNER_IGNORE)
		return 1;
	return taker_of((__u32)bpf_get_current_pid_tgid(), FP_SEEN_EXIT) == TAKER_PERF;
}

/* Of a thread without identity nobody knows: one more note of its child does no harm. */
static __always_inline __u32 perf_took_fork(void)
{
	return taker_of((__u32)bpf_get_current_pid_tgid(), FP_SEEN_FORK) == TAKER_PERF;
}

static __always_inline __u32 perf_took_exec(void)
{
	return taker_of((__u32)bpf_get_current_pid_tgid(), FP_SEEN_EXEC) == TAKER_PERF;
}

/* A thread that ends with an identity: perf's program has closed its slot, or removed its stand-in. */
static __always_inline void note_rescued_end(void)
{
	if (slot_of_current() || own_orphan())
		__sync_fetch_and_add(&rescued[FP_RESCUED_END], 1);
}

/*
 * The raw program took an event, and takes the mark away that on_...() left for it. Nothing was
 * made up for a thread without identity: a new child that gets its own, or nobody's to care for.
 */
static __always_inline int raw_took(enum fp_rescued hook)
{
	if (rescues && taker_of((__u32)bpf_get_current_pid_tgid(), FP_SEEN_NONE) != TAKER_UNKNOWN)
		__sync_fetch_and_add(&rescued[hook], 1);
	return 0;
}

static __always_inline const void *current_regs(void)
{
	return (const void *)bpf_task_pt_regs(bpf_get_current_task_btf());
}

SEC("tp/raw_syscalls/sys_enter")
int sys_enter_perf(struct raw_syscall *ctx)
{
	return on_enter(current_regs(), ctx->id);
}

SEC("tp/raw_syscalls/sys_exit")
int sys_exit_perf(struct raw_syscall *ctx)
{
	return on_leave(current_regs(), ctx->ret);
}

/* Perf does not hand over the child's task: see `births`. */
SEC("tp/sched/sched_process_fork")
int process_fork_perf(struct trace_event_raw_sched_process_fork *ctx)
{
	return on_fork((__u32)ctx->child_pid);
}

SEC("tp/sched/sched_process_exec")
int process_exec_perf(struct trace_event_raw_sched_process_exec *ctx)
{
	struct exec exec = { .old_tid = ctx->old_pid };

	return on_exec(&exec);
}

SEC("tp/sched/sched_process_exit")
int process_exit_perf(void *ctx)
{
	return on_end();
}

#endif
