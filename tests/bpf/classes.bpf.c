// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Walks the open files of one process and writes what is known of each file's
 * class, one record a descriptor: what the product's object announces, taken
 * by other means.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "tests/bpf/classes_abi.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

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
};

struct path {
	struct dentry *dentry;
};

struct file {
	const struct file_operations *f_op;
	struct inode *f_inode;
	struct path f_path;
	void *private_data;
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

struct task_struct {
	int tgid;
};

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

#pragma clang attribute pop

#define MODE_TYPE   0170000
#define MODE_SOCKET 0140000

/* Whose files. */
const volatile __u32 only_tgid = 0;

/* Too large for the stack. Written by one reader at a time. */
static struct class_record record;

#define FUNCTION(index, field) record.functions[index] = (__u64)BPF_CORE_READ(file, f_op, field)

static __always_inline void module_name(char *to, struct module *module)
{
	if (module)
		bpf_core_read_str(to, MODULE_NAME, &module->name);
}

static __always_inline void read_socket(struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);
	struct sock *sk = BPF_CORE_READ(socket, sk);
	struct proto *proto = BPF_CORE_READ(sk, __sk_common.skc_prot);

	if (!sk)
		return;
	record.socket = 1;
	record.family = BPF_CORE_READ(sk, __sk_common.skc_family);
	record.type = BPF_CORE_READ(sk, sk_type);
	record.protocol = BPF_CORE_READ(sk, sk_protocol);
	bpf_core_read_str(record.protocol_name, sizeof(record.protocol_name), &proto->name);
	module_name(record.socket_module, BPF_CORE_READ(socket, ops, owner));
}

SEC("iter/task_file")
int files(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;
	struct task_struct *task = ctx->task;

	if (!file || !task || (__u32)task->tgid != only_tgid)
		return 0;
	__builtin_memset(&record, 0, sizeof(record));
	record.fd = ctx->fd;
	record.fops = (__u64)BPF_CORE_READ(file, f_op);
	FUNCTION(0, read);
	FUNCTION(1, read_iter);
	FUNCTION(2, write);
	FUNCTION(3, write_iter);
	FUNCTION(4, unlocked_ioctl);
	FUNCTION(5, poll);
	FUNCTION(6, mmap);
	FUNCTION(7, open);
	FUNCTION(8, release);
	FUNCTION(9, iterate_shared);
	record.mode = BPF_CORE_READ(file, f_inode, i_mode) & MODE_TYPE;
	record.rdev = BPF_CORE_READ(file, f_inode, i_rdev);
	module_name(record.module, BPF_CORE_READ(file, f_op, owner));
	module_name(record.fs_module, BPF_CORE_READ(file, f_inode, i_sb, s_type, owner));
	bpf_probe_read_kernel_str(record.fs_type, sizeof(record.fs_type),
				  BPF_CORE_READ(file, f_inode, i_sb, s_type, name));
	bpf_probe_read_kernel_str(record.dentry, sizeof(record.dentry),
				  BPF_CORE_READ(file, f_path.dentry, d_name.name));
	if (record.mode == MODE_SOCKET)
		read_socket(file);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
