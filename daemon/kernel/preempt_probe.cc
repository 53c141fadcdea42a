// SPDX-License-Identifier: Apache-2.0
#include "daemon/kernel/preempt_probe.h"

#include <bpf/libbpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <memory>
#include <thread>

#include "preempt_bpf.skel.h"

namespace footprint::kernel {
namespace {

bool Ask() {
  const std::unique_ptr<preempt_bpf, decltype(&preempt_bpf::destroy)> probe(preempt_bpf::open(),
                                                                            preempt_bpf::destroy);
  if (probe == nullptr) return false;
  probe->rodata->caller = syscall(SYS_gettid);
  if (preempt_bpf::load(probe.get()) != 0 || preempt_bpf::attach(probe.get()) != 0) return false;
  syscall(SYS_getppid);
  std::thread([] {}).join();  // sched_wakeup_new
  return probe->bss->ran == 1 && probe->bss->depth == 0 && probe->bss->kept == 1;
}

}  // namespace

bool TracepointsArePreemptible() {
  static const bool answer = [] {
    const libbpf_print_fn_t before =
        libbpf_set_print([](enum libbpf_print_level, const char*, va_list) { return 0; });
    const bool preemptible = Ask();
    libbpf_set_print(before);  // a caller keeps what is said while it loads
    return preemptible;
  }();
  return answer;
}

}  // namespace footprint::kernel
