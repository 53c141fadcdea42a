/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The contract between the module programs and the daemon. Counts are exact and
 * cumulative; a generation of a module is the time between its load and its
 * free, so that a module which comes back does not inherit references.
 */
#ifndef FOOTPRINT_ABI_MODULES_H
#define FOOTPRINT_ABI_MODULES_H

#include "bpf/abi/footprint.h"

#define FP_MODULE_NAME_LEN 56	/* MODULE_NAME_LEN of 64-bit kernels, include/linux/moduleparam.h */
#define FP_MODULE_ARGS_LEN 128	/* arguments of the loading program, cut */

/* Why something may be missing. Writers: kernel programs, by atomic add. */
enum fp_module_loss {
	FP_MODULE_LOSS_COUNTS = 0,	/* loads, frees, gets and puts whose module's entry did not fit */
	FP_MODULE_LOSS_CALLERS = 1,	/* gets and puts that are counted, but for no caller */
	FP_MODULE_LOSS_REQUESTS = 2,	/* requests that are not counted */
	FP_MODULE_LOSS_EVENTS = 3,	/* ring buffer full; costs events, never counts */
	FP_MODULE_LOSS_COUNT = 4,
};

/* One generation of a module. */
struct fp_module_key {
	char name[FP_MODULE_NAME_LEN];
	__u64 loaded_ns;	/* boot-time ns of module_load; 0: loaded before the attach */
};
FP_SIZE(struct fp_module_key, FP_MODULE_NAME_LEN + 8);

/* Writers: any task, by atomic add, but for the fields that say otherwise. */
struct fp_module_counts {
	__u64 loads;
	__u64 unloads;
	__u64 gets;
	__u64 puts;
	__u64 taints;		/* of the module at its load; full object only */
	__u64 first_ip;		/* call site of the first get */
	__s64 refcount;		/* seen in struct module after the latest get or put; full object only */
	/*
	 * Most gets without their puts within an epoch, by epoch & 1: what the module
	 * was used at most at one time. Plain writes: two processors at once may lose one.
	 */
	__s64 peak[2];
	__u32 peak_epoch[2];
	__u32 first_tgid;	/* who made it */
	__u32 has_refcount;
	char first_comm[FP_COMM_LEN];
};
FP_SIZE(struct fp_module_counts, 88 + FP_COMM_LEN);

enum fp_module_kind {
	FP_MODULE_LOAD = 1,
	FP_MODULE_FREE = 2,
	FP_MODULE_REQUEST = 3,
	FP_MODULE_FIRST_GET = 4,	/* the first of a process, as an event */
	FP_MODULE_GET = 5,
	FP_MODULE_PUT = 6,
};

/*
 * Who takes and gives back. Entries of an epoch that is over do not change any
 * more: the daemon folds and deletes them.
 */
struct fp_module_caller_key {
	struct fp_module_key module;
	__u64 ip;		/* call site of try_module_get, __module_get or module_put */
	__u64 start_ns;		/* start_boottime of the process; 0 in the core object */
	__u32 tgid;		/* in an interrupt that of the task it interrupts */
	__u32 kind;		/* FP_MODULE_GET or FP_MODULE_PUT */
	__u32 epoch;
	__u32 pad;
	char comm[FP_COMM_LEN];
};
FP_SIZE(struct fp_module_caller_key, FP_MODULE_NAME_LEN + 40 + FP_COMM_LEN);

struct fp_module_caller {
	__u64 count;
	__u64 cgroup;		/* v2 id, of the first */
};
FP_SIZE(struct fp_module_caller, 16);

struct fp_request_key {
	char name[FP_MODULE_NAME_LEN];	/* as asked for: "net-pf-31" */
	__u32 wait;			/* 1: the caller waits for modprobe */
	__u32 epoch;
};
FP_SIZE(struct fp_request_key, FP_MODULE_NAME_LEN + 8);

struct fp_request {
	__u64 count;
	__u64 first_ip;
	__u64 cgroup;
	__u32 tgid;		/* of the first */
	__u32 pad;
	char comm[FP_COMM_LEN];
};
FP_SIZE(struct fp_request, 32 + FP_COMM_LEN);

/* Processes whose first get has been told. LRU: one that is forgotten is told again. */
struct fp_first_key {
	struct fp_module_key module;
	__u64 start_ns;
	__u32 tgid;
	__u32 pad;
};
FP_SIZE(struct fp_first_key, FP_MODULE_NAME_LEN + 24);

struct fp_module_event {
	__u32 kind;		/* enum fp_module_kind, up to FIRST_GET */
	__u32 wait;		/* REQUEST */
	__u64 when;		/* boot-time ns */
	__u64 loaded_ns;	/* generation; not of REQUEST */
	__u64 ip;		/* not of LOAD and FREE */
	__u64 taints;		/* LOAD, full object */
	__u64 cgroup;
	__u64 start_ns;		/* of the process; full object */
	__u32 tgid;
	__u32 uid;
	__u32 parent_tgid;	/* full object; else 0 */
	__u32 parent_kernel;	/* 1: the parent is a kernel thread: the kernel started this process */
	char comm[FP_COMM_LEN];
	char parent_comm[FP_COMM_LEN];
	char name[FP_MODULE_NAME_LEN];
	char args[FP_MODULE_ARGS_LEN];	/* LOAD, full object: argv, NUL between */
};
FP_SIZE(struct fp_module_event, 72 + 2 * FP_COMM_LEN + FP_MODULE_NAME_LEN + FP_MODULE_ARGS_LEN);

#endif
