// SPDX-License-Identifier: Apache-2.0
// What the table of processes keeps of one program image. There may be 65,536 of them: what most
// have none of takes a pointer, and what snapshots have is not kept a second time.
// Ownership: values; snapshots share the published parts.   Threads: collector thread only.
// Failure: none.
#ifndef FOOTPRINT_DAEMON_COLLECT_IMAGE_STATE_H_
#define FOOTPRINT_DAEMON_COLLECT_IMAGE_STATE_H_

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "daemon/model/snapshot.h"

namespace footprint::collect {

// A value that snapshots share once it was published: a change then makes a copy.
template <typename Value>
class Published {
 public:
  explicit Published(Value value) : value_(std::make_shared<Value>(std::move(value))) {}

  const Value& operator*() const { return *value_; }
  const Value* operator->() const { return value_.get(); }
  // Valid until the value is shared.
  Value& Change() {
    if (shared_) value_ = std::make_shared<Value>(*value_);
    shared_ = false;
    return *value_;
  }
  std::shared_ptr<const Value> Share() {
    shared_ = true;
    return value_;
  }

 private:
  std::shared_ptr<Value> value_;
  bool shared_ = false;
};

// A program image in one cgroup: threads of one process may be in several, and a process that is
// moved counts for where it is now from then on.
struct ImageKey {
  uint32_t number = 0;
  uint64_t cgroup = 0;
  auto operator<=>(const ImageKey&) const = default;
};

struct ImageId {
  model::LifeId life;
  ImageKey key;
  auto operator<=>(const ImageId&) const = default;
};

// One program image and what was counted for it.
struct ImageState {
  explicit ImageState(model::Image image) : info(std::move(image)) {}

  Published<model::Image> info;            // with the counts that were published last
  model::PackedPtr ended;                  // of threads that are gone; null: nothing
  model::PackedPtr spilled;                // of living threads, from the last walk of the spill map
  absl::InlinedVector<uint32_t, 4> slots;  // that hold its threads, closed ones too; unordered
  uint32_t open_slots = 0;
  uint32_t orphans = 0, orphans_in_flight = 0;
  bool changed = true;
  bool queued = false;  // among the dead, waiting to be folded
  size_t queued_bytes = 0;

  void DropSlot(uint32_t slot) {
    const auto it = std::find(slots.begin(), slots.end(), slot);
    if (it == slots.end()) return;
    *it = slots.back();
    slots.pop_back();
  }
  // More may come, or has yet to move to `ended`.
  bool Held() const { return !slots.empty() || orphans != 0 || spilled != nullptr; }
};

// The images of one life by their keys: mostly there is one. Add and Erase move the others.
class ImageMap {
 public:
  using Entry = std::pair<ImageKey, ImageState>;

  auto begin() { return entries_.begin(); }
  auto end() { return entries_.end(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  // The first whose key is not below that one.
  auto From(const ImageKey& key) {
    return std::lower_bound(entries_.begin(), entries_.end(), key,
                            [](const Entry& entry, const ImageKey& k) { return entry.first < k; });
  }
  ImageState* Find(const ImageKey& key) {
    const auto it = From(key);
    return it != entries_.end() && it->first == key ? &it->second : nullptr;
  }
  // `key` is new.
  ImageState& Add(const ImageKey& key, model::Image image) {
    return entries_.emplace(From(key), key, std::move(image))->second;
  }
  void Erase(const ImageKey& key) {
    entries_.erase(From(key));
    if (entries_.size() <= 1) entries_.shrink_to_fit();
  }

 private:
  absl::InlinedVector<Entry, 1> entries_;
};

}  // namespace footprint::collect

#endif  // FOOTPRINT_DAEMON_COLLECT_IMAGE_STATE_H_
