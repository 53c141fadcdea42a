// SPDX-License-Identifier: Apache-2.0
// Turns abi structs into model::Counts.
// Ownership: values.   Threads: collector thread only; slots may be written meanwhile.
// Failure: none; cells whose key makes no sense are counted under ABI 0.
#ifndef FOOTPRINT_DAEMON_COLLECT_COUNTS_BUILDER_H_
#define FOOTPRINT_DAEMON_COLLECT_COUNTS_BUILDER_H_

#include <linux/types.h>

#include "bpf/abi/footprint.h"
#include "daemon/model/counts.h"

namespace footprint::collect {

class CountsBuilder {
 public:
  void AddSlot(const fp_slot& slot);
  // After AddSlot: the thread is gone. A slot that the daemon closed may still have a call under
  // way.
  void AddEnd(const fp_slot& slot);
  // A further slot of a thread's: before its own, so that no call is without what it made.
  void AddMore(const fp_slot& more);
  void AddSpill(const fp_spill_key& key, const fp_spill& value);
  // The sum of all that was added; the builder is empty afterwards.
  model::Counts Build();

 private:
  void AddCells(const fp_slot& slot, bool made);
  void AddCell(uint64_t key, const model::CallStats& stats);
  void AddErrno(uint64_t key, uint64_t count);

  model::Counts raw_;  // unsorted, with duplicates
};

}  // namespace footprint::collect

#endif  // FOOTPRINT_DAEMON_COLLECT_COUNTS_BUILDER_H_
