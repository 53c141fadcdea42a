/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The tables inside a slot: cells, errnos, histograms. Its thread alone writes. */
#ifndef FOOTPRINT_LIB_TABLE_BPF_H
#define FOOTPRINT_LIB_TABLE_BPF_H

#include "bpf/lib/spill.bpf.h"

/* errno in place of the class: both are small, and one key type serves both tables. */
static __always_inline __u64 errno_key(__u64 cell_key, __u32 value)
{
	return (cell_key & ~(FP_KEY_CLASS_MASK << FP_KEY_CLASS_SHIFT)) |
	       (__u64)value << FP_KEY_CLASS_SHIFT;
}

/* Neighbouring numbers fall into neighbouring cells, so programs rarely collide. */
static __always_inline __u32 cell_home(__u64 key)
{
	__u32 class = (key >> FP_KEY_CLASS_SHIFT) & FP_KEY_CLASS_MASK;

	return (__u32)key + class * 11 + (__u32)(key >> FP_KEY_ABI_SHIFT) * 7;
}

/* Index of the cell of `key`, taken if need be; FP_CELLS when there is no room. */
static __always_inline __u32 cell_index(struct fp_slot *slot, __u64 key)
{
	__u32 home = cell_home(key);

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

/* Counts one call; returns where its outcome goes. */
static __always_inline __u32 count_call(struct fp_slot *slot, __u64 key)
{
	__u32 index = cell_index(slot, key);

	if (index < FP_CELLS)
		slot->cells[index].calls++;
	else
		spill_call(&slot->ident, key);
	return index;
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

static __always_inline void count_latency(struct fp_slot *slot, __u32 owner, __u64 ns)
{
	__u32 subsystem = owner & FP_OWNER_MASK;
	__u32 bucket = hist_bucket(ns);
	__u32 row = slot->hist_row[subsystem];

	if (!row && slot->hist_rows < FP_HIST_ROWS) {
		row = ++slot->hist_rows;
		slot->hist_row[subsystem] = row;
	}
	row--;
	if (row < FP_HIST_ROWS && bucket < FP_HIST_BUCKETS)
		slot->hist[row][bucket]++;
	else
		spill_count(&slot->ident, (__u64)subsystem << 8 | bucket, FP_SPILL_HIST);
}

#endif
