/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records of the ring `events`: what happens to a process. What a program image is: notes.h.
 * The daemon includes <linux/types.h> first, a BPF object its vmlinux.h.
 */
#ifndef FOOTPRINT_ABI_EVENTS_H
#define FOOTPRINT_ABI_EVENTS_H

#include "bpf/abi/footprint.h"

enum fp_event_kind {
	FP_EVENT_EXEC = 1,	/* ident: the new image */
	FP_EVENT_EXIT = 2,	/* ident: the process whose leader ended */
	FP_EVENT_PRESSURE = 3,	/* many slots wait for harvest; ident is zero */
	FP_EVENT_FORK = 4,	/* ident: the new process, at its first sight */
	FP_EVENT_CLASS = 5,	/* ident: the process that met the class `status` first */
	FP_EVENT_NOTE = 6,	/* a struct fp_note instead, see bpf/abi/notes.h */
};

struct fp_event {
	__u32 kind;
	__u32 status;		/* EXIT: wait status, full object only; CLASS: the class */
	__u64 when;		/* boot-time ns */
	struct fp_ident ident;
};
FP_SIZE(struct fp_event, 16 + 88);

#endif
