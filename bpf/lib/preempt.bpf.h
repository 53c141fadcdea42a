/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * In which context a program runs: include/linux/preempt.h. Needs kernel BTF; told on kernels
 * alone whose tracepoints preempt programs (7.x).
 */
#ifndef FOOTPRINT_LIB_PREEMPT_BPF_H
#define FOOTPRINT_LIB_PREEMPT_BPF_H

#define PREEMPT_MASK 0x0000ff /* depth of preempt_disable() */
#define SOFTIRQ_MASK 0x00ff00
#define HARDIRQ_MASK 0x0f0000
#define NMI_MASK     0xf00000

#if defined(__TARGET_ARCH_x86)
/* A variable of its own since 6.15; before, preemption was off. arch/x86/include/asm/preempt.h */
extern const int __preempt_count __ksym __weak;

static __always_inline __u32 preempt_count(void)
{
	if (!&__preempt_count)
		return 1;
	return *(const int *)bpf_this_cpu_ptr(&__preempt_count);
}
#else
struct thread_info___arm64 {
	struct {
		__u32 count;
	} preempt;
} __attribute__((preserve_access_index));

static __always_inline __u32 preempt_count(void)
{
	struct thread_info___arm64 *info = (void *)bpf_get_current_task();

	return BPF_CORE_READ(info, preempt.count);
}
#endif

#endif
