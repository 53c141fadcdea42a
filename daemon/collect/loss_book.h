// SPDX-License-Identifier: Apache-2.0
// Puts losses down to the processes that they happened to, as far as the kernel could tell.
// Ownership: borrows source and table.   Threads: collector thread only.
// Failure: what belongs to no known process stays with the time in which it was lost.
#ifndef FOOTPRINT_DAEMON_COLLECT_LOSS_BOOK_H_
#define FOOTPRINT_DAEMON_COLLECT_LOSS_BOOK_H_

#include <linux/types.h>

#include <cstdint>
#include <map>
#include <utility>

#include "daemon/collect/process_table.h"
#include "daemon/kernel/source.h"
#include "daemon/model/snapshot.h"

namespace footprint::collect {

class LossBook {
 public:
  explicit LossBook(kernel::Source& source) : source_(source) {}

  // Once a pass, after the slots: who lost something is known by then, if at all.
  void Read(ProcessTable& table);

  // Sets losses, unplaced and pending, as of now: what was lost since the last Read is nobody's
  // until the next.
  void Tell(model::Snapshot& snapshot) const;

 private:
  kernel::Source& source_;
  model::Losses Now() const;

  model::Losses losses_, placed_, unplaced_;
  std::map<std::pair<uint32_t, uint32_t>, uint64_t> seen_;  // by tgid and cause; bounded as the map
};

}  // namespace footprint::collect

#endif  // FOOTPRINT_DAEMON_COLLECT_LOSS_BOOK_H_
