/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every path that gives something up ends here. */
#ifndef FOOTPRINT_LIB_LOSS_BPF_H
#define FOOTPRINT_LIB_LOSS_BPF_H

#include "bpf/lib/maps.bpf.h"

/*
 * Puts a loss down to the current process, then to the whole. In this order: the daemon reads them
 * the other way round, and takes what no process has for nobody's. Several CPUs may lose at once;
 * an add without a fetch works from 5.10 on.
 */
__noinline int count_loss(__u32 cause)
{
	struct fp_loser key = {.tgid = bpf_get_current_pid_tgid() >> 32, .cause = cause};
	__u64 *count, one = 1;

	if (cause >= FP_LOSS_COUNT)
		return 0;
	if (cause != FP_LOSS_EVENTS_DROPPED) {
		count = bpf_map_lookup_elem(&losers, &key);
		if (!count && bpf_map_update_elem(&losers, &key, &one, BPF_NOEXIST))
			count = bpf_map_lookup_elem(&losers, &key);
		if (count)
			__sync_fetch_and_add(count, 1);
	}
	__sync_fetch_and_add(&losses[cause], 1);
	return 0;
}

#endif
