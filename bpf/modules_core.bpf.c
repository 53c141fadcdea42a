// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The module ledger without kernel types. The name is read from a fixed place:
 * struct module begins with its state and its list on every 64-bit kernel since
 * 2.6 (include/linux/module.h), and the daemon compares each name that it gets
 * with /proc/modules. Taints, start times, parents and arguments are unknown.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "bpf/abi/modules.h"

/* Bytes from the beginning of struct module to its name: enum state, list_head. */
const volatile __u32 name_offset = 24;

static __always_inline const void *name_of(const void *module)
{
	return module + name_offset;
}

static __always_inline void describe_module(const void *module, struct fp_module_counts *counts,
					    __u32 load)
{
}

static __always_inline __u64 process_start(void)
{
	return 0;
}

static __always_inline void describe_loader(struct fp_module_event *event)
{
}

#include "bpf/lib/module.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
