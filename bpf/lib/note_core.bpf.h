/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the core object can tell of an image, without kernel types: the file name that the exec was
 * given, and the arguments, which the kernel has put where the new program's stack pointer points
 * (create_elf_tables, fs/binfmt_elf.c: argc, argv, NULL, envp, NULL).
 */
#ifndef FOOTPRINT_LIB_NOTE_CORE_BPF_H
#define FOOTPRINT_LIB_NOTE_CORE_BPF_H

#include "bpf/abi/notes.h"
#include "bpf/lib/slot.bpf.h"

#define ARGC_MOST 65536 /* beyond, the end of the arguments is not looked for */

static __always_inline void note_whose(struct fp_note *note, const struct fp_ident *ident)
{
	__builtin_memset(note, 0, sizeof(*note));
	note->kind = FP_EVENT_NOTE;
	note->life = ident->life;
	note->claim = ident->claim;
	note->tgid = ident->tgid;
	note->image = ident->image;
}

static __always_inline void note_unseen(const struct fp_ident *ident)
{
}

/* An exec has just begun the image of the current thread. */
static __noinline int note_exec_done(const struct fp_ident *ident, const struct exec *exec)
{
	__u32 tid = exec->old_tid;
	const char *given = bpf_map_lookup_elem(&exec_names, &tid);
	struct fp_note_name *note;

	note = bpf_ringbuf_reserve(&events, sizeof(*note), 0);
	if (!note) {
		__sync_fetch_and_add(&notes_lost, 1);
		return 0;
	}
	note_whose(&note->head, ident);
	note->head.has = FP_NOTE_COMM;
	__builtin_memcpy(note->head.comm, ident->comm, sizeof(note->head.comm));
	if (given) {
		__s64 size;

		note->head.given_at = (char *)note->given - (char *)note;
		size = bpf_probe_read_kernel_str(note->given, sizeof(note->given), given);
		note->head.given_size = size > 0 ? size - 1 : 0;
		note->head.has |= FP_NOTE_GIVEN;
		if (size == sizeof(note->given))
			note->head.has |= FP_NOTE_GIVEN_CUT;
		bpf_map_delete_elem(&exec_names, &tid);
	}
	bpf_ringbuf_submit(note, event_flags());
	return 0;
}

/* A word of the new program's stack. */
static __always_inline __u64 stack_word(__u64 sp, __u64 index, __u32 size)
{
	__u64 word = 0;

	bpf_probe_read_user(&word, size, (const void *)(sp + index * size));
	return word;
}

/* An exec leaves, and the registers are those that the new program begins with. */
static __noinline int note_arguments(const void *regs, __u32 abi, const struct fp_ident *ident)
{
	__u32 word = abi == FP_ABI_I386 || abi == FP_ABI_ARM ? 4 : 8;
	__u64 sp = stack_pointer(regs), argc, begin, end, size = FP_NOTE_ARGV_MOST;
	struct fp_note_arguments *note;

	if (word == 4) {
		argc = stack_word(sp, 0, 4);
		begin = stack_word(sp, 1, 4);
		end = argc < ARGC_MOST ? stack_word(sp, argc + 2, 4) : 0;
	} else {
		argc = stack_word(sp, 0, 8);
		begin = stack_word(sp, 1, 8);
		end = argc < ARGC_MOST ? stack_word(sp, argc + 2, 8) : 0;
	}
	if (!argc || !begin)
		return 0;
	note = bpf_ringbuf_reserve(&events, sizeof(*note), 0);
	if (!note) {
		__sync_fetch_and_add(&notes_lost, 1);
		return 0;
	}
	note_whose(&note->head, ident);
	note->head.argc = argc;
	note->head.argv_at = (char *)note->argv - (char *)note;
	/* The environment begins where they end. Without one only the first is looked for. */
	if (end > begin && end - begin <= FP_NOTE_ARGV_MOST)
		size = end - begin;
	else
		note->head.has = FP_NOTE_ARGV_CUT;
	size &= FP_NOTE_ARGV_MOST;
	if (bpf_probe_read_user(note->argv, size, (const void *)begin)) {
		__s64 first = bpf_probe_read_user_str(note->argv, sizeof(note->argv), (const void *)begin);

		size = first > 0 ? first & FP_NOTE_ARGV_MOST : 0;
		note->head.has = FP_NOTE_ARGV_CUT;
	}
	note->head.argv_size = size;
	note->head.has |= FP_NOTE_ARGV;
	bpf_ringbuf_submit(note, event_flags());
	return 0;
}

#endif
