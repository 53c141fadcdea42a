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

/*
 * Kernel memory that may be gone. With typed loads (6.2) the verifier makes each
 * read one load that faults to 0; without, it is a call of a helper.
 */
#ifdef FP_TYPED_LOADS
extern void *bpf_rdonly_cast(const void *object, __u32 btf_id) __ksym;
#define AS(type, address) ((type *)bpf_rdonly_cast((const void *)(address), bpf_core_type_id_kernel(type)))
#define READ(pointer, field) ((pointer)->field)
#else
#define AS(type, address) ((type *)(address))
#define READ(pointer, field) BPF_CORE_READ(pointer, field)
#endif

/*
 * A typed pointer is no number to the verifier, and cannot be made one; its distance from
 * another pointer is. Any will do that stays where it is.
 */
static __always_inline __u64 frame_of(const void *regs)
{
	return (__u64)regs - (__u64)&armed;
}

/* The slot, where it knows its thread's task, spares the call of a helper. */
static __always_inline struct task_struct *current_task(const struct fp_slot *slot)
{
#ifdef FP_TYPED_LOADS
	return AS(struct task_struct, slot && slot->task ? slot->task : bpf_get_current_task());
#else
	return bpf_get_current_task_btf();
#endif
}

#define X32_BIT 0x40000000
#define TS_COMPAT 0x0002  /* arch/x86/include/asm/thread_info.h */
#define PSR_MODE32 0x10	  /* arch/arm64/include/uapi/asm/ptrace.h */

#if defined(__TARGET_ARCH_x86)

static __always_inline __u32 call_abi(const void *regs, __u32 nr, const struct fp_slot *slot)
{
	/* Set by every 32-bit entry, int 0x80 from 64-bit code among them. */
	if (current_task(slot)->thread_info.status & TS_COMPAT)
		return FP_ABI_I386;
	/* -1 has the x32 bit set, too. */
	return (__s32)nr >= 0 && nr & X32_BIT ? FP_ABI_X32 : FP_ABI_X86_64;
}

static __always_inline __u32 call_number(const void *regs)
{
	return ((const struct pt_regs *)regs)->orig_ax;
}

static __always_inline __u64 call_argument(const void *frame, __u32 abi, __u32 index)
{
	const struct pt_regs *regs = frame;

	if (abi == FP_ABI_I386) {
		switch (index) {
		case 0:
			return regs->bx;
		case 1:
			return regs->cx;
		case 2:
			return regs->dx;
		case 3:
			return regs->si;
		case 4:
			return regs->di;
		}
		return regs->bp;
	}
	switch (index) {
	case 0:
		return regs->di;
	case 1:
		return regs->si;
	case 2:
		return regs->dx;
	case 3:
		return regs->r10;
	case 4:
		return regs->r8;
	}
	return regs->r9;
}

#else

static __always_inline __u32 call_abi(const void *regs, __u32 nr, const struct fp_slot *slot)
{
	return ((const struct pt_regs___arm64 *)regs)->pstate & PSR_MODE32 ? FP_ABI_ARM : FP_ABI_ARM64;
}

static __always_inline __u32 call_number(const void *regs)
{
	return ((const struct pt_regs___arm64 *)regs)->syscallno;
}

/* At entry x0 still is the first argument; 32-bit calls pass theirs in the same registers. */
static __always_inline __u64 call_argument(const void *frame, __u32 abi, __u32 index)
{
	const struct pt_regs___arm64 *regs = frame;

	switch (index) {
	case 0:
		return regs->regs[0];
	case 1:
		return regs->regs[1];
	case 2:
		return regs->regs[2];
	case 3:
		return regs->regs[3];
	case 4:
		return regs->regs[4];
	}
	return regs->regs[5];
}

#endif

static __always_inline void note_exec(const void *regs, __u32 nr, __u32 abi)
{
}

static __always_inline void forget_exec(void)
{
}

static __always_inline void describe_task(struct fp_ident *ident)
{
	struct task_struct *task = bpf_get_current_task_btf();

	ident->start_ns = task->group_leader->start_boottime;
	/* For processes older than the attach; a birth note, if there is one, overrides it. */
	if (!ident->parent_tgid)
		ident->parent_tgid = task->real_parent->tgid;
}

/*
 * clone(2) with CLONE_PARENT makes a sibling, which runs the program of the one that made it. Where
 * that one has another parent by now than at its birth, the sibling stays in the tree of its maker.
 */
static __always_inline void find_parent(struct fp_birth *birth, __u64 child, const struct fp_ident *ident)
{
	const struct task_struct *task = (const void *)child;
	__u32 parent;

	/* The program of perf does not hand the task over. */
	if (!may_read_kernel || !(child >> 32))
		return;
	parent = BPF_CORE_READ(task, real_parent, tgid);
	if (parent == birth->parent_tgid || (__u32)BPF_CORE_READ(task, tgid) == birth->parent_tgid)
		return;
	if (!ident || ident->parent_tgid != parent)
		return;
	birth->parent_life = ident->parent_life;
	birth->parent_tgid = parent;
	birth->parent_image = FP_IMAGE_UNKNOWN;
}

/* kernel/exit.c counts the thread off before it passes the tracepoint. */
static __always_inline __u32 process_ends(void)
{
	return bpf_get_current_task_btf()->signal->live.counter == 0;
}

#define SIGNAL_GROUP_EXIT 4 /* include/linux/sched/signal.h */

/* As wait_task_zombie() has it, kernel/exit.c. */
static __always_inline __u32 task_status(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return task->signal->flags & SIGNAL_GROUP_EXIT ? task->signal->group_exit_code :
							 task->group_leader->exit_code;
}

#define SECCOMP_MODE_DEAD 3 /* kernel/seccomp.c, since 5.16; before that no mode has the number */

static __always_inline __u32 dies_refused(void)
{
	if (!bpf_core_field_exists(((struct task_struct *)0)->seccomp.mode))
		return 0;
	return bpf_get_current_task_btf()->seccomp.mode == SECCOMP_MODE_DEAD;
}

static __always_inline const void *own_regs(void)
{
	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs)) /* 5.15 */
		return NULL;
	return (const void *)bpf_task_pt_regs(bpf_get_current_task_btf());
}

static __always_inline void note_arguments(const void *regs, __u32 abi, const struct fp_ident *ident)
{
}

#include "bpf/lib/note.bpf.h"
#include "bpf/lib/object.bpf.h"
#include "bpf/lib/leave.bpf.h"
#include "bpf/lib/rescue.bpf.h"

SEC("tp_btf/sys_enter")
int sys_enter(__u64 *ctx)
{
	const void *regs = (const void *)ctx[0];

	if (rescues && perf_took_enter(regs, ctx[1]))
		return 0;
	on_enter(regs, ctx[1]);
	return raw_took(FP_RESCUED_ENTER);
}

SEC("tp_btf/sys_exit")
int sys_exit(__u64 *ctx)
{
	const void *regs = (const void *)ctx[0];

	if (rescues && perf_took_exit(regs))
		return 0;
	on_leave(regs, ctx[1]);
	return raw_took(FP_RESCUED_EXIT);
}

SEC("tp_btf/sched_process_fork")
int process_fork(__u64 *ctx)
{
	if (rescues && perf_took_fork())
		return 0;
	on_fork(ctx[1]);
	return raw_took(FP_RESCUED_FORK);
}

SEC("tp_btf/sched_process_exec")
int process_exec(__u64 *ctx)
{
	const struct linux_binprm *program = (const void *)ctx[2];
	struct exec exec = { .old_tid = ctx[1] };

	if (rescues && perf_took_exec())
		return 0;
	/* Not by typed loads: of characters they are no numbers to later verifiers. */
	if (may_read_kernel) {
		exec.given = (__u64)BPF_CORE_READ(program, filename);
		exec.interpreted = (__u64)BPF_CORE_READ(program, interp);
	}
	on_exec(&exec);
	return raw_took(FP_RESCUED_EXEC);
}

SEC("tp_btf/sched_process_exit")
int process_exit(__u64 *ctx)
{
	if (rescues)
		note_rescued_end();
	return on_end();
}

/*
 * From here on the module's memory may be another's, and so may its addresses:
 * classes of modules are looked up anew. Nothing of it is open any more.
 */
static __always_inline int on_module_free(void)
{
	__sync_fetch_and_add(&modules_epoch, 1);
	return 0;
}

SEC("raw_tp/module_free")
int module_free(void *ctx)
{
	return on_module_free();
}

/* Unmarked: once more does no harm. */
SEC("tp/module/module_free")
int module_free_perf(void *ctx)
{
	return on_module_free();
}

SEC("raw_tp/cgroup_attach_task")
int cgroup_move(void *ctx)
{
	return on_move();
}

/* Unmarked: a thread that is asked once more stays where it is. */
SEC("tp/cgroup/cgroup_attach_task")
int cgroup_move_perf(void *ctx)
{
	return on_move();
}

SEC("raw_tp/task_rename")
int task_rename(struct bpf_raw_tracepoint_args *ctx)
{
	return on_rename(ctx->args[0]);
}

/* Unmarked, too. It is not told the task, and threads seldom name others. */
SEC("tp/task/task_rename")
int task_rename_perf(void *ctx)
{
	return on_rename(bpf_get_current_task());
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
