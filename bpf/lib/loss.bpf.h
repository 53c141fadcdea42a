/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every path that gives something up ends here. */
#ifndef FOOTPRINT_LIB_LOSS_BPF_H
#define FOOTPRINT_LIB_LOSS_BPF_H

#include "bpf/lib/maps.bpf.h"

/* Several CPUs may lose at once; an add without a fetch works from 5.10 on. */
static __always_inline void count_loss(enum fp_loss cause)
{
	__sync_fetch_and_add(&losses[cause], 1);
}

#endif
