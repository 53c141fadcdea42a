/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The module ledger: maps and the bodies of its handlers, built into modules.bpf.c
 * and modules_core.bpf.c. Handlers run in any context, interrupts among them, so
 * every count is an atomic add, and whatever does not fit is counted as a loss.
 */
#ifndef FOOTPRINT_LIB_MODULE_BPF_H
#define FOOTPRINT_LIB_MODULE_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "bpf/abi/modules.h"

/* What an event tells of its module. */
struct seen {
	const void *name; /* in kernel memory */
	__u64 taints;	  /* at its load */
	__s64 refcount;	  /* as /proc/modules counts */
	__u32 has_refcount;
};

/* The including object defines these. */
/* Has another program, which goes first, taken this event? Events pass both in turn. */
static __always_inline __u32 is_taken(enum fp_module_kind kind);
static __always_inline void see(const void *module, enum fp_module_kind kind, struct seen *seen);
/* Boot-time ns when the current process started, or 0. */
static __always_inline __u64 process_start(void);
/* Parent and arguments of the current process, if they can be told. */
static __always_inline void describe_loader(struct fp_module_event *event);

/* Set by the daemon: odd and even epochs alternate. Starts at 1. */
__u32 epoch = 1;
/* Loads, frees, gets, puts and requests seen: while unchanged there is nothing to read. */
__u64 changes = 0;
/* enum fp_module_loss. */
__u64 losses[FP_MODULE_LOSS_COUNT] = {};

/* Ended by: the daemon, a pass after it saw the generation freed. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct fp_module_key);
	__type(value, struct fp_module_counts);
} modules SEC(".maps");

/* Name -> loaded_ns of the present generation, if it began after the attach. Ended by: module_free. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, char[FP_MODULE_NAME_LEN]);
	__type(value, __u64);
} generations SEC(".maps");

/* Ended by: the daemon, when its epoch is over. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct fp_module_caller_key);
	__type(value, struct fp_module_caller);
} callers SEC(".maps");

/* Ended by: the daemon, when its epoch is over. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct fp_request_key);
	__type(value, struct fp_request);
} requests SEC(".maps");

/* Ended by: LRU. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct fp_first_key);
	__type(value, __u32);
} first_gets SEC(".maps");

/* Ended by: the daemon reads. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

static const struct fp_module_counts no_counts;
static const struct fp_module_caller no_caller;
static const struct fp_request no_request;

static __always_inline void count_loss(enum fp_module_loss cause)
{
	__sync_fetch_and_add(&losses[cause], 1);
}

/* Last, so that a reader who sees no change has read what was counted before. */
static __always_inline void note_change(void)
{
	__sync_fetch_and_add(&changes, 1);
}

static __always_inline void read_name(char name[FP_MODULE_NAME_LEN], const void *from)
{
	/* The helper leaves what follows the NUL as it was, and keys are compared whole. */
	__builtin_memset(name, 0, FP_MODULE_NAME_LEN);
	bpf_probe_read_kernel_str(name, FP_MODULE_NAME_LEN, from);
}

static __always_inline void find_key(struct fp_module_key *key, const void *name)
{
	__u64 *loaded;

	read_name(key->name, name);
	loaded = bpf_map_lookup_elem(&generations, key->name);
	key->loaded_ns = loaded ? *loaded : 0;
}

static __always_inline struct fp_module_counts *counts_of(const struct fp_module_key *key)
{
	struct fp_module_counts *counts = bpf_map_lookup_elem(&modules, key);

	if (counts)
		return counts;
	/* Another processor may be first; then its entry is the one. */
	bpf_map_update_elem(&modules, key, &no_counts, BPF_NOEXIST);
	counts = bpf_map_lookup_elem(&modules, key);
	if (!counts)
		count_loss(FP_MODULE_LOSS_COUNTS);
	return counts;
}

static __always_inline void note_peak(struct fp_module_counts *counts)
{
	__s64 held = counts->gets - counts->puts;
	__u32 now = epoch, i = now & 1;

	if (counts->peak_epoch[i] != now) {
		counts->peak[i] = held;
		counts->peak_epoch[i] = now;
	} else if (held > counts->peak[i]) {
		counts->peak[i] = held;
	}
}

static __always_inline void note_refcount(struct fp_module_counts *counts, const struct seen *module)
{
	if (!module->has_refcount)
		return;
	counts->refcount = module->refcount;
	counts->has_refcount = 1;
}

static __always_inline struct fp_module_event *new_event(__u32 kind)
{
	struct fp_module_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		count_loss(FP_MODULE_LOSS_EVENTS);
		return NULL;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->kind = kind;
	event->when = bpf_ktime_get_boot_ns();
	event->cgroup = bpf_get_current_cgroup_id();
	event->tgid = bpf_get_current_pid_tgid() >> 32;
	event->uid = (__u32)bpf_get_current_uid_gid();
	event->start_ns = process_start();
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	return event;
}

static __always_inline void send_module_event(__u32 kind, const struct fp_module_key *key, __u64 ip,
					      const struct fp_module_counts *counts)
{
	struct fp_module_event *event = new_event(kind);

	if (!event)
		return;
	__builtin_memcpy(event->name, key->name, sizeof(event->name));
	event->loaded_ns = key->loaded_ns;
	event->ip = ip;
	event->taints = counts ? counts->taints : 0;
	if (kind != FP_MODULE_FIRST_GET)
		describe_loader(event);
	bpf_ringbuf_submit(event, 0);
}

static __noinline int count_caller(const struct fp_module_key *module, __u64 ip, __u32 kind)
{
	struct fp_module_caller_key key = { .ip = ip, .kind = kind };
	struct fp_module_caller *caller;

	if (!module)
		return 0;
	key.module = *module;
	key.epoch = epoch;
	key.start_ns = process_start();
	key.tgid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(key.comm, sizeof(key.comm));
	caller = bpf_map_lookup_elem(&callers, &key);
	if (!caller) {
		bpf_map_update_elem(&callers, &key, &no_caller, BPF_NOEXIST);
		caller = bpf_map_lookup_elem(&callers, &key);
	}
	if (!caller) {
		count_loss(FP_MODULE_LOSS_CALLERS);
		return 0;
	}
	if (!caller->cgroup)
		caller->cgroup = bpf_get_current_cgroup_id();
	__sync_fetch_and_add(&caller->count, 1);
	return 0;
}

/* Tells the first get of a process. BPF_NOEXIST lets one of its threads win. */
static __noinline int tell_first_get(const struct fp_module_key *module, __u64 ip)
{
	struct fp_first_key key = {};
	const __u32 told = 1;

	if (!module)
		return 0;
	key.module = *module;
	key.start_ns = process_start();
	key.tgid = bpf_get_current_pid_tgid() >> 32;
	if (bpf_map_lookup_elem(&first_gets, &key))
		return 0;
	if (bpf_map_update_elem(&first_gets, &key, &told, BPF_NOEXIST) == 0)
		send_module_event(FP_MODULE_FIRST_GET, module, ip, NULL);
	return 0;
}

static __always_inline int on_load(const struct seen *module)
{
	struct fp_module_key key;
	struct fp_module_counts *counts;
	__u64 now = bpf_ktime_get_boot_ns();

	read_name(key.name, module->name);
	key.loaded_ns = now;
	/* Without it the gets to come are counted for generation 0 of the same name. */
	if (bpf_map_update_elem(&generations, key.name, &now, BPF_ANY))
		key.loaded_ns = 0;
	counts = counts_of(&key);
	if (counts) {
		counts->taints = module->taints;
		note_refcount(counts, module);
		__sync_fetch_and_add(&counts->loads, 1);
	}
	send_module_event(FP_MODULE_LOAD, &key, 0, counts);
	note_change();
	return 0;
}

static __always_inline int on_free(const struct seen *module)
{
	struct fp_module_key key;
	struct fp_module_counts *counts;

	find_key(&key, module->name);
	counts = counts_of(&key);
	if (counts)
		__sync_fetch_and_add(&counts->unloads, 1);
	bpf_map_delete_elem(&generations, key.name);
	send_module_event(FP_MODULE_FREE, &key, 0, counts);
	note_change();
	return 0;
}

static __always_inline int on_reference(const struct seen *module, __u64 ip, __u32 kind)
{
	struct fp_module_key key;
	struct fp_module_counts *counts;

	find_key(&key, module->name);
	counts = counts_of(&key);
	if (counts) {
		note_refcount(counts, module);
		if (kind == FP_MODULE_PUT) {
			__sync_fetch_and_add(&counts->puts, 1);
		} else {
			__sync_fetch_and_add(&counts->gets, 1);
			note_peak(counts);
			if (!counts->first_ip) {
				counts->first_ip = ip;
				counts->first_tgid = bpf_get_current_pid_tgid() >> 32;
				bpf_get_current_comm(counts->first_comm, sizeof(counts->first_comm));
			}
		}
		count_caller(&key, ip, kind);
	}
	if (kind == FP_MODULE_GET)
		tell_first_get(&key, ip);
	note_change();
	return 0;
}

static __always_inline int on_request(const void *name, __u32 wait, __u64 ip)
{
	struct fp_request_key key = {};
	struct fp_request *request;
	struct fp_module_event *event;

	read_name(key.name, name);
	key.wait = wait;
	key.epoch = epoch;
	request = bpf_map_lookup_elem(&requests, &key);
	if (!request) {
		bpf_map_update_elem(&requests, &key, &no_request, BPF_NOEXIST);
		request = bpf_map_lookup_elem(&requests, &key);
	}
	if (request) {
		if (!request->tgid) {
			request->tgid = bpf_get_current_pid_tgid() >> 32;
			request->first_ip = ip;
			request->cgroup = bpf_get_current_cgroup_id();
			bpf_get_current_comm(request->comm, sizeof(request->comm));
		}
		__sync_fetch_and_add(&request->count, 1);
	} else {
		count_loss(FP_MODULE_LOSS_REQUESTS);
	}
	event = new_event(FP_MODULE_REQUEST);
	if (event) {
		__builtin_memcpy(event->name, key.name, sizeof(event->name));
		event->wait = wait;
		event->ip = ip;
		bpf_ringbuf_submit(event, 0);
	}
	note_change();
	return 0;
}

/*
 * Raw tracepoints in both objects: include/trace/events/module.h,
 * module_load(mod), module_free(mod), module_get(mod, ip), module_put(mod, ip),
 * module_request(name, wait, ip).
 */
SEC("raw_tp/module_load")
int module_load(struct bpf_raw_tracepoint_args *ctx)
{
	struct seen module = {};

	if (is_taken(FP_MODULE_LOAD))
		return 0;
	see((const void *)ctx->args[0], FP_MODULE_LOAD, &module);
	return on_load(&module);
}

SEC("raw_tp/module_free")
int module_free(struct bpf_raw_tracepoint_args *ctx)
{
	struct seen module = {};

	if (is_taken(FP_MODULE_FREE))
		return 0;
	see((const void *)ctx->args[0], FP_MODULE_FREE, &module);
	return on_free(&module);
}

SEC("raw_tp/module_get")
int module_get(struct bpf_raw_tracepoint_args *ctx)
{
	struct seen module = {};

	if (is_taken(FP_MODULE_GET))
		return 0;
	see((const void *)ctx->args[0], FP_MODULE_GET, &module);
	return on_reference(&module, ctx->args[1], FP_MODULE_GET);
}

SEC("raw_tp/module_put")
int module_put(struct bpf_raw_tracepoint_args *ctx)
{
	struct seen module = {};

	if (is_taken(FP_MODULE_PUT))
		return 0;
	see((const void *)ctx->args[0], FP_MODULE_PUT, &module);
	return on_reference(&module, ctx->args[1], FP_MODULE_PUT);
}

SEC("raw_tp/module_request")
int module_request(struct bpf_raw_tracepoint_args *ctx)
{
	if (is_taken(FP_MODULE_REQUEST))
		return 0;
	return on_request((const void *)ctx->args[0], ctx->args[1] & 1, ctx->args[2]);
}

#endif
