/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the current thread's image is, from the kernel's own records: mm->exe_file as seen from the
 * process's root, and the arguments, which lie in memory when an exec is done.
 * Paths are walked by hand: bpf_d_path is for few hooks, and these are none of them.
 * Included by the full object, before life.bpf.h.
 */
#ifndef FOOTPRINT_LIB_NOTE_BPF_H
#define FOOTPRINT_LIB_NOTE_BPF_H

#include "bpf/abi/notes.h"
#include "bpf/lib/slot.bpf.h"

#define AT_EXECFN 31	 /* include/uapi/linux/auxvec.h: the file name that was given */
#define AUXV_PAIRS 32	 /* AT_VECTOR_SIZE is 44 to 56 words */
#define MOUNTS_STACKED 8 /* on one directory, and roots of mounts that are mounted on roots */

/* Processes that were told of at first sight: any of their threads may be seen first. */
struct told {
	__u64 start_ns;
	__u32 tgid;
	__u32 pad;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct told);
	__type(value, __u8);
} told SEC(".maps");

/* Keeps a number within a mask where clang knows that it is, and an old verifier has forgotten. */
#define KEEP_WITHIN(number, mask) asm volatile("%0 &= %1" : "+r"(number) : "i"(mask))

/* Where a text of a note goes. */
struct room {
	char *text;
	__u32 most;	/* a power of two, less one */
	__u32 name;	/* of a path: longest name, and a NUL */
};

static __always_inline struct mount *mount_of(const struct vfsmount *mnt)
{
	return (void *)mnt - bpf_core_field_offset(struct mount, mnt);
}

/* Where a walk from a file to the root of its process is. */
struct walk {
	const struct dentry *dentry;
	const struct vfsmount *mnt;
	const struct dentry *root;
	const struct vfsmount *root_mnt;
	const unsigned char *name;	/* that the last step came upon */
};

enum walked { WALK_NAME, WALK_WHOLE, WALK_LAST, WALK_LOST };

/*
 * One name further towards the root of the process; where that is not above, towards the root of
 * its mounts, as d_path(9) has it. WALK_LAST: a name, and the whole of the path.
 * Global, so that a verifier proves it once and not for every name of every path; kernels that
 * load the full object (5.15) have pointers for arguments of such functions. Before 6.8 they prove
 * global functions that nobody calls, too: each of them asks whether kernel memory may be read.
 */
__noinline int walk_on(struct walk *walk)
{
	const struct vfsmount *mnt;
	const struct dentry *dentry, *parent;

	if (!walk || !may_read_kernel)
		return WALK_LOST;
	dentry = walk->dentry;
	mnt = walk->mnt;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < MOUNTS_STACKED; i++) {
		struct mount *below, *above;

		if (dentry == walk->root && mnt == walk->root_mnt)
			return WALK_WHOLE;
		parent = BPF_CORE_READ(dentry, d_parent);
		if (dentry != BPF_CORE_READ(mnt, mnt_root)) {
			walk->name = BPF_CORE_READ(dentry, d_name.name);
			walk->dentry = parent;
			walk->mnt = mnt;
			/* A file that is in no directory: memfd_create(2). */
			return dentry == parent ? WALK_LAST : WALK_NAME;
		}
		below = mount_of(mnt);
		above = BPF_CORE_READ(below, mnt_parent);
		if (!above || above == below)
			return WALK_WHOLE;
		dentry = BPF_CORE_READ(below, mnt_mountpoint);
		mnt = (void *)above + bpf_core_field_offset(struct mount, mnt);
	}
	return WALK_LOST;
}

/* Names from the last to the first. Returns bytes; *whole: no name is missing. */
static __always_inline __u32 path_text(const struct path *path, const struct path *root,
				       const struct room room, __u32 *whole)
{
	struct walk walk = {
		.dentry = BPF_CORE_READ(path, dentry),
		.mnt = BPF_CORE_READ(path, mnt),
		.root = BPF_CORE_READ(root, dentry),
		.root_mnt = BPF_CORE_READ(root, mnt),
		.name = NULL,
	};
	__u32 at = 0;

	*whole = 0;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < FP_NOTE_NAMES_MOST; i++) {
		int step = walk_on(&walk);
		__s64 size;

		if (step == WALK_WHOLE)
			goto whole;
		if (step == WALK_LOST || at > room.most)
			return at;
		KEEP_WITHIN(at, room.most);
		size = bpf_probe_read_kernel_str(room.text + at, room.name, walk.name);
		if (size <= 0 || size >= room.name)
			return at;
		at += size;
		KEEP_WITHIN(at, 2 * room.most + 1); /* no lower bound: fewer states to prove */
		if (step == WALK_LAST)
			goto whole;
	}
	return at;
whole:
	*whole = 1;
	return at;
}

/* The name that the exec of a process older than the attach was given; user memory, or 0. */
__noinline __u64 given_by_auxv(__u64 mm)
{
	const char *pairs = (const char *)mm + bpf_core_field_offset(struct mm_struct, saved_auxv);

	if (!may_read_kernel)
		return 0;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < AUXV_PAIRS; i++) {
		__u64 pair[2] = {};

		if (bpf_probe_read_kernel(pair, sizeof(pair), pairs + i * sizeof(pair)) || !pair[0])
			return 0;
		if (pair[0] == AT_EXECFN)
			return pair[1];
	}
	return 0;
}

static __always_inline void note_given(struct fp_note *note, const struct mm_struct *mm, __u64 given,
				       __u64 interpreted, const struct room room)
{
	__s64 size;

	if (given)
		size = bpf_probe_read_kernel_str(room.text, room.most + 1, (void *)given);
	else
		size = bpf_probe_read_user_str(room.text, room.most + 1, (void *)given_by_auxv((__u64)mm));
	if (size <= 1)
		return;
	note->given_size = size - 1;
	note->has |= FP_NOTE_GIVEN;
	if (size > room.most)
		note->has |= FP_NOTE_GIVEN_CUT;
	if (interpreted)
		note->has |= interpreted != given ? FP_NOTE_SCRIPT : FP_NOTE_NO_SCRIPT;
}

static __always_inline void note_argv(struct fp_note *note, const struct mm_struct *mm,
				      const struct room room)
{
	__u64 begin = BPF_CORE_READ(mm, arg_start), size = BPF_CORE_READ(mm, arg_end) - begin;

	if (size > room.most) {
		size = room.most;
		note->has |= FP_NOTE_ARGV_CUT;
	}
	KEEP_WITHIN(size, room.most);
	if (bpf_probe_read_user(room.text, size, (void *)begin))
		return;
	note->argv_size = size;
	note->has |= FP_NOTE_ARGV;
}

/* Fills a note in. Returns 0 where its room is too small for what there is. */
static __always_inline __u32 fill(struct fp_note *note, __u64 given_name, __u64 interpreted,
				  const struct room argv, const struct room exe,
				  const struct room given, const struct room cwd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	struct file *file = BPF_CORE_READ(mm, exe_file);
	__u32 whole;

	note->exe_size = note->given_size = note->cwd_size = note->argv_size = 0;
	note->argc = 0;
	note->mount_namespace = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	note_given(note, mm, given_name, interpreted, given);
	note_argv(note, mm, argv);
	if (file) {
		note->exe_size = path_text(&file->f_path, &fs->root, exe, &whole);
		note->has |= whole ? FP_NOTE_EXE : FP_NOTE_EXE | FP_NOTE_EXE_CUT;
	}
	if (note->has & (FP_NOTE_EXE_CUT | FP_NOTE_GIVEN_CUT | FP_NOTE_ARGV_CUT))
		return 0;
	if (!(note->has & FP_NOTE_SCRIPT) || given.text[0] == '/')
		return 1;
	if (!cwd.name)
		return 0;
	note->cwd_size = path_text(&fs->pwd, &fs->root, cwd, &whole);
	note->has |= whole ? FP_NOTE_CWD : FP_NOTE_CWD | FP_NOTE_CWD_CUT;
	return whole;
}

#define PLACE(note, field) ((char *)(note)->field - (char *)(note))

/*
 * Global functions, which verifiers prove once and not for every way to them; so their arguments
 * are numbers (5.10). given, interpreted: as in struct exec; 0: not told.
 * Returns 1: sent, or lost; 0: it takes more room, unless `last`.
 */
#define NOTE_OF(size, path_bytes, name_bytes, cwd_most, cwd_name, last)                        \
	__noinline int note_##size(__u64 life, __u64 claim, __u64 tgid_image, __u64 given,     \
				   __u64 interpreted)                                          \
	{                                                                                      \
		struct fp_note_##size *note;                                                   \
		__u32 fits;                                                                    \
                                                                                               \
		if (!may_read_kernel)                                                          \
			return 1;                                                              \
		note = bpf_ringbuf_reserve(&events, sizeof(*note), 0);                         \
		if (!note) {                                                                   \
			__sync_fetch_and_add(&notes_lost, 1);                                  \
			return 1;                                                              \
		}                                                                              \
		note->head.kind = FP_EVENT_NOTE;                                               \
		note->head.life = life;                                                        \
		note->head.claim = claim;                                                      \
		note->head.tgid = tgid_image >> 32;                                            \
		note->head.image = (__u32)tgid_image;                                          \
		note->head.has = (__u32)tgid_image ? FP_NOTE_COMM : 0;                         \
		bpf_get_current_comm(note->head.comm, sizeof(note->head.comm));                \
		note->head.argv_at = PLACE(note, argv);                                        \
		note->head.exe_at = PLACE(note, exe);                                          \
		note->head.given_at = PLACE(note, given);                                      \
		note->head.cwd_at = PLACE(note, cwd);                                          \
		fits = fill(&note->head, given, interpreted,                                   \
			    (struct room){ note->argv, sizeof(note->argv) - 1, 0 },            \
			    (struct room){ note->exe, (path_bytes) - 1, name_bytes },          \
			    (struct room){ note->given, sizeof(note->given) - 1, 0 },          \
			    (struct room){ note->cwd, cwd_most, cwd_name });                   \
		if (fits || (last))                                                            \
			bpf_ringbuf_submit(note, event_flags());                               \
		else                                                                           \
			bpf_ringbuf_discard(note, BPF_RB_NO_WAKEUP);                           \
		return fits || (last);                                                         \
	}

NOTE_OF(small, 128, 64, 0, 0, 0)
NOTE_OF(middle, 256, 128, 255, 128, 0)
NOTE_OF(large, 1024, 256, 1023, 256, 1)

/* Bytes of the arguments of the current thread's image. */
static __always_inline __u64 argv_size(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);

	return BPF_CORE_READ(mm, arg_end) - BPF_CORE_READ(mm, arg_start);
}

/* What is tried in vain takes room, too, until the daemon reads: not where it is known to be. */
static __always_inline void note_somehow(const struct fp_ident *ident, __u64 given, __u64 interpreted)
{
	__u64 size = argv_size();
	__u64 life = ident->life, claim = ident->claim;
	__u64 tgid_image = (__u64)ident->tgid << 32 | ident->image;

	if ((size >= sizeof(((struct fp_note_small *)0)->argv) ||
	     !note_small(life, claim, tgid_image, given, interpreted)) &&
	    (size >= sizeof(((struct fp_note_middle *)0)->argv) ||
	     !note_middle(life, claim, tgid_image, given, interpreted)))
		note_large(life, claim, tgid_image, given, interpreted);
}

/* An exec has just begun the image of the current thread. */
static __always_inline void note_exec_done(const struct fp_ident *ident, const struct exec *exec)
{
	if (may_read_kernel)
		note_somehow(ident, exec->given, exec->interpreted);
}

/* First sight of a thread of a process that nobody saw begin: it is older than the attach. */
static __always_inline void note_unseen(const struct fp_ident *ident)
{
	struct told key = { .start_ns = ident->start_ns, .tgid = ident->tgid };
	__u8 one = 1;

	if (!may_read_kernel || bpf_map_lookup_elem(&told, &key))
		return;
	bpf_map_update_elem(&told, &key, &one, BPF_ANY);
	note_somehow(ident, 0, 0);
}

#endif
