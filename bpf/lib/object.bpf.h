/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What stands behind a descriptor: from a number to the file, and from what
 * the file is made of to the id of a class, which is announced once.
 *
 * Nothing here is locked: another thread may close the descriptor meanwhile,
 * and its memory may become another file. So the file is read between two looks
 * at the table of descriptors, and what the looks do not agree on is not believed.
 *
 * The including object defines, before this header:
 *   u64 call_argument(regs, abi, index)
 *   READ(pointer, field)        a field of kernel memory that may be gone
 *   AS(type, address)           a pointer for READ
 */
#ifndef FOOTPRINT_LIB_OBJECT_BPF_H
#define FOOTPRINT_LIB_OBJECT_BPF_H

#include "bpf/lib/command.bpf.h"

#define RACES	   3   /* looks before a descriptor counts as unstable */
#define MINOR_BITS 20  /* include/linux/kdev_t.h */
#define PTY_MAJOR  136 /* UNIX98_PTY_SLAVE_MAJOR, include/uapi/linux/major.h */
#define PTY_MAJORS 8

/* The file of a descriptor of the current thread; NULL where there is none. fs/file.c */
static __always_inline struct file *file_at(struct task_struct *task, __u32 fd)
{
	struct fdtable *fdt = task->files->fdt;
	struct hlist_head *place;
	void *file;

	if (fd >= fdt->max_fds)
		return NULL;
	place = AS(struct hlist_head, (__u64)fdt->fd + (__u64)fd * sizeof(void *));
	file = READ(place, first);
	return AS(struct file, file);
}

static __always_inline void read_socket(struct file *file, struct fp_class_key *key)
{
	struct socket *socket = private_of(file);
	struct sock *sk = READ(socket, sk);
	__u64 family = READ(sk, __sk_common.skc_family), type = READ(sk, sk_type),
	      protocol = READ(sk, sk_protocol);

	key->detail = (__u64)READ(sk, __sk_common.skc_prot);
	key->traits |= family << 16 | type << 32 | protocol << 48;
}

/* A pseudo terminal is one of thousands that any user makes: its number is left out. */
static __always_inline __u32 device_of(__u32 rdev)
{
	return (rdev >> MINOR_BITS) - PTY_MAJOR < PTY_MAJORS ? rdev | FP_MINOR_ANY : rdev;
}

/* What the file is made of now; false when it is on its way out. */
static __always_inline bool read_key(struct file *file, struct fp_class_key *key)
{
	struct inode *inode = READ(file, f_inode);
	struct super_block *sb = READ(inode, i_sb);
	__u32 format = READ(inode, i_mode) & S_IFMT;

	key->fops = (__u64)READ(file, f_op);
	key->detail = (__u64)READ(sb, s_type);
	key->traits = format >> 12;
	key->epoch = 0;
	key->pad = 0;
	if (READ(sb, s_flags) & SB_KERNMOUNT)
		key->traits |= FP_TRAIT_KERNEL_MOUNT;
	if (format == S_IFSOCK)
		read_socket(file, key);
	else if (format == S_IFCHR || format == S_IFBLK)
		key->traits |= (__u64)device_of(READ(inode, i_rdev)) << 32;
	return inode && (__u64)READ(file, f_inode) == (__u64)inode &&
	       (__u64)READ(file, f_op) == key->fops;
}

/* Class of what stands behind `fd` now. 0: nothing. `slot` may be NULL. */
static __always_inline __u32 class_of(__u32 fd, struct fp_slot *slot)
{
	struct task_struct *task = current_task(slot);
	struct fp_class_key key;
	struct fp_known *known;
	struct file *file;
	__u32 epoch, class;
	__u64 traits;

	for (int i = 0; i < RACES; i++) {
		file = file_at(task, fd);
		if (!file)
			return 0;
		if (read_key(file, &key) && file_at(task, fd) == file)
			goto stable;
	}
	count_loss(FP_LOSS_OBJECT_UNKNOWN);
	return FP_CLASS_OTHER;
stable:
	epoch = modules_epoch;
	if (!slot)
		return find_class(&key, file, epoch);
	known = &slot->known[fd & (FP_KNOWN - 1)];
	if (known->fops == key.fops && known->detail == key.detail && known->traits == key.traits &&
	    known->epoch == epoch)
		return known->class_id;
	traits = key.traits; /* a class may leave some out */
	class = find_class(&key, file, epoch);
	if (class != FP_CLASS_OTHER) {
		known->fops = key.fops;
		known->detail = key.detail;
		known->traits = traits;
		known->epoch = epoch;
		known->class_id = class;
	}
	return class;
}

static __noinline __u32 class_at(__u32 fd, struct fp_slot *slot)
{
	return class_of(fd, slot);
}

/* The call takes no descriptor this time: mmap with MAP_ANONYMOUS. */
static __always_inline bool exempt(const void *regs, __u32 abi, __u32 owner)
{
	__u32 place = owner >> FP_OWNER_UNLESS_SHIFT & FP_OWNER_PLACE_MASK;
	__u32 bit = owner >> FP_OWNER_BIT_SHIFT & FP_OWNER_BIT_MASK;
	__u32 value;

	if (!place)
		return false;
	value = call_argument(regs, abi, place - 1);
	return bit == FP_OWNER_ANY_BIT ? value != 0 : value >> (bit & 31) & 1;
}

static __always_inline __u32 command_given(const void *regs, __u32 abi)
{
	return call_argument(regs, abi, 1);
}

static __always_inline __u64 with_object(const void *regs, __u32 abi, __u32 owner, __u64 key,
					 struct fp_slot *slot)
{
	__u32 place = owner >> FP_OWNER_FD_SHIFT & FP_OWNER_PLACE_MASK;
	__u32 class;

	if (!place || exempt(regs, abi, owner))
		return key;
	class = class_of(call_argument(regs, abi, place - 1), slot);
	if (owner & FP_OWNER_IOCTL)
		class = entering_command(class, command_given(regs, abi));
	return key | (__u64) class << FP_KEY_CLASS_SHIFT;
}

static __always_inline __u32 makes_object(const void *regs, __u32 abi, __u32 owner, __u64 key)
{
	if (owner & FP_OWNER_IOCTL)
		return key & (__u64)FP_CLASS_ANY_COMMAND << FP_KEY_CLASS_SHIFT &&
			       !(key & (__u64)FP_CLASS_COMMAND << FP_KEY_CLASS_SHIFT)
			   ? FP_MAKES_COMMAND
			   : FP_MAKES_NOTHING;
	return owner & FP_OWNER_MAKES_FD && !exempt(regs, abi, owner);
}

static __always_inline __u32 made_class(__u32 fd, struct fp_slot *slot)
{
	return class_at(fd, slot);
}

static __always_inline void count_second(const void *regs, __u32 abi, __u32 owner, __u64 key,
					 struct fp_slot *slot, const struct fp_ident *ident)
{
	__u32 place = owner >> FP_OWNER_FD2_SHIFT & FP_OWNER_PLACE_MASK;
	__u64 class;

	if (!place || exempt(regs, abi, owner))
		return;
	class = class_at(call_argument(regs, abi, place - 1), slot);
	key = (key & ~(FP_KEY_CLASS_MASK << FP_KEY_CLASS_SHIFT)) | FP_KEY_SECOND |
	      class << FP_KEY_CLASS_SHIFT;
	if (slot)
		count_call(slot, key);
	else
		spill_call(ident, key);
}

#endif
