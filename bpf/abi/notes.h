/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a program image is: its file, its script, its arguments. A record of the ring `events`,
 * submitted by a thread of the image before its slot opens. What does not come is unknown.
 * The daemon includes <linux/types.h> first, a BPF object its vmlinux.h.
 */
#ifndef FOOTPRINT_ABI_NOTES_H
#define FOOTPRINT_ABI_NOTES_H

#include "bpf/abi/events.h"

/* What a note holds; bits. */
#define FP_NOTE_EXE 1		/* the file that the kernel executes */
#define FP_NOTE_EXE_CUT 2	/* its beginning is missing */
#define FP_NOTE_GIVEN 4		/* file name given to the exec */
#define FP_NOTE_GIVEN_CUT 8	/* its end is missing */
#define FP_NOTE_CWD 16		/* working directory, where `given` begins in it and is a script */
#define FP_NOTE_CWD_CUT 32
#define FP_NOTE_ARGV 64		/* arguments */
#define FP_NOTE_ARGV_CUT 128	/* some are missing */
#define FP_NOTE_SCRIPT 256	/* an interpreter executes the file `given` */
#define FP_NOTE_NO_SCRIPT 512	/* known not to */
#define FP_NOTE_COMM 1024	/* name of the leader at its exec */

/* Longest texts, bytes. Of a path: each name and a NUL, the last name first. */
#define FP_NOTE_PATH_MOST 1023
#define FP_NOTE_NAMES_MOST 64	/* names and mounts of a path */
#define FP_NOTE_GIVEN_MOST 255
#define FP_NOTE_ARGV_MOST 2047	/* each argument ends with a NUL */

struct fp_note {
	__u32 kind;		/* FP_EVENT_NOTE */
	__u32 has;		/* FP_NOTE_ bits */
	__u64 life;		/* these four as in fp_ident: whose it is */
	__u64 claim;
	__u32 tgid;
	__u32 image;
	__u32 mount_namespace;	/* inode number; 0: unknown */
	__u32 argc;		/* 0: unknown, as many as the text holds */
	/* Where the texts are, from the beginning of the record, and their bytes. */
	__u16 exe_at, exe_size, given_at, given_size, cwd_at, cwd_size, argv_at, argv_size;
	char comm[FP_COMM_LEN];
};
FP_SIZE(struct fp_note, 56 + FP_COMM_LEN);

/*
 * The room of a note: what most need, what some need, what one may need. Sizes of texts are
 * powers of two, and behind a path there is room for one more name, which spares old verifiers
 * a proof.
 */
#define FP_NOTE_ROOM(size, argv_bytes, path_bytes, name_bytes, given_bytes, cwd_bytes) \
	struct fp_note_##size {                                                        \
		struct fp_note head;                                                   \
		char argv[argv_bytes];                                                 \
		char exe[(path_bytes) + (name_bytes)];                                 \
		char given[given_bytes];                                               \
		char cwd[cwd_bytes];                                                   \
	}

FP_NOTE_ROOM(small, 128, 128, 64, 64, 1);
FP_NOTE_ROOM(middle, 512, 256, 128, 128, 256 + 128);
FP_NOTE_ROOM(large, 2048, 1024, 256, 256, 1024 + 256);

/* Of the core object, which knows no kernel types: the name at the exec, the arguments after it. */
#define FP_NOTE_GIVEN_ROOM 128

struct fp_note_name {
	struct fp_note head;
	char given[FP_NOTE_GIVEN_ROOM];
};

struct fp_note_arguments {
	struct fp_note head;
	char argv[FP_NOTE_ARGV_MOST + 1];
};

#endif
