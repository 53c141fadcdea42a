// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Numbers of perf's tracepoints, which a daemon without root may not read in tracefs: from the
 * kernel's own variables, event_NAME of type struct trace_event_call (include/trace/trace_events.h,
 * DEFINE_EVENT). Read from by the daemon as an iterator over all symbols, once.
 * Needs iterators of symbols (6.0), CONFIG_KALLSYMS_ALL, and helpers that read kernel memory.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "bpf/abi/tracepoints.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* kernel/kallsyms.c */
struct kallsym_iter {
	unsigned long value;
	char name[512];
};

struct bpf_iter__ksym {
	struct kallsym_iter *ksym;
};

struct trace_event {
	int type;
};

struct tracepoint {
	const char *name;
};

struct trace_event_call {
	struct tracepoint *tp;
	struct trace_event event;
};

#pragma clang attribute pop

static const char prefix[] = "event_";
#define PREFIX_LEN (sizeof(prefix) - 1)

/* Name of a tracepoint, put there by the daemon -> its number, or 0. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FP_TRACEPOINTS);
	__type(key, char[FP_TRACEPOINT_LEN]);
	__type(value, __u32);
} numbers SEC(".maps");

SEC("iter/ksym")
int number_tracepoints(struct bpf_iter__ksym *ctx)
{
	struct kallsym_iter *symbol = ctx->ksym;
	char name[FP_TRACEPOINT_LEN] = {}, own[FP_TRACEPOINT_LEN] = {};
	const struct trace_event_call *call;
	__u32 *number;

	if (!symbol)
		return 0;
#pragma unroll
	for (__u32 i = 0; i < PREFIX_LEN; i++)
		if (symbol->name[i] != prefix[i])
			return 0;
	bpf_probe_read_kernel_str(name, sizeof(name), symbol->name + PREFIX_LEN);
	number = bpf_map_lookup_elem(&numbers, name);
	if (!number)
		return 0;
	call = (const void *)symbol->value;
	/* A symbol of that name may be anything: this one knows what it is of. */
	bpf_probe_read_kernel_str(own, sizeof(own), BPF_CORE_READ(call, tp, name));
	if (bpf_map_lookup_elem(&numbers, own) == number)
		*number = BPF_CORE_READ(call, event.type);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
