/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The blocks of slots: from an index to a slot, and asking for more. */
#ifndef FOOTPRINT_LIB_ROOM_BPF_H
#define FOOTPRINT_LIB_ROOM_BPF_H

#include "bpf/lib/loss.bpf.h"

#define HASH_FACTOR 0x9e3779b1u /* 2^32 over the golden ratio: neighbours go far apart */

static __always_inline __u32 mix(__u64 value)
{
	value *= 0x9e3779b97f4a7c15ULL; /* 2^64 / golden ratio */
	return value >> 32;
}

static __always_inline struct fp_slot *slot_number(__u32 id)
{
	__u32 block = id / FP_BLOCK_SLOTS, index = id % FP_BLOCK_SLOTS;
	void *map = bpf_map_lookup_elem(&slots, &block);

	return map ? bpf_map_lookup_elem(map, &index) : NULL;
}

static __always_inline __s64 slots_left(void)
{
	return slots_total + freed_total - taken_total;
}

/* With no more than this left, more are wanted. */
static __always_inline __s64 headroom(void)
{
	__u64 quarter = slots_total >> 2;

	return quarter < FP_HEADROOM ? quarter : FP_HEADROOM;
}

/* More slots are wanted. Not heard, as the record of an earlier call waits, is heard all the same. */
static __always_inline void ask_for_growth(void)
{
	__u64 word = 1;

	if (growth_wanted)
		return;
	growth_wanted = 1;
	bpf_ringbuf_output(&growth, &word, sizeof(word), BPF_RB_FORCE_WAKEUP);
}

#endif
