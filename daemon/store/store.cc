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

void EventLog::Append(model::Event event) {
  std::vector<std::shared_ptr<std::function<void()>>> wake;
  {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    if (events_.size() > capacity_) {
      events_.pop_front();
      ++first_;
      // A gap before events that are gone is part of what is gone.
      while (!gaps_.empty() && gaps_.front().first <= first_) gaps_.pop_front();
    }
    for (const auto& [id, subscriber] : subscribers_) wake.push_back(subscriber);
  }
  for (const auto& subscriber : wake) (*subscriber)();
}

void EventLog::AddLost(uint64_t count) {
  const std::lock_guard lock(mutex_);
  const uint64_t end = first_ + events_.size();
  if (!gaps_.empty() && gaps_.back().first == end) {
    gaps_.back().second += count;
  } else {
    gaps_.emplace_back(end, count);
  }
}

uint64_t EventLog::End() const {
  const std::lock_guard lock(mutex_);
  return first_ + events_.size();
}

EventLog::Batch EventLog::Read(uint64_t from, size_t most) const {
  const std::lock_guard lock(mutex_);
  const uint64_t end = first_ + events_.size();
  Batch batch;
  if (from < first_) batch.lost = first_ - from;
  const uint64_t begin = std::clamp(from, first_, end);
  batch.next = std::min<uint64_t>(end, begin + most);
  for (uint64_t i = begin; i < batch.next; ++i) batch.events.push_back(events_[i - first_]);
  for (const auto& [position, count] : gaps_) {
    if (position >= begin && position < batch.next) batch.lost += count;
  }
  return batch;
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
