/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What does not fit in a thread's slot, kept exactly, one entry per thread and
 * key. The thread alone writes to its entries.
 */
#ifndef FOOTPRINT_LIB_SPILL_BPF_H
#define FOOTPRINT_LIB_SPILL_BPF_H

#include "bpf/lib/loss.bpf.h"

static const struct fp_spill zero_spill;

/* Entry of (thread, kind, key), made if need be; NULL when the map is full, or the share of the process. */
static __noinline struct fp_spill *spill_entry(const struct fp_ident *ident, __u64 key, __u32 kind)
{
	struct fp_spill_key k = { .claim = ident->claim, .key = key, .tid = ident->tid, .kind = kind };
	__u32 *share = &spill_shares[ident->tgid & (FP_SPILL_SHARES - 1)];
	struct fp_spill *entry;

	entry = bpf_map_lookup_elem(&spill, &k);
	if (entry)
		return entry;
	/*
	 * What one process does must not take the room of all others; and what finds no room in slots,
	 * as one program alone may make as much of as it likes, not that of threads without a slot.
	 */
	if (*share >= (ident->slotless ? spill_share : spill_share / 4))
		return NULL;
	if (!ident->slotless && spill_apart >= spill_share)
		return NULL;
	if (bpf_map_update_elem(&spill, &k, &zero_spill, BPF_NOEXIST))
		return NULL;
	entry = bpf_map_lookup_elem(&spill, &k);
	if (!entry)
		return NULL;
	/* The claim last: the harvest leaves an entry without one alone. */
	__builtin_memcpy(&entry->ident.life, &ident->life,
			 sizeof(*ident) - __builtin_offsetof(struct fp_ident, life));
	barrier();
	entry->ident.claim = ident->claim;
	__sync_fetch_and_add(share, 1);
	if (!ident->slotless)
		__sync_fetch_and_add(&spill_apart, 1);
	__sync_fetch_and_add(&spilled_total, 1);
	return entry;
}

/* Counts one call; returns where its outcome goes: FP_CELLS, or FP_CELL_LOST. */
static __noinline __u32 spill_call(const struct fp_ident *ident, __u64 key)
{
	struct fp_spill *entry = spill_entry(ident, key, FP_SPILL_CELL);

	if (entry) {
		entry->calls++;
		return FP_CELLS;
	}
	if (key & (FP_KEY_MADE | FP_KEY_SECOND))
		count_loss(FP_LOSS_OBJECT_UNKNOWN); /* the call itself is counted elsewhere */
	else if (key & FP_KEY_DENIED)
		count_loss(FP_LOSS_DETAIL_DROPPED); /* no call: it never entered */
	else
		count_loss(FP_LOSS_CALLS_UNATTRIBUTED);
	return FP_CELL_LOST;
}

/* Adds one to a plain count: an errno, a histogram bucket, an unfinished call. */
static __noinline int spill_count(const struct fp_ident *ident, __u64 key, __u32 kind)
{
	struct fp_spill *entry = spill_entry(ident, key, kind);

	if (entry)
		entry->calls++;
	else
		count_loss(FP_LOSS_DETAIL_DROPPED);
	return 0;
}

/* The outcome of a call that spill_call counted. */
static __noinline int spill_outcome(const struct fp_ident *ident, __u64 key, __u64 ns, __u32 failed)
{
	struct fp_spill_key k = {
	    .claim = ident->claim, .key = key, .tid = ident->tid, .kind = FP_SPILL_CELL};
	struct fp_spill *entry = bpf_map_lookup_elem(&spill, &k);

	if (!entry) {
		/* The call itself is already among the unattributed. */
		count_loss(FP_LOSS_DETAIL_DROPPED);
		return 0;
	}
	entry->total_ns += ns;
	if (ns > entry->max_ns)
		entry->max_ns = ns;
	entry->errors += failed;
	return 0;
}

#endif
