// SPDX-License-Identifier: Apache-2.0
// Puts losses down to the processes that they happened to, as far as the kernel could tell.
// Ownership: borrows source and table.   Threads: collector thread only.
// Failure: what belongs to no known process stays with the time in which it was lost, and is
// everybody's.
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

  // Sets losses, unplaced and pending, as of now: what was lost since the last Read, and what waits
  // for its process, is nobody's until then.
  void Tell(model::Snapshot& snapshot) const;

 private:
  // What is accounted for of an entry of the kernel's.
  struct Seen {
    uint64_t count = 0;
    int waits = 0;  // passes for which the rest has waited for its process
  };
  // A process may begin, and lose something, after the slots were read: then the next pass knows it
  // by its slot, or the one after, where half of that was to be read.
  static constexpr int kWaits = 2;

  model::Losses Now() const;
  void Place(const fp_loser& key, uint64_t count, Seen& seen, ProcessTable& table);
  void LetGo(ProcessTable& table);

  kernel::Source& source_;
  model::Losses losses_, placed_, unplaced_;
  model::Losses waiting_;                               // for their processes, since the last Read
  std::map<std::pair<uint32_t, uint32_t>, Seen> seen_;  // by tgid and cause; bounded as the map
};

}  // namespace footprint::collect

#endif  // FOOTPRINT_DAEMON_COLLECT_LOSS_BOOK_H_
