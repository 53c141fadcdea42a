/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps and settings of both objects. Included by core.bpf.c and full.bpf.c
 * alone, so that the daemon finds the same ones whichever the kernel accepts.
 * Sizes here are defaults; the daemon sets them between open and load.
 */
#ifndef FOOTPRINT_LIB_MAPS_BPF_H
#define FOOTPRINT_LIB_MAPS_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "bpf/abi/footprint.h"

/* Entries of `places` - 1; the number is a power of two. */
const volatile __u32 place_mask = 63;
/* FP_MEASURE_ bits that this kernel permits. Constant, so that it drops the rest. */
const volatile __u32 possible = FP_MEASURE_ALL;
/*
 * Entries of `spill` that one process may take. As many may hold what found no room in slots, of all
 * processes together, and a quarter of that of one.
 */
const volatile __u32 spill_share = 32;
/* Half of the ring buffer, bytes: wake the daemon beyond it. */
const volatile __u64 ring_wake = 64 * 1024;
/* Closed slots that wake the daemon before its next tick. */
const volatile __u32 closed_wake = 16;
/* 1: an int 0x80 shows in rcx and r11; not so on CPUs with FRED. */
const volatile __u32 int80_by_regs = 1;
/* 0: lockdown=confidentiality took the helpers that read kernel memory away. */
const volatile __u32 may_read_kernel = 1;
/* Subsystem index and FP_OWNER_ bits by ABI and number. */
const volatile __u32 owners[FP_OWNER_ABIS][FP_OWNER_NUMBERS] = {};

/* Distinct ioctl commands that one class may take of the table. */
const volatile __u32 class_commands = 256;
/* Entries of `command_places` - 1; the number is a power of two. */
const volatile __u32 command_mask = 1023;
/*
 * Commands that failed when they were noted: so many may be of all. As many of those that were done
 * and have no name.
 */
const volatile __u32 strange_most = 128;
/* Numbers that name a command of any driver, ascending, the last one repeated to the end. */
const volatile __u32 known_commands[FP_KNOWN_COMMANDS] = {};

/* 1: programs of perf's tracepoints go first, see bpf/lib/rescue.bpf.h. */
const volatile __u32 rescues = 0;
/* 1: `ignored_comms` has entries. */
const volatile __u32 ignores_comms = 0;

/* Set by the daemon once every program is attached. */
__u32 armed = 0;
/*
 * 1: a slot that is open is its thread's, whatever happens: threads are known by their
 * frames. Else, as where an end may pass unseen, by task and tid. Set by the daemon with `armed`.
 */
__u32 frames = 0;
/* Times that threads were moved to another cgroup since attach. Written by cgroup_attach_task. */
__u32 moves = 0;
/* FP_MEASURE_ bits. Written by the daemon at any time; a call ends as it began. */
__u32 measured = 0;
/* Ordinal of the attachment of sys_exit that is in force; 0: none. Written by the daemon. */
__u32 exits = 0;
/* enum fp_rescued: skipped runs of perf's program that the raw one made up for. Added to there. */
__u64 rescued[FP_RESCUED_COUNT] = {};
/* By tid: a thread that a program found no room for, tid << 32 | enum fp_seen. 0: none. */
__u64 roomless[FP_ROOMLESS] = {};
/* Entries of `ignored_groups`. Written by the daemon. */
__u32 groups_ignored = 0;
/* enum fp_loss. Added to by kernel programs, never reset. */
__u64 losses[FP_LOSS_COUNT] = {};
/* Slots closed since attach: written by kernel programs. */
__u64 closed_total = 0;
/* Slots taken since attach: written by kernel programs. */
__u64 taken_total = 0;
/* Slots that there are. Written by the daemon. */
__u64 slots_total = 0;
/* 1: the daemon knows that more are wanted. Set here, cleared by the daemon when it has added some. */
__u32 growth_wanted = 0;
/* Slots freed since attach: written by the daemon. */
__u64 freed_total = 0;
/* Of these, the ones that were closed, and no thread's further ones. Written by the daemon. */
__u64 closed_freed = 0;
/* 1: a PRESSURE event is on its way. Set here, cleared by the daemon before it harvests. */
__u32 pressure_sent = 0;
/* Notes that the ring had no room for: names that stay unknown. Added to by kernel programs. */
__u64 notes_lost = 0;
/* Orphans added since attach: while 0 no thread looks for itself among them. */
__u64 orphans_total = 0;
/* By process: entries of `spill`. Added to here, taken from by the daemon, both by atomic add. */
__u32 spill_shares[FP_SPILL_SHARES] = {};
/* The same of threads that have slots: of all processes. */
__u32 spill_apart = 0;
/* Spill entries added since attach: while unchanged the daemon does not walk the map. */
__u64 spilled_total = 0;

/* Another number whenever a module is freed. Written by module_free. */
__u32 modules_epoch = 1;
/* Classes and commands added since attach: while unchanged the daemon does not walk the maps. */
__u64 classes_total = 0;

/* Slots come in blocks, which the daemon adds and takes back. */
struct fp_block {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FP_BLOCK_SLOTS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct fp_slot));
};

/* Ended by: the daemon frees a closed slot after harvest. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct fp_block);
} slots SEC(".maps");

/* Wakes the thread of the daemon that adds blocks. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} growth SEC(".maps");

/* Slots that are free. Taken from by threads, added to by the daemon. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 64);
	__uint(value_size, sizeof(__u32));
} free_slots SEC(".maps");

/*
 * Address of a thread's task -> index of its slot. A task is one thread from its fork to its end,
 * whatever becomes of its tid. Written by that thread alone.
 * Ended by: the thread's exit; of a thread whose exit nobody saw: by the daemon.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u64);
	__type(value, __u32);
} threads SEC(".maps");

/*
 * By a hash of what threads are known by: where their slots are, as hints. The slot says whose it
 * is, so that a lost write costs time alone. Written by whoever was not found here.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct fp_places);
} places SEC(".maps");

/* Ended by: the daemon, when the thread's claim has ended. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct fp_spill_key);
	__type(value, struct fp_spill);
} spill SEC(".maps");

/*
 * What of `losses` is known to be whose. What finds no room here is nobody's.
 * Ended by: the daemon, when the process is gone.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FP_LOSERS);
	__type(key, struct fp_loser);
	__type(value, __u64);
} losers SEC(".maps");

/* By address of the task. Ended by: the thread's exit. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u64);
	__type(value, struct fp_orphan);
} orphans SEC(".maps");

/*
 * By address of the child's task; noted by a program of perf, which does not know that, by its
 * tid: no task lies that low. Ended by: the child's claim, or its exit.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u64);
	__type(value, struct fp_birth);
} births SEC(".maps");

/* comm of programs that are not counted. Filled before the attach. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, char[FP_COMM_LEN]);
	__type(value, __u8);
} ignored_comms SEC(".maps");

/* cgroup v2 ids of units that are not counted. Ended by: the daemon, when the cgroup is gone. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FP_IGNORED_GROUPS);
	__type(key, __u64);
	__type(value, __u8);
} ignored_groups SEC(".maps");

/*
 * ABI << 32 | number of calls in no table that keep their number, in the order of their first
 * calls. Never ended: what finds no place is counted as FP_NUMBER_OTHER.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FP_NUMBERS_APART);
	__type(key, __u64);
	__type(value, __u8);
} strangers SEC(".maps");

/* Rare events only. Ended by: the daemon reads. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

#endif
