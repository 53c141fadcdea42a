// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The full object: the same bodies as core.bpf.c, with the kernel's types by
 * CO-RE. Needs kernel BTF and bpf_get_current_task_btf (5.11).
 */
#include "bpf/lib/vmlinux.h"
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "bpf/abi/footprint.h"
#include "bpf/lib/maps.bpf.h"

#define X32_BIT 0x40000000
#define TS_COMPAT 0x0002  /* arch/x86/include/asm/thread_info.h */
#define PSR_MODE32 0x10	  /* arch/arm64/include/uapi/asm/ptrace.h */

#if defined(__TARGET_ARCH_x86)

static __always_inline __u32 call_abi(const void *regs, __u32 nr)
{
	struct task_struct *task = bpf_get_current_task_btf();

	/* Set by every 32-bit entry, int 0x80 from 64-bit code among them. */
	if (task->thread_info.status & TS_COMPAT)
		return FP_ABI_I386;
	/* -1 has the x32 bit set, too. */
	return (__s32)nr >= 0 && nr & X32_BIT ? FP_ABI_X32 : FP_ABI_X86_64;
}

static __always_inline __u32 call_number(const void *regs)
{
	return ((const struct pt_regs *)regs)->orig_ax;
}

#else

static __always_inline __u32 call_abi(const void *regs, __u32 nr)
{
	return ((const struct pt_regs___arm64 *)regs)->pstate & PSR_MODE32 ? FP_ABI_ARM : FP_ABI_ARM64;
}

static __always_inline __u32 call_number(const void *regs)
{
	return ((const struct pt_regs___arm64 *)regs)->syscallno;
}

#endif

static __always_inline void note_exec(const void *regs, __u32 nr, __u32 abi)
{
}

static __always_inline void forget_exec(void)
{
}

static __always_inline void describe_exec(void *bprm, struct fp_ident *ident)
{
	const char *name = ((struct linux_binprm *)bprm)->filename;

	if (!may_read_kernel || bpf_probe_read_kernel_str(ident->exe, sizeof(ident->exe), name) < 0)
		ident->exe[0] = 0;
}

static __always_inline void describe_task(struct fp_ident *ident)
{
	struct task_struct *task = bpf_get_current_task_btf();

	ident->start_ns = task->start_boottime;
	/* For processes older than the attach; a birth note, if there is one, overrides it. */
	if (!ident->parent_tgid)
		ident->parent_tgid = task->real_parent->tgid;
}

static __always_inline __u32 task_status(void)
{
	return bpf_get_current_task_btf()->exit_code;
}

#include "bpf/lib/call.bpf.h"

SEC("tp_btf/sys_enter")
int sys_enter(__u64 *ctx)
{
	const void *regs = (const void *)ctx[0];
	__u32 nr = ctx[1];

	return on_enter(call_abi(regs, nr), nr, regs);
}

SEC("tp_btf/sys_exit")
int sys_exit(__u64 *ctx)
{
	return on_leave((const void *)ctx[0], ctx[1]);
}

SEC("tp_btf/sched_process_fork")
int process_fork(__u64 *ctx)
{
	return on_fork(ctx[1]);
}

SEC("tp_btf/sched_process_exec")
int process_exec(__u64 *ctx)
{
	return on_exec(ctx[1], (void *)ctx[2]);
}

SEC("tp_btf/sched_process_exit")
int process_exit(__u64 *ctx)
{
	return on_task_exit();
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
