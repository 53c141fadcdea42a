/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ids of classes and of ioctl commands, handed out once each. An id is a hash of
 * what it stands for, moved on where two meet: BPF_NOEXIST decides, so that no
 * counter has to be fetched (5.12) and an id is never given twice.
 */
#ifndef FOOTPRINT_LIB_CLASS_BPF_H
#define FOOTPRINT_LIB_CLASS_BPF_H

#include <stdbool.h>

#include "bpf/lib/slot.bpf.h"

#define S_IFMT	     0170000 /* include/uapi/linux/stat.h */
#define S_IFSOCK     0140000
#define S_IFBLK	     0060000
#define S_IFCHR	     0020000
#define SB_KERNMOUNT (1UL << 22) /* include/linux/fs.h */
#define ID_PROBES    8
#define HASH_MASK    ((1U << FP_CLASS_HASH_BITS) - 1)

/* Ended by: the daemon, when a module was freed since. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct fp_class_key);
	__type(value, __u32);
} class_ids SEC(".maps");

/* By class. Ended as class_ids. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct fp_class);
} classes SEC(".maps");

/*
 * How many device numbers, or protocols, a driver has. By the class of those that share one. Of the
 * commands without a name: how many differ in their size alone, see command_family().
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct fp_class_key);
	__type(value, __u32);
} families SEC(".maps");

static const struct fp_class zero_class;

static __always_inline void module_name(char *to, struct module *module)
{
	if (module)
		bpf_probe_read_kernel_str(to, FP_MODULE_LEN, &module->name);
}

/* Of a socket's file: the socket. */
static __always_inline struct socket *private_of(struct file *file)
{
	void *data = READ(file, private_data);

	return AS(struct socket, data);
}

/* Does any part of it belong to a module, which may go? */
static __always_inline bool of_module(const struct fp_class_key *key, struct file *file)
{
	struct file_operations *fops = AS(struct file_operations, key->fops);
	struct file_system_type *type = AS(struct file_system_type, key->detail);

	if ((key->traits & 0xf) == S_IFSOCK >> 12) {
		struct socket *socket = private_of(file);
		const struct proto_ops *ops = READ(socket, ops);
		struct proto *proto = AS(struct proto, key->detail);

		return READ(ops, owner) || READ(proto, owner);
	}
	return READ(fops, owner) || READ(type, owner);
}

static __always_inline void describe_socket(struct fp_class *class, struct file *file)
{
	struct socket *socket = private_of(file);
	const struct proto_ops *ops = READ(socket, ops);
	struct proto *proto = AS(struct proto, class->key.detail);

	class->socket = socket != NULL;
	bpf_probe_read_kernel_str(class->protocol, sizeof(class->protocol), &proto->name);
	module_name(class->socket_module, READ(ops, owner));
	if (!class->socket_module[0])
		module_name(class->socket_module, READ(proto, owner));
}

#define FUNCTION(index, field) class->functions[index] = (__u64)READ(fops, field)

static __always_inline void describe_class(struct fp_class *class, struct file *file)
{
	struct file_operations *fops = AS(struct file_operations, class->key.fops);
	struct inode *inode = READ(file, f_inode);
	struct super_block *sb = READ(inode, i_sb);
	struct file_system_type *type = READ(sb, s_type);
	struct dentry *dentry = READ(file, f_path.dentry);
	const void *name = READ(dentry, d_name.name);

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
	module_name(class->module, READ(fops, owner));
	module_name(class->fs_module, READ(type, owner));
	bpf_probe_read_kernel_str(class->fs_type, sizeof(class->fs_type), READ(type, name));
	bpf_probe_read_kernel_str(class->dentry, sizeof(class->dentry), name);
	if ((class->key.traits & 0xf) == S_IFSOCK >> 12)
		describe_socket(class, file);
}

/* An id of its own for a new class; 0 when there is no room. */
static __noinline __u32 reserve_class(const struct fp_class_key *key)
{
	struct fp_class_key plain = {};
	__u32 hash, epoch = key->epoch ? key->epoch % (FP_CLASS_EPOCHS - 1) + 1 : 0;

	/* Copied by a helper, its addresses are numbers to the verifier, and may be calculated
	 * with. */
	bpf_probe_read_kernel(&plain, sizeof(plain), key);
	hash = mix(plain.fops ^ mix(plain.detail) ^ (__u64)mix(plain.traits) << 20);

#pragma unroll
	for (__u32 i = 0; i < ID_PROBES; i++) {
		__u32 id = epoch << FP_CLASS_HASH_BITS | ((hash + i) & HASH_MASK);

		if (id && !bpf_map_update_elem(&classes, &id, &zero_class, BPF_NOEXIST))
			return id;
	}
	return 0;
}

/* First sight of a class on this CPU: another may be announcing the same one. */
static __always_inline __u32 announce_class(const struct fp_class_key *key, struct file *file)
{
	__u32 id = reserve_class(key), *winner;
	struct fp_class *class;

	if (!id)
		goto full;
	class = bpf_map_lookup_elem(&classes, &id);
	if (!class)
		goto full;
	class->key = *key;
	describe_class(class, file);
	barrier();
	class->ready = 1;
	if (bpf_map_update_elem(&class_ids, key, &id, BPF_NOEXIST)) {
		bpf_map_delete_elem(&classes, &id);
		winner = bpf_map_lookup_elem(&class_ids, key);
		if (!winner)
			goto full;
		return *winner;
	}
	__sync_fetch_and_add(&classes_total, 1);
	send_event(FP_EVENT_CLASS, id, NULL);
	return id;
full:
	count_loss(FP_LOSS_OBJECT_UNKNOWN);
	return FP_CLASS_OTHER;
}

/*
 * Leaves out what tells a device, or a socket's protocol, from others of its driver, once there
 * are so many: a user may make more of them than any table holds.
 */
static __always_inline bool join_family(struct fp_class_key *key)
{
	struct fp_class_key family = *key;
	__u32 format = key->traits & 0xf, none = 0, *members;

	if (format == S_IFSOCK >> 12)
		family.traits |= (__u64)FP_PROTOCOL_ANY << 48;
	else if (format == S_IFCHR >> 12 || format == S_IFBLK >> 12)
		family.traits |= (__u64)FP_MINOR_ANY << 32;
	else
		return false;
	members = bpf_map_lookup_elem(&families, &family);
	if (!members) {
		bpf_map_update_elem(&families, &family, &none, BPF_NOEXIST);
		members = bpf_map_lookup_elem(&families, &family);
		if (!members)
			return false;
	}
	if (*members >= FP_CLASS_MINORS) {
		key->traits = family.traits;
		return true;
	}
	__sync_fetch_and_add(members, 1);
	return false;
}

static __noinline __u32 find_class(struct fp_class_key *key, struct file *file, __u32 epoch)
{
	__u32 *id;

	key->epoch = of_module(key, file) ? epoch : 0;
	id = bpf_map_lookup_elem(&class_ids, key);
	if (!id && join_family(key))
		id = bpf_map_lookup_elem(&class_ids, key);
	return id ? *id : announce_class(key, file);
}

#endif
