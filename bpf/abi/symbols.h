/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How many addresses symbols.bpf.c names at once, and in how much room. */
#ifndef FOOTPRINT_ABI_SYMBOLS_H
#define FOOTPRINT_ABI_SYMBOLS_H

#define FP_SYMBOLS 16
#define FP_SYMBOL_LEN 128 /* longer names are cut: KSYM_NAME_LEN is 512, and no driver needs it */

#endif
