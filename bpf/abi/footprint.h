/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The contract between the kernel programs and the daemon: every struct that
 * crosses the border, with its unit and its writer. Fixed-width fields only.
 * The daemon includes <linux/types.h> first, a BPF object its vmlinux.h.
 */
#ifndef FOOTPRINT_ABI_FOOTPRINT_H
#define FOOTPRINT_ABI_FOOTPRINT_H

#ifdef __cplusplus
#define FP_SIZE(type, bytes) static_assert(sizeof(type) == (bytes), #type)
#else
#define FP_SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type)
#endif

/* Instruction set and calling convention of one call, decided at its entry. */
enum fp_abi {
	FP_ABI_X86_64 = 1,
	FP_ABI_I386 = 2,	/* 32-bit programs, and int 0x80 from 64-bit ones */
	FP_ABI_X32 = 3,		/* numbers are stored without __X32_SYSCALL_BIT */
	FP_ABI_ARM64 = 4,
	FP_ABI_ARM = 5,		/* EABI on a 64-bit kernel */
	FP_ABI_RISCV64 = 6,
};

/* What is measured beside the calls themselves; bits. */
#define FP_MEASURE_ERRORS 1	/* sys_exit: errors, errnos */
#define FP_MEASURE_LATENCY 2	/* + two clock reads a call; needs ERRORS */
#define FP_MEASURE_OBJECTS 4	/* + the object behind the descriptor; needs ERRORS */
#define FP_MEASURE_ALL 7

/* Why something may be missing. Writers: kernel programs, by atomic add. */
enum fp_loss {
	FP_LOSS_CALLS_UNATTRIBUTED = 0,	/* calls that fit in no slot and no spill entry */
	FP_LOSS_DETAIL_DROPPED = 1,	/* errors, errnos or times whose entry did not fit */
	FP_LOSS_EXIT_UNMATCHED = 2,	/* entries that found the thread's previous call open */
	FP_LOSS_ORIGIN_UNKNOWN = 3,	/* lives whose parent could not be noted at fork */
	FP_LOSS_EVENTS_DROPPED = 4,	/* ring buffer full; costs events, never counts */
	FP_LOSS_OBJECT_UNKNOWN = 5,	/* calls whose object could not be told: table of classes full, or a race */
	FP_LOSS_COMMAND_DROPPED = 6,	/* ioctl calls counted under their object without their command */
	FP_LOSS_COUNT = 7,
};

/* Who lost something. Value of the map `losers`: how often. Writer: kernel programs, by atomic add. */
struct fp_loser {
	__u32 tgid;		/* initial pid namespace */
	__u32 cause;		/* enum fp_loss */
};
FP_SIZE(struct fp_loser, 8);
#define FP_LOSERS 4096

/*
 * Cell key: bit 63 used, 60..62 kind, 56..59 ABI, 32..55 object class,
 * 0..31 syscall number (two's complement, so -1 keeps its own cell).
 *
 * Without a kind the cell counts calls; every call is in exactly one such cell.
 * denied: calls that left without having entered, because seccomp refused them
 *   before the sys_enter tracepoint (kernel/entry/common.c).
 * second: calls that had a second descriptor, by what stood behind that one.
 * made: calls that answered a new descriptor, by what stands behind it; they
 *   are among those of the cell without an object, too. Of an ioctl: calls whose
 *   command was noted when they left; they are among those of their object with
 *   any command, too.
 */
#define FP_KEY_USED (1ULL << 63)
#define FP_KEY_DENIED (1ULL << 62)
#define FP_KEY_SECOND (1ULL << 61)
#define FP_KEY_MADE (1ULL << 60)
/* In a further slot, what found no room in the thread's own tables; calls: the count. */
#define FP_KEY_ERRNO (FP_KEY_SECOND | FP_KEY_MADE) /* the rest as fp_errno.key */
#define FP_KEY_TIME (FP_KEY_DENIED | FP_KEY_MADE) /* the rest as of FP_SPILL_HIST */
#define FP_KEY_ABI_SHIFT 56
#define FP_KEY_ABI_MASK 0xfULL
#define FP_KEY_CLASS_SHIFT 32
#define FP_KEY_CLASS_MASK 0xffffffULL

/*
 * What the class of a key says. 0: no object. Bit 23: an entry of the map
 * `commands`, an object and an ioctl command. Bit 22 with a class below: an
 * ioctl whose command did not fit. Else an entry of the map `classes`.
 */
#define FP_CLASS_COMMAND (1 << 23)
#define FP_CLASS_ANY_COMMAND (1 << 22)
#define FP_CLASS_MASK (FP_CLASS_ANY_COMMAND - 1)
#define FP_CLASS_HASH_BITS 14		/* below: hash of the key; above: of the epoch, 0: no module */
#define FP_CLASS_EPOCHS 64
#define FP_CLASS_OTHER FP_CLASS_MASK	/* an object that could not be told */
#define FP_CLASS_MINORS 32		/* device numbers of one driver, protocols of one kind of socket, that are told apart */
#define FP_CLASS_STRANGE 32		/* commands of one object that no driver took, and that are told apart */
#define FP_CLASS_UNNAMED 64	/* commands of one object that were done, have no name, and are told apart */
#define FP_COMMAND_SIZES 4	/* of them, those that differ in _IOC_SIZE alone, include/uapi/asm-generic/ioctl.h */
#define FP_MINOR_ANY 0xfffff		/* in a device number: one of the others */
#define FP_PROTOCOL_ANY 0xffff		/* of a socket: one of the others */
#define FP_KNOWN_COMMANDS 8192		/* numbers that name a command of any driver, power of two */

#define FP_COMM_LEN 16		/* TASK_COMM_LEN, include/linux/sched.h */
#define FP_CELLS 64		/* a thread's table of cells, power of two */
#define FP_CELL_PROBES 8
#define FP_SPILL_SHARES 1024	/* processes whose ids are the same modulo this have one share */
#define FP_BLOCK_SLOTS 128	/* slots in one map of `slots` */
#define FP_HEADROOM 1024	/* slots that should be free at any time, or a quarter where that is less */
#define FP_PLACES 4		/* hints in a bucket */
#define FP_PLACE_SHIFT 17	/* of a hint: below, its slot + 1; above, a tag out of the hash */
#define FP_CELL_LOST 0xffffffffu /* in place of a cell's index: the call is among the unattributed */
#define FP_ERRNOS 16		/* power of two */
#define FP_ERRNO_PROBES 8
#define FP_MAX_ERRNO 4095	/* include/linux/err.h */
/* Errnos that a kernel has are below the first, and from the second to below the third: include/uapi/asm-generic/errno.h, include/linux/errno.h */
#define FP_ERRNO_END 134
#define FP_ERRNO_INTERNAL 512
#define FP_ERRNO_INTERNAL_END 532
#define FP_ERRNO_OTHER 4096	/* any other, which a filter of seccomp(2) may make up */
#define FP_SUBSYSTEMS 32	/* indices that the owner table may name */
#define FP_TIMES 64		/* counts of histograms inside a slot, power of two */
#define FP_TIME_PROBES 8
#define FP_TIME_SHIFT 48	/* of such a count: above, what it counts */
#define FP_HIST_BUCKETS 28
#define FP_HIST_FIRST_LOG2 7	/* bucket 0: below 256 ns; bucket b: [2^(7+b), 2^(8+b)) ns; the last is open */
#define FP_IGNORED_GROUPS 64	/* cgroups that are not counted, at most */
#define FP_OWNER_NUMBERS 1024	/* syscall numbers per ABI in the owner table */
/*
 * Numbers in no table. Those that a newer kernel may give a call, and -1, keep theirs, and so do
 * the first others that any program asks for; all more are counted under one number.
 */
#define FP_NUMBERS_NEAR 512
#define FP_NUMBERS_APART 16
#define FP_NUMBER_OTHER 0x7fffffff
#define FP_OWNER_ABIS 8
#define FP_OWNER_MASK 0x1f	/* low bits: subsystem index */
#define FP_OWNER_NEVER_ERROR 0x20 /* the return value is no error code (rt_sigreturn) */
#define FP_OWNER_NO_RETURN 0x40	/* never leaves through sys_exit (exit, exit_group) */
/* The private calls of ARM EABI (0x0f0000 and up) have their owners at the end of the row. */
#define FP_ARM_PRIVATE 0x0f0000
#define FP_ARM_PRIVATE_ROW 1008
#define FP_OWNER_EXEC 0x80	/* belongs to the image that it starts (execve, execveat) */
/* Bits of the owner table about descriptors; a place is an argument's index + 1, 0: none. */
#define FP_OWNER_PLACE_MASK 0x7
#define FP_OWNER_FD_SHIFT 8	/* place of the descriptor that serves the call */
#define FP_OWNER_FD2_SHIFT 11	/* place of a second one */
#define FP_OWNER_IOCTL (1 << 14) /* argument 1 is an ioctl command */
#define FP_OWNER_MAKES_FD (1 << 15) /* a result that is no error is a new descriptor */
#define FP_OWNER_UNLESS_SHIFT 16 /* place of an argument that may say: no descriptor */
#define FP_OWNER_BIT_SHIFT 19	/* 6 bits: which bit of it says so; 32: any */
#define FP_OWNER_BIT_MASK 0x3f
#define FP_OWNER_ANY_BIT 32
#define FP_OWNER_DESCRIPTORS 0xffff00
#define FP_OWNER_IGNORE (1u << 25) /* not counted, by configuration */
#define FP_OWNER_INT_RESULT (1u << 26) /* a result of 32 bits in a register of 64 (modify_ldt) */

/* The program of a new process is not that of an image of its parent. */
#define FP_IMAGE_UNKNOWN (~0U)

#include "bpf/abi/classes.h"

/* Who makes the calls of a slot. Writer: the thread itself, at claim. */
struct fp_ident {
	__u64 claim;		/* boot-time ns of the claim; with tid unique per boot */
	__u64 life;		/* boot-time ns of the fork that began the process; 0: older than the attach */
	__u64 parent_life;	/* the same of the process that forked it */
	__u64 start_ns;		/* task start_boottime; 0 when the object knows no kernel types */
	__u64 cgroup;		/* cgroup v2 id */
	__u32 tid;		/* all ids: initial pid namespace */
	__u32 tgid;
	__u32 parent_tgid;	/* 0: unknown */
	__u32 image;		/* execs since `life` */
	__u32 uid;
	__u32 ignored;		/* 1: by configuration none of its calls is counted */
	__u32 parent_image;	/* image of the parent at the fork: the program that image 0 runs; or FP_IMAGE_UNKNOWN */
	__u32 slotless;		/* 1: its thread found no slot */
	char comm[FP_COMM_LEN];
};
FP_SIZE(struct fp_ident, 72 + FP_COMM_LEN);

/* No processor that orders its stores weakly shows the whole sum before all of what is summed. */
static inline __u64 fp_seal(const struct fp_ident *ident)
{
	const __u64 *word = (const __u64 *)ident;
	__u64 sum = 1;

	for (unsigned int i = 0; i < sizeof(*ident) / sizeof(*word); i++)
		sum = sum * 31 + word[i];
	return sum;
}

enum fp_deferred {
	FP_DEFERRED_NONE = 0,
	FP_DEFERRED_EXEC = 1,	/* counted when it is known which image it belongs to */
	FP_DEFERRED_UNSEEN = 2,	/* entered unseen: its exit is no denied call */
	FP_DEFERRED_DENIED = 3,	/* in no call: the last one was denied, and is counted */
};

/* What is counted once more when the call leaves. */
enum fp_makes {
	FP_MAKES_NOTHING = 0,
	FP_MAKES_DESCRIPTOR = 1, /* on success, under what it made */
	FP_MAKES_COMMAND = 2,	/* of an ioctl command that is not noted yet, under that */
};

/* Which event the first of two programs has taken. */
enum fp_seen {
	FP_SEEN_NONE = 0,
	FP_SEEN_ENTER = 1,
	FP_SEEN_EXIT = 2,
	FP_SEEN_FORK = 3,
	FP_SEEN_EXEC = 4,
};

#define FP_ROOMLESS 1024 /* places for threads that no room was found for */

/* Hooks that have a program of perf, too: see bpf/lib/rescue.bpf.h. */
enum fp_rescued {
	FP_RESCUED_ENTER,
	FP_RESCUED_EXIT,
	FP_RESCUED_FORK,
	FP_RESCUED_EXEC,
	FP_RESCUED_END,
	FP_RESCUED_FREE, /* not counted; neither are the next two */
	FP_RESCUED_MOVE,
	FP_RESCUED_RENAME,
	FP_RESCUED_COUNT,
};

/* The call a thread is in. Writer: its thread. */
struct fp_flight {
	__u64 key;		/* 0: none */
	__u64 enter_ns;		/* CLOCK_MONOTONIC; 0 while no latency is measured */
	__u32 cell;		/* index of its cell; FP_CELLS: its counts are in the spill map; above: see more_cell(); FP_CELL_LOST */
	__u32 owner;		/* its entry of the owner table */
	__u32 exits;		/* the global of that name at its entry; 0: nobody saw calls leave */
	__u16 deferred;		/* enum fp_deferred */
	__u8 makes;		/* enum fp_makes */
	__u8 seen;		/* enum fp_seen, while the tracepoint is passed */
};
FP_SIZE(struct fp_flight, 32);

struct fp_cell {
	__u64 key;		/* 0: free */
	__u64 calls;
	__u64 errors;
	__u64 total_ns;
	__u64 max_ns;
};
FP_SIZE(struct fp_cell, 40);

struct fp_errno {
	__u64 key;		/* 0: free; else the cell's key with the class replaced by the errno */
	__u64 count;
};
FP_SIZE(struct fp_errno, 16);

/* Hints where slots are; 0: none. Writers: any thread, without order: see `places`. */
struct fp_places {
	__u32 hint[FP_PLACES];
};
FP_SIZE(struct fp_places, 16);

enum fp_slot_state {
	FP_SLOT_FREE = 0,	/* written by the daemon, after harvest */
	FP_SLOT_OPEN = 1,	/* written by the owning thread, last at claim */
	FP_SLOT_CLOSED = 2,	/* written by the owning thread, last at exec, move and exit */
	FP_SLOT_MORE = 3,	/* cells of a thread whose own slot has no room for them; freed with that */
};

/*
 * A slot's further ones: FP_MORE_LEVELS levels, of 1, 2, 4 .. slots each. A key goes into the first
 * level whose slot for it has room. Numbered from the first on; the first keeps where the others are.
 */
#define FP_MORE_LEVELS 6
#define FP_MORE ((1 << FP_MORE_LEVELS) - 1)

/* One thread running one program image. Writer: that thread alone while open. */
struct fp_slot {
	/* One cache line that every call touches. */
	__u8 state;
	__u8 abi;		/* enum fp_abi of all its calls, where that cannot change; 0: not asked yet, or it can */
	__u16 ignored;		/* copy of ident.ignored */
	__u32 moves;		/* the global of that name when the thread's cgroup was last asked for; another: its name may have changed, too */
	__u64 changes;		/* calls entered + left; equal means nothing to harvest */
	struct fp_flight flight;
	__u64 frame;		/* what the thread is known by in calls: see hash_of(), bpf/lib/slot.bpf.h; 0: not asked yet */
	__u64 task;		/* address of its task_struct */
	struct fp_known known[FP_KNOWN];
	struct fp_ident ident;
	struct fp_cell cells[FP_CELLS];
	struct fp_errno errnos[FP_ERRNOS];
	/*
	 * Histograms: of each bucket that is not empty its count below FP_TIME_SHIFT, and above, fp_time().
	 * 0: free. A histogram as a whole would be 224 bytes, for a handful of buckets that are in use.
	 */
	union {
		__u64 times[FP_TIMES];
		__u32 others[FP_MORE + 1]; /* of a first further slot: of the further ones, their index + 1; 0: none */
	};
	__u32 more;		/* index of its first further slot + 1; 0: none */
	__u32 tid;		/* ident.tid; later the leader's, if an exec failed after it took its place */
	__u32 renamed;		/* times that ident.comm was replaced since the claim: of a leader alone */
	__u32 pad;
	__u64 unfinished;	/* key of the call that its death cut off, or 0 */
	__u64 seal;		/* fp_seal(ident): a reader that finds another has seen half of it */
};
FP_SIZE(struct fp_slot, 64 + FP_KNOWN * 32 + 88 + FP_CELLS * 40 + FP_ERRNOS * 16 + FP_TIMES * 8 + 32);

/* What a count of `times` counts: never 0, and below 2^16. */
static inline __u64 fp_time(__u32 subsystem, __u32 bucket)
{
	return (subsystem << 8 | bucket) + 1;
}

/*
 * Overflow of slots: what does not fit in a thread's own tables, and all of a
 * thread that found no slot. Writer: that thread. Removed by the daemon when
 * the thread's claim has ended.
 */
enum fp_spill_kind {
	FP_SPILL_CELL = 0,	/* key: cell key */
	FP_SPILL_ERRNO = 1,	/* key: as fp_errno.key; calls: count */
	FP_SPILL_HIST = 2,	/* key: subsystem index << 8 | bucket; calls: count */
	FP_SPILL_UNFINISHED = 3, /* key: cell key; calls: 1 */
};

struct fp_spill_key {
	__u64 claim;
	__u64 key;
	__u32 tid;
	__u32 kind;
};
FP_SIZE(struct fp_spill_key, 24);

struct fp_spill {
	__u64 calls;
	__u64 errors;
	__u64 total_ns;
	__u64 max_ns;
	struct fp_ident ident;
};
FP_SIZE(struct fp_spill, 32 + 88);

/* A thread that found no slot. Removed at its exec and exit. */
struct fp_orphan {
	struct fp_ident ident;
	struct fp_flight flight;
};
FP_SIZE(struct fp_orphan, 88 + 32);

/* Noted in the parent at fork, taken by the child at its claim. */
struct fp_birth {
	__u64 when;		/* boot-time ns */
	__u64 parent_life;
	__u64 grandparent_life;	/* of the forking process: a new thread shares it */
	__u32 parent_tgid;
	__u32 parent_image;
	__u32 grandparent_tgid;
	__u32 grandparent_image; /* fp_ident.parent_image of the forking process */
};
FP_SIZE(struct fp_birth, 40);

#endif
