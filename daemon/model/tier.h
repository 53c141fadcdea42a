// SPDX-License-Identifier: Apache-2.0
// What was measured when, and what that cost.
// Ownership: values; a history is shared, const.   Threads: any.   Failure: none.
#ifndef FOOTPRINT_DAEMON_MODEL_TIER_H_
#define FOOTPRINT_DAEMON_MODEL_TIER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace footprint::model {

struct TierState {
  std::string tier;               // asked for: calls | errors | latency | full
  std::vector<std::string> shed;  // of it not measured, by the governor: latency, objects
  bool operator==(const TierState&) const = default;
};

struct TierChange {
  int64_t realtime_ns = 0;
  uint64_t boottime_ns = 0;
  TierState from, to;
  std::string reason;  // "asked by RPC", "governor: ..."
};

struct TierHistory {
  TierState now;
  std::vector<std::string> measured;  // now: calls, errors, latency, objects
  std::vector<TierChange> changes;    // the latest, oldest first
  uint64_t total = 0;                 // changes since the attach, kept or not
};
using TierHistoryPtr = std::shared_ptr<const TierHistory>;

// `history` and one more change; keeps the last `most`.
TierHistory Changed(const TierHistory& history, TierChange change,
                    std::vector<std::string> measured, size_t most);

// Measured cost of one call on this machine, ns of CPU time.
struct CallCost {
  std::vector<std::string> measured;  // while this was measured: calls, errors, latency, objects
  double plain_ns = 0;                // of a call without a descriptor
  double descriptor_ns = 0;           // of a call with one
  double bare_plain_ns = 0, bare_descriptor_ns = 0;  // the calls themselves, without footprint
};

// What measuring took from the system over a time. All of the whole system.
struct Cost {
  bool known = false;             // costs per call were measured
  CallCost call;                  // of what is measured at the end of the time; where known
  uint64_t calls = 0;             // entered, the daemon's own included
  uint64_t descriptor_calls = 0;  // of these, those that take a descriptor
  uint64_t kernel_ns = 0;         // estimate: each call at the cost of what was measured then
  uint64_t own_cpu_ns = 0;        // of the daemon itself
};
Cost Difference(const Cost& end, const Cost& base);

}  // namespace footprint::model

#endif  // FOOTPRINT_DAEMON_MODEL_TIER_H_
