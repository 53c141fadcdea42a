/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How many tracepoints tracepoints.bpf.c numbers, and the room of a name with its end. */
#ifndef FOOTPRINT_ABI_TRACEPOINTS_H
#define FOOTPRINT_ABI_TRACEPOINTS_H

#define FP_TRACEPOINTS 16
#define FP_TRACEPOINT_LEN 32

#endif
