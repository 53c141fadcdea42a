/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a saved register frame tells without kernel types. Layouts are user-space
 * ABI: arch/x86/include/uapi/asm/ptrace.h, arch/arm64/include/uapi/asm/ptrace.h;
 * the two arm64 words behind user_pt_regs are arch/arm64/include/asm/ptrace.h,
 * unchanged since 4.14.
 */
#ifndef FOOTPRINT_LIB_REGS_BPF_H
#define FOOTPRINT_LIB_REGS_BPF_H

#include "bpf/lib/maps.bpf.h"

#define FP_X32_BIT 0x40000000

#if defined(__TARGET_ARCH_x86)

#define FP_ABI_FOR_LIFE 0	/* int 0x80 may stand anywhere */
#define USER64_CS 0x33 /* __USER_CS, arch/x86/include/asm/segment.h */

struct fp_regs {
	__u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
	__u64 orig_ax, ip, cs, flags, sp, ss;
};

static __always_inline __u32 abi_from_regs(const void *frame, __u32 nr)
{
	struct {
		__u64 r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags;
	} part;

	if (bpf_probe_read_kernel(&part, sizeof(part), frame + __builtin_offsetof(struct fp_regs, r11)))
		return FP_ABI_X86_64;
	if ((__u16)part.cs != USER64_CS)
		return FP_ABI_I386;
	/*
	 * SYSCALL leaves the return address in rcx and the flags in r11; int 0x80
	 * leaves what the program had there. entry_SYSCALL_64, arch/x86/entry/entry_64.S
	 */
	if (int80_by_regs && (part.cx != part.ip || part.r11 != part.flags))
		return FP_ABI_I386;
	/* -1 has the x32 bit set, too. */
	return (__s32)nr >= 0 && nr & FP_X32_BIT ? FP_ABI_X32 : FP_ABI_X86_64;
}

static __always_inline __u32 number_from_regs(const void *frame)
{
	__u64 nr = -1;

	bpf_probe_read_kernel(&nr, sizeof(nr), frame + __builtin_offsetof(struct fp_regs, orig_ax));
	return nr;
}

static __always_inline __u64 stack_pointer(const void *frame)
{
	__u64 sp = 0;

	bpf_probe_read_kernel(&sp, sizeof(sp), frame + __builtin_offsetof(struct fp_regs, sp));
	return sp;
}

/* First argument of execve, second of execveat. */
static __always_inline const void *exec_name_from_regs(const void *frame, __u32 nr, __u32 abi)
{
	struct fp_regs regs;
	int first;

	if (bpf_probe_read_kernel(&regs, sizeof(regs), frame))
		return NULL;
	if (abi == FP_ABI_I386) {
		first = nr == 11; /* __NR_execve, asm/unistd_32.h */
		return (const void *)(__u64)(__u32)(first ? regs.bx : regs.cx);
	}
	first = abi == FP_ABI_X32 ? (nr & ~FP_X32_BIT) == 520 : nr == 59; /* asm/unistd_x32.h, _64.h */
	return (const void *)(first ? regs.di : regs.si);
}

#elif defined(__TARGET_ARCH_arm64)

#define FP_ABI_FOR_LIFE 1	/* a program runs in one state, which an exec alone changes */
#define PSR_MODE32 0x10 /* PSR_MODE32_BIT */

struct fp_regs {
	__u64 regs[31], sp, pc, pstate, orig_x0;
	__s32 syscallno;
};

static __always_inline __u32 abi_from_regs(const void *frame, __u32 nr)
{
	__u64 pstate = 0;

	bpf_probe_read_kernel(&pstate, sizeof(pstate),
			      frame + __builtin_offsetof(struct fp_regs, pstate));
	return pstate & PSR_MODE32 ? FP_ABI_ARM : FP_ABI_ARM64;
}

static __always_inline __u32 number_from_regs(const void *frame)
{
	__s32 nr = -1;

	bpf_probe_read_kernel(&nr, sizeof(nr), frame + __builtin_offsetof(struct fp_regs, syscallno));
	return nr;
}

/* A 32-bit program's is r13. */
static __always_inline __u64 stack_pointer(const void *frame)
{
	__u64 sp = 0, pstate = 0;

	bpf_probe_read_kernel(&pstate, sizeof(pstate),
			      frame + __builtin_offsetof(struct fp_regs, pstate));
	bpf_probe_read_kernel(&sp, sizeof(sp),
			      pstate & PSR_MODE32 ? frame + 13 * sizeof(__u64) :
						    frame + __builtin_offsetof(struct fp_regs, sp));
	return sp;
}

static __always_inline const void *exec_name_from_regs(const void *frame, __u32 nr, __u32 abi)
{
	__u64 args[2] = {};
	int first = abi == FP_ABI_ARM ? nr == 11 : nr == 221;

	bpf_probe_read_kernel(args, sizeof(args), frame);
	return (const void *)(first ? args[0] : args[1]);
}

#else
#error "this architecture has no register layout yet"
#endif

#endif
