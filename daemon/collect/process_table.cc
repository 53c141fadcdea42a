// SPDX-License-Identifier: Apache-2.0
#include "daemon/collect/process_table.h"

#include <algorithm>
#include <utility>

namespace footprint::collect {

ProcessTable::ProcessTable(Limits limits, uint32_t own_pid, std::function<bool(uint32_t)> exists)
    : limits_(limits), own_pid_(own_pid), exists_(std::move(exists)), commands_(limits.commands) {}

ProcessTable::LifeState* ProcessTable::FindLife(const model::LifeId& id) {
  const auto it = lives_.find(id);
  return it == lives_.end() ? nullptr : &it->second;
}

ImageState* ProcessTable::Find(const ImageId& id) {
  LifeState* life = FindLife(id.life);
  if (life == nullptr) return nullptr;
  const auto it = life->images.find(id.number);
  return it == life->images.end() ? nullptr : &it->second;
}

ImageState& ProcessTable::Get(const ImageId& id, const model::LifeId& parent, uint64_t start_ns,
                              const std::function<model::Image()>& describe) {
  const auto [it, fresh] = lives_.try_emplace(id.life);
  LifeState& life = it->second;
  if (fresh) {
    life.info.id = id.life;
    life.info.parent = parent;
    life.info.start_ns = start_ns;
    life.info.alive = true;
    life.info.observer = id.life.pid == own_pid_;
    Adopt(life);
  }
  const auto image = life.images.find(id.number);
  if (image != life.images.end()) return image->second;
  life.changed = true;
  ImageState& made = life.images[id.number];
  made.info = describe();
  return made;
}

// Ties a new life to its parent, and to children that were seen before it.
void ProcessTable::Adopt(LifeState& life) {
  const model::LifeId& id = life.info.id;
  if (LifeState* above = FindLife(life.info.parent)) {
    above->children.push_back(id);
  } else {
    parentless_.insert({life.info.parent, id});
  }
  const auto first = parentless_.lower_bound({id, {}});
  auto it = first;
  for (; it != parentless_.end() && it->first == id; ++it) life.children.push_back(it->second);
  parentless_.erase(first, it);
}

const model::Image* ProcessTable::LatestImage(const model::LifeId& id) const {
  const auto it = lives_.find(id);
  if (it == lives_.end() || it->second.images.empty()) return nullptr;
  return &it->second.images.rbegin()->second.info;
}

bool ProcessTable::LongDead(const model::LifeId& id) const {
  const auto it = lives_.find(id);
  return it != lives_.end() && it->second.dead_since != 0 && pass_ > it->second.dead_since + 1;
}

void ProcessTable::ForEachImage(const std::function<void(const ImageId&, ImageState&)>& visit) {
  for (auto& [id, life] : lives_) {
    for (auto& [number, image] : life.images) visit({id, number}, image);
  }
}

bool ProcessTable::Alive(const LifeState& life) {
  for (const auto& [number, image] : life.images) {
    if (image.open_slots != 0 || image.orphans != 0) return true;
  }
  const auto next = lives_.upper_bound(life.info.id);
  const bool replaced = next != lives_.end() && next->first.pid == life.info.id.pid;
  // Alive without an open slot: a zombie, or a thread that has made no call since the attach.
  return !replaced && exists_(life.info.id.pid);
}

void ProcessTable::QueueDead(LifeState& life) {
  for (auto& [number, image] : life.images) {
    const bool latest = number == life.images.rbegin()->first;
    if (image.queued || image.Held() || (latest && life.info.alive)) continue;
    image.queued = true;
    dead_.push_back({life.info.id, number});
  }
}

void ProcessTable::Settle(const std::vector<model::LifeId>& pinned) {
  ++pass_;
  pinned_ = {pinned.begin(), pinned.end()};
  for (auto& [id, life] : lives_) {
    // Once dead for two passes nothing can bring it back.
    if (life.dead_since != 0 && pass_ > life.dead_since + 1) continue;
    const bool alive = Alive(life);
    if (alive != life.info.alive) {
      life.info.alive = alive;
      life.changed = true;
    }
    if (alive) {
      life.dead_since = 0;
    } else if (life.dead_since == 0) {
      life.dead_since = pass_;
    }
    const bool settled = alive || pass_ > life.dead_since;
    if (settled) QueueDead(life);
  }
  FoldDead();
}

void ProcessTable::FoldDead() {
  size_t look = dead_.size();
  while (dead_.size() > limits_.dead_images && look-- > 0) {
    const ImageId id = dead_.front();
    dead_.pop_front();
    LifeState* life = FindLife(id.life);
    if (life == nullptr || !life->images.contains(id.number)) continue;
    if (pinned_.contains(id.life)) {
      dead_.push_back(id);
      continue;
    }
    FoldImage(*life, id.number);
    if (life->images.empty() && !life->info.alive) FoldLife(id.life);
  }
}

void ProcessTable::FoldImage(LifeState& life, uint32_t number) {
  ImageState& image = life.images.at(number);
  // Spilled counts of threads that are gone have been moved to `ended` before.
  const model::Command command{.unit = image.info.unit,
                               .exe = image.info.exe,
                               .comm = image.info.comm,
                               .images = 1,
                               .observer = life.info.observer,
                               .counts = std::make_shared<model::Counts>(image.ended)};
  commands_.Add(command);
  life.folded_images.Add(command);
  life.images.erase(number);
  life.changed = true;
}

void ProcessTable::FoldLife(const model::LifeId& id) {
  LifeState& life = lives_.at(id);
  LifeState* above = FindLife(life.info.parent);
  if (above != nullptr) {
    above->folded_descendants.Add(life.folded_images);
    above->folded_descendants.Add(life.folded_descendants);
    above->changed = true;
    std::erase(above->children, id);
  } else {
    parentless_.erase({life.info.parent, id});
  }
  // Grandchildren stay in the tree of the grandparent.
  for (const model::LifeId& child : life.children) {
    LifeState* below = FindLife(child);
    if (below == nullptr) continue;
    below->info.parent = life.info.parent;
    below->changed = true;
    if (above != nullptr) {
      above->children.push_back(child);
    } else {
      parentless_.insert({below->info.parent, child});
    }
  }
  lives_.erase(id);
}

void ProcessTable::PublishLife(LifeState& life,
                               const std::function<model::Counts(const ImageState&)>& counts_of) {
  for (auto& [number, image] : life.images) {
    const bool alive = life.info.alive && number == life.images.rbegin()->first;
    if (!image.changed && image.info.alive == alive) continue;
    life.changed = true;
    image.info.alive = alive;
    image.info.threads = image.open_slots + image.orphans;
    auto published = std::make_shared<model::Image>(image.info);
    published->counts = image.changed || image.published == nullptr
                            ? std::make_shared<model::Counts>(counts_of(image))
                            : image.published->counts;
    image.published = std::move(published);
    image.changed = false;
  }
  if (!life.changed) return;
  auto published = std::make_shared<model::Life>(life.info);
  for (const auto& [number, image] : life.images) published->images.push_back(image.published);
  published->folded_images = life.folded_images.Rows();
  published->folded_descendants = life.folded_descendants.Rows();
  life.published = std::move(published);
  life.changed = false;
}

void ProcessTable::Publish(model::Snapshot& snapshot,
                           const std::function<model::Counts(const ImageState&)>& counts_of) {
  snapshot.lives.reserve(lives_.size());
  for (auto& [id, life] : lives_) {
    PublishLife(life, counts_of);
    snapshot.lives.push_back(life.published);
  }
  snapshot.commands = commands_.Rows();
}

}  // namespace footprint::collect
