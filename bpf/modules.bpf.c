// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The module ledger with the kernel's types by CO-RE: where the name lies in
 * struct module, taints, reference counts as the kernel sees them, start times,
 * and for a load the parent and the arguments of the loading program.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "bpf/lib/module.bpf.h"
#include "bpf/lib/preempt.bpf.h"

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h */
#define MODULE_REF_BASE 1     /* kernel/module/main.c: what a module holds of itself */

/* Only the fields read here; ___ and what follows is no part of a type's name for CO-RE. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct atomic___module {
	int counter;
};

struct module___ledger {
	char name[FP_MODULE_NAME_LEN];
	unsigned long taints;
	struct atomic___module refcnt; /* CONFIG_MODULE_UNLOAD */
};

struct mm_struct___ledger {
	unsigned long arg_start;
	unsigned long arg_end;
};

struct task_struct___ledger {
	unsigned int flags;
	int tgid;
	char comm[FP_COMM_LEN];
	__u64 start_boottime;
	struct task_struct___ledger *group_leader;
	struct task_struct___ledger *real_parent;
	struct mm_struct___ledger *mm;
};

/* What perf's tracepoints hand over: include/trace/events/module.h. __data_loc: where in it, 0..15. */
struct trace_event_raw_module_load {
	unsigned int taints;
	__u32 __data_loc_name;
};

struct trace_event_raw_module_free {
	__u32 __data_loc_name;
};

struct trace_event_raw_module_refcnt {
	unsigned long ip;
	int refcnt;
	__u32 __data_loc_name;
};

struct trace_event_raw_module_request {
	unsigned long ip;
	_Bool wait;
	__u32 __data_loc_name;
};

#pragma clang attribute pop

/* 1: programs of perf's tracepoints go first, see bpf/lib/rescue.bpf.h. */
const volatile __u32 rescues = 0;
/* Entries of `marks` - 1; the number is a power of two. */
const volatile __u32 mark_mask = 0;
/* Skipped runs of perf's program that the raw one made up for, by enum fp_module_kind. */
__u64 rescued[FP_MODULE_PUT + 1] = {};

/*
 * Hash of task, context and kind -> events that perf's program has taken and the raw one has not
 * passed. Numbers, because two tasks may share one. Where the raw program is skipped its mark
 * stays, and an event that perf's is skipped for may later be taken for it: a run of each is
 * missed then, and one is counted as lost.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} marks SEC(".maps");

#define TASK_SHIFT 6		/* task_struct begins on a cache line */
#define CONTEXT_SHIFT 3		/* above enum fp_module_kind */
#define HASH_FACTOR 0x9e3779b1u /* 2^32 over the golden ratio */

/* An interrupt brings events of its own between the two programs of its task's. */
static __always_inline __u32 context(void)
{
	__u32 count = preempt_count();

	return !!(count & SOFTIRQ_MASK) | !!(count & HARDIRQ_MASK) << 1 | !!(count & NMI_MASK) << 2;
}

static __always_inline __u32 *marks_of(enum fp_module_kind kind)
{
	__u32 task = bpf_get_current_task() >> TASK_SHIFT;
	__u32 key = ((task * HASH_FACTOR) >> 12 ^ context() << CONTEXT_SHIFT ^ kind) & mark_mask;

	return bpf_map_lookup_elem(&marks, &key);
}

/* Perf's program is done. Not before: an interrupt in it is taken by the raw program alone. */
static __always_inline int mark(enum fp_module_kind kind)
{
	__u32 *taken = marks_of(kind);

	if (taken)
		__sync_fetch_and_add(taken, 1);
	return 0;
}

static __always_inline __u32 is_taken(enum fp_module_kind kind)
{
	__u32 *taken;

	if (!rescues)
		return 0;
	taken = marks_of(kind);
	if (taken && *taken) {
		__sync_fetch_and_add(taken, -1);
		return 1;
	}
	__sync_fetch_and_add(&rescued[kind], 1);
	return 0;
}

static __always_inline void see(const void *module, enum fp_module_kind kind, struct seen *seen)
{
	const struct module___ledger *mod = module;

	seen->name = mod->name;
	if (kind == FP_MODULE_LOAD)
		seen->taints = BPF_CORE_READ(mod, taints);
	if (kind != FP_MODULE_FREE && bpf_core_field_exists(mod->refcnt)) {
		seen->refcount = BPF_CORE_READ(mod, refcnt.counter) - MODULE_REF_BASE;
		seen->has_refcount = 1;
	}
}

static __always_inline __u64 process_start(void)
{
	const struct task_struct___ledger *task = (const void *)bpf_get_current_task();

	return BPF_CORE_READ(task, group_leader, start_boottime);
}

static __always_inline void describe_loader(struct fp_module_event *event)
{
	const struct task_struct___ledger *task = (const void *)bpf_get_current_task();
	const struct task_struct___ledger *parent = BPF_CORE_READ(task, real_parent);
	unsigned long begin, length;

	event->parent_tgid = BPF_CORE_READ(parent, tgid);
	event->parent_kernel = !!(BPF_CORE_READ(parent, flags) & PF_KTHREAD);
	BPF_CORE_READ_INTO(&event->parent_comm, parent, comm);
	if (!BPF_CORE_READ(task, mm))
		return;
	begin = BPF_CORE_READ(task, mm, arg_start);
	length = BPF_CORE_READ(task, mm, arg_end) - begin;
	if (length > sizeof(event->args) - 1)
		length = sizeof(event->args) - 1;
	/* Without faulting; the page was written by the exec a moment ago. */
	bpf_probe_read_user(event->args, length & (sizeof(event->args) - 1), (const void *)begin);
}

/* What the raw programs read, perf's are handed. */
static __always_inline const void *name_in(const void *ctx, __u32 place)
{
	return ctx + (place & 0xffff);
}

SEC("tp/module/module_load")
int module_load_perf(struct trace_event_raw_module_load *ctx)
{
	struct seen module = { .name = name_in(ctx, ctx->__data_loc_name), .taints = ctx->taints };

	on_load(&module);
	return mark(FP_MODULE_LOAD);
}

SEC("tp/module/module_free")
int module_free_perf(struct trace_event_raw_module_free *ctx)
{
	struct seen module = { .name = name_in(ctx, ctx->__data_loc_name) };

	on_free(&module);
	return mark(FP_MODULE_FREE);
}

static __always_inline int on_refcount(struct trace_event_raw_module_refcnt *ctx,
				       enum fp_module_kind kind)
{
	struct seen module = {
		.name = name_in(ctx, ctx->__data_loc_name),
		.refcount = ctx->refcnt - MODULE_REF_BASE,
		.has_refcount = 1,
	};

	on_reference(&module, ctx->ip, kind);
	return mark(kind);
}

SEC("tp/module/module_get")
int module_get_perf(struct trace_event_raw_module_refcnt *ctx)
{
	return on_refcount(ctx, FP_MODULE_GET);
}

SEC("tp/module/module_put")
int module_put_perf(struct trace_event_raw_module_refcnt *ctx)
{
	return on_refcount(ctx, FP_MODULE_PUT);
}

SEC("tp/module/module_request")
int module_request_perf(struct trace_event_raw_module_request *ctx)
{
	on_request(name_in(ctx, ctx->__data_loc_name), ctx->wait, ctx->ip);
	return mark(FP_MODULE_REQUEST);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
