// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The core object: no kernel types, no CO-RE, no kernel BTF. Raw tracepoints,
 * helpers and user-space ABI alone, so that it loads wherever raw tracepoints
 * do. It lacks start times, wait statuses and, later, the objects behind
 * descriptors; see full.bpf.c.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "bpf/abi/footprint.h"
#include "bpf/abi/notes.h"
#include "bpf/lib/maps.bpf.h"
#include "bpf/lib/regs.bpf.h"

/*
 * File name of an execve under way, by tid: after the exec the memory that
 * holds it is gone. Ended by: the exec, its failure.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 128);
	__type(key, __u32);
	__type(value, char[FP_NOTE_GIVEN_ROOM]);
} exec_names SEC(".maps");

static __always_inline __u64 frame_of(const void *regs)
{
	return (__u64)regs;
}

static __always_inline __u32 call_abi(const void *regs, __u32 nr, struct fp_slot *slot)
{
	__u32 abi;

	if (FP_ABI_FOR_LIFE && slot && slot->abi)
		return slot->abi;
	abi = abi_from_regs(regs, nr);
	if (FP_ABI_FOR_LIFE && slot)
		slot->abi = abi;
	return abi;
}

static __always_inline __u32 call_number(const void *regs)
{
	return number_from_regs(regs);
}

static __noinline int note_exec(const void *regs, __u32 nr, __u32 abi)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	char name[FP_NOTE_GIVEN_ROOM] = {};
	const void *user = exec_name_from_regs(regs, nr, abi);

	/* Without faulting: a name on a page that is not in memory stays unknown. */
	if (bpf_probe_read_user_str(name, sizeof(name), user) > 1)
		bpf_map_update_elem(&exec_names, &tid, name, BPF_ANY);
	else
		bpf_map_delete_elem(&exec_names, &tid); /* that of an exec before */
	return 0;
}

static __always_inline void forget_exec(void)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&exec_names, &tid);
}

#include "bpf/lib/note_core.bpf.h"

static __always_inline void describe_task(struct fp_ident *ident)
{
}

/* It knows no kernel types: the forking process is taken for the parent. */
static __always_inline void find_parent(struct fp_birth *birth, __u64 child, const struct fp_ident *ident)
{
}

static __always_inline __u32 process_ends(void)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	return (__u32)pid_tgid == pid_tgid >> 32;
}

static __always_inline __u32 task_status(void)
{
	return 0;
}

/* What stands behind a descriptor takes kernel types: only the full object measures it. */
static __always_inline __u64 with_object(const void *regs, __u32 abi, __u32 owner, __u64 key,
					 struct fp_slot *slot)
{
	return key;
}

static __always_inline __u32 makes_object(const void *regs, __u32 abi, __u32 owner, __u64 key)
{
	return 0;
}

static __always_inline __u32 made_class(__u32 fd, struct fp_slot *slot)
{
	return 0;
}

static __always_inline __u32 command_given(const void *regs, __u32 abi)
{
	return 0;
}

static __always_inline __u32 noted_command(__u32 class, __u32 command, __u32 error)
{
	return 0;
}

static __always_inline void count_second(const void *regs, __u32 abi, __u32 owner, __u64 key,
					 struct fp_slot *slot, const struct fp_ident *ident)
{
}

static __always_inline __u32 dies_refused(void)
{
	return 0;
}

static __always_inline const void *own_regs(void)
{
	return NULL;
}

#include "bpf/lib/leave.bpf.h"

SEC("raw_tp/sys_enter")
int sys_enter(struct bpf_raw_tracepoint_args *ctx)
{
	return on_enter((const void *)ctx->args[0], ctx->args[1]);
}

SEC("raw_tp/sys_exit")
int sys_exit(struct bpf_raw_tracepoint_args *ctx)
{
	return on_leave((const void *)ctx->args[0], ctx->args[1]);
}

SEC("raw_tp/sched_process_fork")
int process_fork(struct bpf_raw_tracepoint_args *ctx)
{
	return on_fork(ctx->args[1]);
}

SEC("raw_tp/sched_process_exec")
int process_exec(struct bpf_raw_tracepoint_args *ctx)
{
	struct exec exec = { .old_tid = ctx->args[1] };

	return on_exec(&exec);
}

SEC("raw_tp/sched_process_exit")
int process_exit(struct bpf_raw_tracepoint_args *ctx)
{
	return on_end();
}

SEC("raw_tp/cgroup_attach_task")
int cgroup_move(void *ctx)
{
	return on_move();
}

SEC("raw_tp/task_rename")
int task_rename(struct bpf_raw_tracepoint_args *ctx)
{
	return on_rename(ctx->args[0]);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
