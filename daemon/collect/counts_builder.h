// SPDX-License-Identifier: Apache-2.0
// Turns abi structs into model::Counts.
// Ownership: values.   Threads: collector thread only; slots may be written meanwhile.
// Failure: none; cells whose key makes no sense are counted under ABI 0.
#ifndef FOOTPRINT_DAEMON_COLLECT_COUNTS_BUILDER_H_
#define FOOTPRINT_DAEMON_COLLECT_COUNTS_BUILDER_H_

#include <linux/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "bpf/abi/footprint.h"
#include "daemon/model/counts.h"

namespace footprint::collect {

// Is it in a call that is counted, and whose end will be seen? `exits`: Source::ExitsInForce().
bool InCountedCall(const fp_flight& flight, uint32_t exits);

class CountsBuilder {
 public:
  // `exits`: Source::ExitsInForce(), for slots.
  explicit CountsBuilder(uint32_t exits = 0) : exits_(exits) {}

  // `more`: its further slots.
  void AddSlot(const fp_slot& slot, const std::vector<const fp_slot*>& more = {});
  // After AddSlot: the thread is gone. A slot that the daemon closed may still have a call under
  // way.
  void AddEnd(const fp_slot& slot);
  void AddSpill(const fp_spill_key& key, const fp_spill& value);
  // The sum of all that was added; the builder is empty afterwards.
  model::Counts Build();

 private:
  void AddCells(const fp_slot& slot);
  void AddParts(const fp_slot& slot);
  void AddOwnParts(const fp_slot& slot);
  void AddPart(uint64_t key, const fp_cell& cell);
  void AddCell(uint64_t key, const model::CallStats& stats);
  void AddErrno(uint64_t key, uint64_t count);
  void AddTime(uint64_t key, uint64_t count);
  void Compact();

  uint32_t exits_;
  // Unsorted, with duplicates, `latency` unused.
  model::Counts raw_;
  std::map<uint8_t, model::Histogram> latency_;  // by subsystem index
  size_t compact_at_ = kFirstCompact;            // rows of calls
  static constexpr size_t kFirstCompact = 1024;
};

}  // namespace footprint::collect

#endif  // FOOTPRINT_DAEMON_COLLECT_COUNTS_BUILDER_H_
