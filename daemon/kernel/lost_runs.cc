// SPDX-License-Identifier: Apache-2.0
#include "daemon/kernel/lost_runs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>

namespace footprint::kernel {
namespace {

uint64_t SkippedRuns(bpf_program* program) {
  bpf_prog_info info{};
  uint32_t length = sizeof(info);
  if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length) != 0) return 0;
  return info.recursion_misses;
}

}  // namespace

uint64_t LostRuns(bpf_program* first, bpf_program* second, const volatile uint64_t* made_up_for) {
  // Read first: a run is skipped before it is made up for, and the difference errs upwards.
  const uint64_t rescued = made_up_for == nullptr ? 0 : *made_up_for;
  const uint64_t skipped = SkippedRuns(first);
  if (second == nullptr) return skipped;
  return std::min(skipped - std::min(rescued, skipped), SkippedRuns(second));
}

}  // namespace footprint::kernel
