// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The module ledger with the kernel's types by CO-RE: where the name lies in
 * struct module, taints, reference counts as the kernel sees them, start times,
 * and for a load the parent and the arguments of the loading program.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "bpf/abi/modules.h"

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

#pragma clang attribute pop

static __always_inline const void *name_of(const void *module)
{
	return ((const struct module___ledger *)module)->name;
}

static __always_inline void describe_module(const void *module, struct fp_module_counts *counts,
					    __u32 load)
{
	const struct module___ledger *mod = module;

	if (load)
		counts->taints = BPF_CORE_READ(mod, taints);
	if (bpf_core_field_exists(mod->refcnt)) {
		counts->refcount = BPF_CORE_READ(mod, refcnt.counter) - MODULE_REF_BASE;
		counts->has_refcount = 1;
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

#include "bpf/lib/module.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
