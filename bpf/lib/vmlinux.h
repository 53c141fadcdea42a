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

struct module {
	char name[56];
};

struct file_operations {
	struct module *owner;
	void *read, *read_iter, *write, *write_iter, *unlocked_ioctl, *poll, *mmap;
	void *open, *release, *iterate_shared;
};

struct file_system_type {
	const char *name;
	struct module *owner;
};

struct super_block {
	struct file_system_type *s_type;
	unsigned long s_flags;
};

struct inode {
	unsigned short i_mode;
	__u32 i_rdev;
	struct super_block *i_sb;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
	struct dentry *d_parent;
};

struct vfsmount {
	struct dentry *mnt_root;
};

/* fs/mount.h */
struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct fs_struct {
	struct path root, pwd;
};

struct file {
	const struct file_operations *f_op;
	struct inode *f_inode;
	struct path f_path;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct proto {
	char name[32];
	struct module *owner;
};

struct sock_common {
	unsigned short skc_family;
	struct proto *skc_prot;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_type;
	__u16 sk_protocol;
};

struct proto_ops {
	struct module *owner;
};

struct socket {
	struct sock *sk;
	const struct proto_ops *ops;
};

/* One pointer, for reading arrays of them. */
struct hlist_head {
	void *first;
};

struct seccomp {
	int mode;
};

struct mm_struct {
	struct file *exe_file;
	unsigned long arg_start, arg_end;
	unsigned long saved_auxv[2];
};

struct ns_common {
	unsigned int inum;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
};

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live;
	int group_exit_code;
	unsigned int flags;
};

struct task_struct {
	struct signal_struct *signal;
	struct seccomp seccomp;
	struct thread_info thread_info;
	int exit_code;
	int tgid;
	struct mm_struct *mm;
	struct fs_struct *fs;
	struct nsproxy *nsproxy;
	struct task_struct *group_leader;
	char comm[16];
	struct task_struct *real_parent;
	__u64 start_boottime;
	struct files_struct *files;
};

struct linux_binprm {
	const char *filename;
	const char *interp;
};

/* What perf's tracepoints hand over: include/trace/events/sched.h */
struct trace_event_raw_sched_process_fork {
	int child_pid;
};

struct trace_event_raw_sched_process_exec {
	__u32 __data_loc_filename; /* 0..15 where it begins, from the beginning of this */
	int old_pid;
};

/* x86 */
struct pt_regs {
	unsigned long orig_ax;
	unsigned long di, si, dx, r10, r8, r9; /* arguments of the 64-bit calls */
	unsigned long bx, cx, bp;	       /* and of the 32-bit ones, with dx, si, di */
};

/* arm64 */
struct pt_regs___arm64 {
	__u64 regs[31];
	__u64 pstate;
	__s32 syscallno;
};

#pragma clang attribute pop

#endif
