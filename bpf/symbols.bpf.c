// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Names of kernel addresses, by the kernel's own look-up: microseconds, where a
 * pass through /proc/kallsyms takes tens of milliseconds, and not hidden by a
 * service's sandbox. Never attached: the daemon runs it with BPF_PROG_TEST_RUN.
 * Needs bpf_snprintf (5.13).
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "bpf/abi/symbols.h"

/* Written by the daemon before a run. */
__u64 addresses[FP_SYMBOLS] = {};
/* "name+0x0/0x123 [module]", or the address in hexadecimal. Written by a run. */
char texts[FP_SYMBOLS][FP_SYMBOL_LEN] = {};

SEC("raw_tp/sys_enter")
int name_symbols(void *ctx)
{
	for (int i = 0; i < FP_SYMBOLS; i++) {
		static const char format[] = "%pS";
		__u64 address = addresses[i];

		bpf_snprintf(texts[i], sizeof(texts[i]), format, &address, sizeof(address));
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
