// SPDX-License-Identifier: Apache-2.0
// What this kernel and these privileges offer to the profiler, found by really trying.
// Uses bpf(2) and files only, no libbpf, so that the client's `doctor` can link it.
// Ownership: values.   Threads: any.   Failure: a probe that fails is a finding, not an error.
#ifndef FOOTPRINT_DAEMON_FEATURES_FEATURES_H_
#define FOOTPRINT_DAEMON_FEATURES_FEATURES_H_

#include <string>
#include <string_view>
#include <vector>

namespace footprint::features {

// Not needed: the kernel has nothing that it would tell.
enum class Importance { kRequired, kOptional, kNotNeeded };

struct Finding {
  std::string name;  // "raw_tp:sys_enter", "btf", "cap_bpf"
  Importance importance = Importance::kOptional;
  bool present = false;
  std::string detail;  // what was tried and what the kernel answered
  std::string cost;    // what footprint lacks without it; "" when present or not needed
  std::string remedy;  // how to get it, or how to know; "" when present or not needed
  // It is not known whether the kernel has it: it could not be tried, or read. Not present then.
  bool unknown = false;
};
// "present", "missing", "unknown" or "not needed".
const char* State(const Finding& finding);

// Tries everything, in a fixed order. Attaches each hook for a moment, and lifts the process's
// RLIMIT_MEMLOCK as long. `config`: the kernel's configuration, a line for each option that is set;
// "" where it is not known.
std::vector<Finding> Probe(std::string_view config = "");

// Whether lockdown=confidentiality keeps programs from reading kernel memory. `root`: "" or a
// directory that stands for /.
Finding JudgeLockdown(const std::string& root, std::string_view config);
// What bpf(2) refused is no fact of the kernel while capabilities are missing: unknown then.
// `missing`: of MissingCapabilities().
void ForgiveMissingRights(const std::string& missing, std::vector<Finding>& findings);

// "CAP_BPF, CAP_PERFMON": effective capabilities that loading needs and this process lacks; "" when
// none. CAP_SYS_ADMIN stands for both.
std::string MissingCapabilities();

}  // namespace footprint::features

#endif  // FOOTPRINT_DAEMON_FEATURES_FEATURES_H_
