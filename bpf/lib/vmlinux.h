/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel types that the full object reads, and of each only the fields that
 * it reads: CO-RE finds them by name, so order and gaps do not matter.
 */
#ifndef FOOTPRINT_LIB_VMLINUX_H
#define FOOTPRINT_LIB_VMLINUX_H

#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct thread_info {
	__u32 status; /* x86: TS_COMPAT */
};

struct task_struct {
	struct thread_info thread_info;
	int exit_code;
	int tgid;
	struct task_struct *real_parent;
	__u64 start_boottime;
};

struct linux_binprm {
	const char *filename;
};

/* x86 */
struct pt_regs {
	unsigned long orig_ax;
};

/* arm64 */
struct pt_regs___arm64 {
	__u64 pstate;
	__s32 syscallno;
};

#pragma clang attribute pop

#endif
