// SPDX-License-Identifier: Apache-2.0
#include "daemon/kernel/lost_runs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace footprint::kernel {
namespace {

constexpr int kLooks = 8;
constexpr std::chrono::milliseconds kBetweenLooks{1};

}  // namespace

uint64_t SkippedRuns(bpf_program* program) {
  bpf_prog_info info{};
  uint32_t length = sizeof(info);
  if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length) != 0) return 0;
  return info.recursion_misses;
}

uint64_t LostRuns(bpf_program* first, bpf_program* second, const volatile uint64_t& made_up_for,
                  uint64_t seen) {
  if (first == nullptr) return std::max(seen, SkippedRuns(second));
  uint64_t least = UINT64_MAX;
  for (int look = 0; look < kLooks; look++) {
    if (look > 0) std::this_thread::sleep_for(kBetweenLooks);
    // Read first: a run is skipped before it is made up for, and the difference errs upwards.
    const uint64_t rescued = made_up_for;
    const uint64_t skipped = SkippedRuns(first);
    // Each look says how many are lost by now at most, so the least of them holds for the first.
    least = std::min({least, skipped - std::min(rescued, skipped), SkippedRuns(second)});
    if (least <= seen) return seen;
  }
  return least;
}

}  // namespace footprint::kernel
