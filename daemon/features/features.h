// SPDX-License-Identifier: Apache-2.0
// What this kernel and these privileges offer to the profiler, found by really trying.
// Uses bpf(2) and files only, no libbpf, so that the client's `doctor` can link it.
// Ownership: values.   Threads: any.   Failure: a probe that fails is a finding, not an error.
#ifndef FOOTPRINT_DAEMON_FEATURES_FEATURES_H_
#define FOOTPRINT_DAEMON_FEATURES_FEATURES_H_

#include <string>
#include <vector>

namespace footprint::features {

// Not needed: the kernel has nothing that it would tell.
enum class Importance { kRequired, kOptional, kNotNeeded };

struct Finding {
  std::string name;  // "raw_tp:sys_enter", "btf", "cap_bpf", "lockdown"
  Importance importance = Importance::kOptional;
  bool present = false;
  std::string detail;  // what was tried and what the kernel answered
  std::string cost;    // what footprint lacks without it; "" when present or not needed
  std::string remedy;  // how to get it; "" when present or not needed
};

// Tries everything, in a fixed order. Attaches each hook for a moment, and lifts the process's
// RLIMIT_MEMLOCK as long.
std::vector<Finding> Probe();

// "CAP_BPF, CAP_PERFMON": effective capabilities that loading needs and this process lacks; "" when
// none. CAP_SYS_ADMIN stands for both.
std::string MissingCapabilities();

}  // namespace footprint::features

#endif  // FOOTPRINT_DAEMON_FEATURES_FEATURES_H_
