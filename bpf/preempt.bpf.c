// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Can a program at a tracepoint be preempted? Up to 6.19 the kernel calls it with
 * preemption off; 7.x does not, and then skips the program for every other task that gets
 * there meanwhile on the same CPU (bpf_trace_run: prog->active). Attached for a moment.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "bpf/lib/preempt.bpf.h"

/* Thread that makes the call. */
const volatile __u32 caller = 0;
/* 1: the program ran for the caller. */
__u32 ran = 0;
/* Depth of preempt_disable() around the program; 0: it can be preempted, where depths are kept. */
__u32 depth = 0;
/*
 * 1: they are kept. Not so with CONFIG_PREEMPT_COUNT=n, where nothing in the kernel is ever
 * preempted. Told by a place that is always entered with preemption off.
 */
__u32 kept = 0;

SEC("tp_btf/sys_enter")
int count_depth(__u64 *ctx)
{
	if ((__u32)bpf_get_current_pid_tgid() != caller)
		return 0;
	depth = preempt_count() & PREEMPT_MASK;
	ran = 1;
	return 0;
}

/* The run queue is locked. kernel/sched/core.c, wake_up_new_task */
SEC("tp_btf/sched_wakeup_new")
int see_depths(void *ctx)
{
	if ((__u32)bpf_get_current_pid_tgid() == caller && preempt_count() & PREEMPT_MASK)
		kept = 1;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
