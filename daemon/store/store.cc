// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/store.h"

#include <algorithm>
#include <utility>

namespace footprint::store {

void SnapshotStore::Publish(model::SnapshotPtr snapshot) {
  // The old one is released outside of the lock: it may be large.
  const std::lock_guard lock(mutex_);
  latest_.swap(snapshot);
}

model::SnapshotPtr SnapshotStore::Latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

// Lost events have positions, too: what a reader missed is the positions it got no event for,
// exactly, whether they left the log or never reached it.
void EventLog::Append(model::Event event) {
  std::vector<std::shared_ptr<std::function<void()>>> wake;
  {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    if (events_.size() > capacity_) {
      while (!gaps_.empty() && gaps_.front().first == first_) {
        first_ += gaps_.front().second;
        gaps_.pop_front();
      }
      events_.pop_front();
      ++first_;
    }
    for (const auto& [id, subscriber] : subscribers_) wake.push_back(subscriber);
  }
  for (const auto& subscriber : wake) (*subscriber)();
}

void EventLog::AddLost(uint64_t count) {
  if (count == 0) return;
  const std::lock_guard lock(mutex_);
  const uint64_t end = EndLocked();
  if (!gaps_.empty() && gaps_.back().first + gaps_.back().second == end) {
    gaps_.back().second += count;
  } else {
    gaps_.emplace_back(end, count);
  }
}

uint64_t EventLog::EndLocked() const {
  uint64_t end = first_ + events_.size();
  for (const auto& [position, count] : gaps_) end += count;
  return end;
}

uint64_t EventLog::End() const {
  const std::lock_guard lock(mutex_);
  return EndLocked();
}

EventLog::Batch EventLog::Read(uint64_t from, size_t most) const {
  const std::lock_guard lock(mutex_);
  Batch batch{.events = {}, .next = std::max(from, first_), .lost = 0};
  if (from < first_) batch.lost = first_ - from;
  uint64_t position = first_;  // of events_[index]
  size_t index = 0;
  auto gap = gaps_.begin();
  while (true) {
    const bool last = gap == gaps_.end();
    const uint64_t run_end = last ? position + (events_.size() - index) : gap->first;
    while (batch.next < run_end && batch.events.size() < most) {
      batch.events.push_back(events_[index + (batch.next++ - position)]);
    }
    if (last || batch.next < run_end || batch.events.size() == most) return batch;
    const uint64_t gap_end = gap->first + gap->second;
    if (batch.next < gap_end) {
      batch.lost += gap_end - batch.next;
      batch.next = gap_end;
    }
    index += run_end - position;
    position = gap_end;
    ++gap;
  }
}

uint64_t EventLog::Subscribe(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  subscribers_[next_subscriber_] = std::make_shared<std::function<void()>>(std::move(wake));
  return next_subscriber_++;
}

void EventLog::Unsubscribe(uint64_t id) {
  const std::lock_guard lock(mutex_);
  subscribers_.erase(id);
}

}  // namespace footprint::store
