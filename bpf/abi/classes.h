/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What stands behind descriptors: a part of footprint.h, which includes it. */
#ifndef FOOTPRINT_ABI_CLASSES_H
#define FOOTPRINT_ABI_CLASSES_H

/*
 * What makes two descriptors the same class of object. The thread reads it
 * afresh at every call: an address alone may have changed hands.
 */
struct fp_class_key {
	__u64 fops;		/* address of the file_operations */
	__u64 detail;		/* address of the file_system_type; of a socket: of its struct proto */
	/*
	 * 0..3 S_IFMT bits >> 12, 4: the file system is mounted by the kernel alone.
	 * Of a socket 16..31 family, 32..47 type, 48..63 protocol; of a device 32..63 its number.
	 */
	__u64 traits;
	__u32 epoch;		/* of what a module owns: modules freed by then + 1; else 0 */
	__u32 pad;
};
FP_SIZE(struct fp_class_key, 32);
#define FP_TRAIT_KERNEL_MOUNT (1 << 4)

/* A class that this thread met, so that it need not be looked up. Writer: its thread. */
struct fp_known {
	__u64 fops, detail, traits;
	__u32 epoch;		/* modules freed + 1 when it was looked up; 0: free */
	__u32 class_id;
};
FP_SIZE(struct fp_known, 32);
#define FP_KNOWN 4		/* power of two */

#define FP_OPERATIONS 10	/* read read_iter write write_iter unlocked_ioctl poll mmap open release iterate_shared */
#define FP_MODULE_LEN 56	/* MODULE_NAME_LEN, include/linux/module.h */
#define FP_NAME_LEN 32

/* The facts of a class. Writer: the thread that met it first, once; all before `ready`. */
struct fp_class {
	struct fp_class_key key;
	__u32 ready;		/* 1: complete */
	__u32 socket;		/* 1: it is one */
	__u32 commands;		/* distinct ioctl commands noted; written by whoever notes one */
	__u32 strange;		/* of them, and apart: that failed when they were noted */
	__u32 unnamed;		/* apart: that were done, and have no name in any table */
	__u32 pad;
	__u64 functions[FP_OPERATIONS]; /* addresses out of the file_operations; 0: not there */
	char module[FP_MODULE_LEN];	/* f_op->owner */
	char fs_module[FP_MODULE_LEN];	/* s_type->owner */
	char socket_module[FP_MODULE_LEN]; /* sock->ops->owner, else sk_prot->owner */
	char fs_type[FP_NAME_LEN];	/* s_type->name */
	char protocol[FP_NAME_LEN];	/* sk_prot->name */
	char dentry[FP_NAME_LEN];	/* name of the first file seen */
};
FP_SIZE(struct fp_class, 56 + FP_OPERATIONS * 8 + 3 * FP_MODULE_LEN + 3 * FP_NAME_LEN);

struct fp_command {
	__u32 class_id;
	__u32 command;		/* second argument of ioctl(2) */
};
FP_SIZE(struct fp_command, 8);

#endif
