/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The tables inside a slot: cells, errnos, times. Its thread alone writes. */
#ifndef FOOTPRINT_LIB_TABLE_BPF_H
#define FOOTPRINT_LIB_TABLE_BPF_H

#include "bpf/lib/room.bpf.h"
#include "bpf/lib/spill.bpf.h"

/* errno in place of the class: both are small, and one key type serves both tables. */
static __always_inline __u64 errno_key(__u64 cell_key, __u32 value)
{
	if (value >= FP_ERRNO_END &&
	    (value < FP_ERRNO_INTERNAL || value >= FP_ERRNO_INTERNAL_END))
		value = FP_ERRNO_OTHER;
	return (cell_key & ~(FP_KEY_CLASS_MASK << FP_KEY_CLASS_SHIFT)) | (__u64)value
									     << FP_KEY_CLASS_SHIFT;
}

/* Neighbouring numbers fall into neighbouring cells, so programs rarely collide. */
static __always_inline __u32 cell_home(__u64 key)
{
	__u32 class = (key >> FP_KEY_CLASS_SHIFT) & FP_KEY_CLASS_MASK;

	return (__u32)key + class * 11 + (__u32)(key >> FP_KEY_ABI_SHIFT) * 7;
}

/* Index of the cell of `key`, taken if need be; FP_CELLS when there is no room. */
static __always_inline __u32 cell_index(struct fp_slot *slot, __u64 key, __u32 home)
{
	for (int i = 0; i < FP_CELL_PROBES; i++) {
		__u32 index = (home + i) & (FP_CELLS - 1);
		struct fp_cell *cell = &slot->cells[index];

		if (cell->key == key)
			return index;
		if (!cell->key) {
			cell->key = key;
			return index;
		}
	}
	return FP_CELLS;
}

/*
 * What is not static here is a function of its own to a verifier, which proves it once and not for
 * every way to it. So its arguments and its result are numbers, as 5.10 wants them.
 */

/* One more slot for the cells of a thread. 0: there is none, or threads may soon want them all. */
__noinline int take_further(void)
{
	struct fp_slot *more;
	__u32 id = 0;

	if (slots_left() <= headroom() / 2) {
		ask_for_growth();
		return 0;
	}
	if (bpf_map_pop_elem(&free_slots, &id))
		return 0;
	more = slot_number(id);
	if (!more)
		return 0;
	more->state = FP_SLOT_MORE;
	barrier();
	__sync_fetch_and_add(&taken_total, 1);
	if (slots_left() <= headroom())
		ask_for_growth();
	return id + 1;
}

/* Of the cell `index` in the slot `id`, as fp_flight.cell says it: all below are of the own slot. */
static __always_inline __u32 more_cell(__u32 id, __u32 index)
{
	return (id + 1) * FP_CELLS + FP_CELLS + index;
}

static __always_inline struct fp_cell *cell_of(__u32 place)
{
	struct fp_slot *more = slot_number(place / FP_CELLS - 2);

	return more ? &more->cells[place & (FP_CELLS - 1)] : NULL;
}

/* A thread's first further slot, taken if need be: its index + 1; 0: there is none. */
static __always_inline __u32 first_further(struct fp_slot *slot)
{
	if (!slot->more)
		slot->more = take_further();
	return slot->more;
}

/* Index + 1 of the further slot of a key in this level, taken if need be; 0: there is none. */
static __noinline __u32 further_slot(__u32 id, __u32 hash, __u32 level)
{
	__u32 number = ((1u << level) - 1 + (hash & ((1u << level) - 1))) & FP_MORE;
	struct fp_slot *first;

	if (!number)
		return id + 1;
	first = slot_number(id);
	if (!first)
		return 0;
	if (!first->others[number])
		first->others[number] = take_further();
	return first->others[number];
}

/* Counts the call in this further slot: returns its place, FP_CELLS when it has no room. */
static __noinline __u32 count_in(__u32 id, __u64 key, __u32 home)
{
	struct fp_slot *more = slot_number(id);
	__u32 index;

	if (!more)
		return FP_CELLS;
	index = cell_index(more, key, home);
	if (index >= FP_CELLS)
		return FP_CELLS;
	more->cells[index].calls++;
	return more_cell(id, index);
}

/*
 * Counts the call in a further slot, of which `first` is the first one's index: returns its place,
 * FP_CELLS when none has room. Unrolled, as verifiers do not follow what counts the levels.
 */
__noinline int count_further(__u32 first, __u64 key)
{
	__u32 hash = mix(key);

#pragma unroll
	for (__u32 level = 0; level < FP_MORE_LEVELS; level++) {
		__u32 id = further_slot(first, hash >> 8, level), place;

		if (!id)
			break;
		place = count_in(id - 1, key, hash);
		if (place != FP_CELLS)
			return place;
	}
	return FP_CELLS;
}

/* Counts one call; returns where its outcome goes. */
static __always_inline __u32 count_call(struct fp_slot *slot, __u64 key)
{
	__u32 index = cell_index(slot, key, cell_home(key));

	if (index < FP_CELLS) {
		slot->cells[index].calls++;
		return index;
	}
	if (first_further(slot)) {
		index = count_further(slot->more - 1, key);
		if (index != FP_CELLS)
			return index;
	}
	return spill_call(&slot->ident, key);
}

static __always_inline void add_outcome(struct fp_cell *cell, __u64 ns, __u32 failed)
{
	cell->total_ns += ns;
	if (ns > cell->max_ns)
		cell->max_ns = ns;
	cell->errors += failed;
}

/* The outcome of a call whose cell is not in the thread's own slot. */
static __noinline int count_outcome(struct fp_slot *slot, __u64 key, __u64 ns, __u32 failed,
				    __u32 place)
{
	struct fp_cell *cell = NULL;

	if (place > FP_CELLS)
		cell = cell_of(place);
	if (!cell)
		return spill_outcome(&slot->ident, key, ns, failed);
	if (cell->key == key)
		add_outcome(cell, ns, failed);
	return 0;
}

/* What is no call, and found no room in the thread's own slot. 1: counted in a further one. */
static __noinline __u32 count_apart(struct fp_slot *slot, __u64 key)
{
	return first_further(slot) && count_further(slot->more - 1, key) != FP_CELLS;
}

static __noinline int count_errno(struct fp_slot *slot, __u64 cell_key, __u32 value)
{
	__u64 key = errno_key(cell_key, value);
	__u32 home = (__u32)cell_key + value * 5;

	for (int i = 0; i < FP_ERRNO_PROBES; i++) {
		struct fp_errno *e = &slot->errnos[(home + i) & (FP_ERRNOS - 1)];

		if (!e->key)
			e->key = key;
		if (e->key == key) {
			e->count++;
			return 0;
		}
	}
	if (!count_apart(slot, key | FP_KEY_ERRNO))
		spill_count(&slot->ident, key, FP_SPILL_ERRNO);
	return 0;
}

/* floor(log2(ns)) - FP_HIST_FIRST_LOG2, held to the buckets that exist. */
static __always_inline __u32 hist_bucket(__u64 ns)
{
	__u64 v = ns >> FP_HIST_FIRST_LOG2;
	__u32 log2 = 0;

	if (v >= 1ULL << FP_HIST_BUCKETS)
		return FP_HIST_BUCKETS - 1;
	if (v >= 1 << 16) {
		log2 += 16;
		v >>= 16;
	}
	if (v >= 1 << 8) {
		log2 += 8;
		v >>= 8;
	}
	if (v >= 1 << 4) {
		log2 += 4;
		v >>= 4;
	}
	if (v >= 1 << 2) {
		log2 += 2;
		v >>= 2;
	}
	return log2 + (v >= 2);
}

static __noinline int count_time_apart(struct fp_slot *slot, __u32 subsystem, __u32 bucket)
{
	__u64 key = (__u64)subsystem << 8 | bucket;

	if (!count_apart(slot, FP_KEY_USED | FP_KEY_TIME | key))
		spill_count(&slot->ident, key, FP_SPILL_HIST);
	return 0;
}

static __always_inline void count_latency(struct fp_slot *slot, __u32 owner, __u64 ns)
{
	__u32 subsystem = owner & FP_OWNER_MASK, bucket = hist_bucket(ns);
	__u32 home = subsystem * 11 + bucket;
	__u64 what = fp_time(subsystem, bucket);

#pragma unroll
	for (int i = 0; i < FP_TIME_PROBES; i++) {
		__u64 *count = &slot->times[(home + i) & (FP_TIMES - 1)];

		if (!*count)
			*count = what << FP_TIME_SHIFT;
		if (*count >> FP_TIME_SHIFT == what) {
			(*count)++;
			return;
		}
	}
	count_time_apart(slot, subsystem, bucket);
}

#endif
