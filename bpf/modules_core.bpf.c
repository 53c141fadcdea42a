// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The module ledger without kernel types. The name is read from a fixed place:
 * struct module begins with its state and its list on every 64-bit kernel since
 * 2.6 (include/linux/module.h), and the daemon compares each name that it gets
 * with /proc/modules. Taints, start times, parents and arguments are unknown.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "bpf/lib/module.bpf.h"

/* Bytes from the beginning of struct module to its name: enum state, list_head. */
const volatile __u32 name_offset = 24;

static __always_inline __u32 is_taken(enum fp_module_kind kind)
{
	return 0;
}

static __always_inline void see(const void *module, enum fp_module_kind kind, struct seen *seen)
{
	seen->name = module + name_offset;
}

static __always_inline __u64 process_start(void)
{
	return 0;
}

static __always_inline void describe_loader(struct fp_module_event *event)
{
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
