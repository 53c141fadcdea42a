/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Commands of ioctl(2), by what they were given to: which are rows of their own. */
#ifndef FOOTPRINT_LIB_COMMAND_BPF_H
#define FOOTPRINT_LIB_COMMAND_BPF_H

#include "bpf/lib/class.bpf.h"

#define IOC_SIZE_MASK  0x3fffU /* include/uapi/asm-generic/ioctl.h */
#define IOC_SIZE_SHIFT 16
#define EBADF	       9 /* include/uapi/asm-generic/errno-base.h, errno.h */
#define EINVAL	       22
#define ENOTTY	       25

/* By id. Never ended: what nobody does is not noted, and their number is bounded. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct fp_command);
} commands SEC(".maps");

/*
 * By id less FP_CLASS_COMMAND: object and command of the entry of `commands`, see command_pair();
 * 0: none, or not written yet. Found without a helper, at every ioctl.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} command_places SEC(".maps");

/* Commands noted that failed: of all classes, and of calls without an object. */
__u32 strange_total = 0;
__u32 strange_of_none = 0;
/* Commands without a name that were done: of all classes. */
__u32 unnamed_total = 0;

/* Is it the number of a command of any driver? */
__noinline int is_known_command(__u32 command)
{
	__u32 at = 0;

	for (__u32 step = FP_KNOWN_COMMANDS / 2; step; step /= 2) {
		__u32 next = (at + step) & (FP_KNOWN_COMMANDS - 1);

		if (known_commands[next] <= command)
			at = next;
	}
	return known_commands[at & (FP_KNOWN_COMMANDS - 1)] == command;
}

/* Commands that differ in their size alone. No class has such traits. */
static __always_inline struct fp_class_key command_family(__u32 class, __u32 command)
{
	struct fp_class_key family = {
	    .fops = class, .detail = command & ~(IOC_SIZE_MASK << IOC_SIZE_SHIFT), .traits = ~0ULL};

	return family;
}

/*
 * Room for one more command that was done and has no name? Some drivers take any size, and some any
 * command at all, for as many different ones as a user likes to make up.
 */
static __always_inline bool unnamed_fits(__u32 class, __u32 command, struct fp_class *entry)
{
	struct fp_class_key family = command_family(class, command);
	__u32 none = 0, *sizes;

	if (entry->unnamed >= FP_CLASS_UNNAMED || unnamed_total >= strange_most)
		return false;
	bpf_map_update_elem(&families, &family, &none, BPF_NOEXIST);
	sizes = bpf_map_lookup_elem(&families, &family);
	if (!sizes || *sizes >= FP_COMMAND_SIZES)
		return false;
	__sync_fetch_and_add(sizes, 1);
	__sync_fetch_and_add(&entry->unnamed, 1);
	__sync_fetch_and_add(&unnamed_total, 1);
	return true;
}

/*
 * Room for one more command of this class? Of those that failed, and of those without a name, there
 * are less, so that nobody can take the place of commands that drivers do. Two CPUs may both take
 * the last place.
 */
static __always_inline bool command_fits(__u32 class, __u32 command, __u32 error, int known)
{
	struct fp_class *entry = bpf_map_lookup_elem(&classes, &class);
	__u32 *strange = entry ? &entry->strange : &strange_of_none;

	if (!error) {
		if (!entry)
			return false;
		if (!known)
			return unnamed_fits(class, command, entry);
		if (entry->commands >= class_commands)
			return false;
		__sync_fetch_and_add(&entry->commands, 1);
		return true;
	}
	if (*strange >= FP_CLASS_STRANGE || strange_total >= strange_most)
		return false;
	__sync_fetch_and_add(strange, 1);
	__sync_fetch_and_add(&strange_total, 1);
	return true;
}

/* An object and a command as one word, which is written at once. */
static __always_inline __u64 command_pair(__u32 class, __u32 command)
{
	return 1ULL << 63 | (__u64) class << 32 | command;
}

/* Place of the command in `command_places`, or of the first free one, below FP_CLASS_COMMAND. */
static __always_inline __u64 *command_place(__u64 pair, __u32 i, __u32 *index)
{
	*index = (mix(pair) + i) & command_mask;
	return bpf_map_lookup_elem(&command_places, index);
}

/* Class of an ioctl: of its object and command together, or of its object and any command. */
__noinline int command_of(__u32 class, __u32 command)
{
	__u64 pair = command_pair(class, command), *place;
	__u32 index;

	for (__u32 i = 0; i < ID_PROBES; i++) {
		place = command_place(pair, i, &index);
		if (!place || !*place)
			break;
		if (*place == pair)
			return FP_CLASS_COMMAND | index;
	}
	return FP_CLASS_ANY_COMMAND | class;
}

/*
 * The same, for the entry of every ioctl. Most commands are in the first place that is looked at. That
 * place is compared inline: to call command_of() for it took some 15 ns more, of 66 in all.
 */
static __always_inline __u32 entering_command(__u32 class, __u32 command)
{
	__u64 pair = command_pair(class, command), *place;
	__u32 index;

	place = command_place(pair, 0, &index);
	return place && *place == pair ? FP_CLASS_COMMAND | index : command_of(class, command);
}

/* Takes the first free place for the command; 0 when there is none. */
__noinline int place_command(__u32 class, __u32 command)
{
	struct fp_command wanted = {.class_id = class, .command = command}, *entry;
	__u64 pair = command_pair(class, command), *place;
	__u32 index;

#pragma unroll
	for (__u32 i = 0; i < ID_PROBES; i++) {
		__u32 id;

		place = command_place(pair, i, &index);
		if (!place)
			return 0;
		id = FP_CLASS_COMMAND | index;
		if (!bpf_map_update_elem(&commands, &id, &wanted, BPF_NOEXIST)) {
			*place = pair;
			__sync_fetch_and_add(&classes_total, 1);
			return id;
		}
		entry = bpf_map_lookup_elem(&commands, &id);
		if (!entry)
			return 0;
		if (entry->class_id == class && entry->command == command)
			return id;
	}
	return 0;
}

/*
 * Class of a command that is over and had none when it entered; 0 where it gets none. Commands are
 * numbers that anybody may make up. So a place is for what a driver did; of what failed, for what
 * some driver knows; and of numbers that no table has, for some that were done, and for what failed
 * in a way that only somebody who knows the command answers.
 */
__noinline int noted_command(__u32 class, __u32 command, __u32 error)
{
	int known;
	__u32 id;

	if (class == FP_CLASS_OTHER)
		return 0;
	known = is_known_command(command);
	if ((error == ENOTTY || error == EINVAL || error == EBADF) && !known)
		return 0;
	id = command_of(class, command);
	if (id & FP_CLASS_COMMAND)
		return id;
	if (command_fits(class, command, error, known)) {
		id = place_command(class, command);
		if (id)
			return id;
	}
	/* What has no name is one of the others; what has one is missed. */
	if (!error && known)
		count_loss(FP_LOSS_COMMAND_DROPPED);
	return 0;
}

#endif
