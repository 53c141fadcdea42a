// SPDX-License-Identifier: Apache-2.0
// The one place where the collector thread and the RPC threads meet.
// Ownership: snapshots are shared and const.   Threads: any.   Failure: none.
#ifndef FOOTPRINT_DAEMON_STORE_STORE_H_
#define FOOTPRINT_DAEMON_STORE_STORE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "daemon/model/snapshot.h"

namespace footprint::store {

// Latest snapshot. A mutex around a shared_ptr: see docs/decisions/0003.
class SnapshotStore {
 public:
  void Publish(model::SnapshotPtr snapshot);
  // Null before the first Publish.
  model::SnapshotPtr Latest() const;

 private:
  mutable std::mutex mutex_;
  model::SnapshotPtr latest_;
};

// The last events, for readers that each keep a position.
class EventLog {
 public:
  explicit EventLog(size_t capacity) : capacity_(capacity) {}

  void Append(model::Event event);
  // The producer lost `count` events before it could append them.
  void AddLost(uint64_t count);

  struct Batch {
    std::vector<model::Event> events;
    uint64_t next = 0;  // position for the following Read
    uint64_t lost = 0;  // events that left the log, or never reached it, since `from`
  };
  // Position of the next event to come.
  uint64_t End() const;
  Batch Read(uint64_t from, size_t most) const;

  // `wake` runs on the appending thread after each Append; it must not block.
  uint64_t Subscribe(std::function<void()> wake);
  void Unsubscribe(uint64_t id);

 private:
  uint64_t EndLocked() const;

  const size_t capacity_;
  mutable std::mutex mutex_;
  std::deque<model::Event> events_;
  std::deque<std::pair<uint64_t, uint64_t>> gaps_;  // position of the first lost, how many
  uint64_t first_ = 0;  // position of the first event, or of the gap before it
  uint64_t next_subscriber_ = 1;
  std::map<uint64_t, std::shared_ptr<std::function<void()>>> subscribers_;
};

}  // namespace footprint::store

#endif  // FOOTPRINT_DAEMON_STORE_STORE_H_
