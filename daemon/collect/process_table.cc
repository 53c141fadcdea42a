// SPDX-License-Identifier: Apache-2.0
#include "daemon/collect/process_table.h"

#include <algorithm>
#include <utility>

#include "daemon/model/command_name.h"

namespace footprint::collect {

ProcessTable::ProcessTable(Limits limits, uint32_t own_pid, std::function<bool(uint32_t)> exists)
    : limits_(limits), own_pid_(own_pid), exists_(std::move(exists)) {}

ProcessTable::LifeState* ProcessTable::FindLife(const model::LifeId& id) {
  const auto it = lives_.find(id);
  return it == lives_.end() ? nullptr : &it->second;
}

const ProcessTable::LifeState* ProcessTable::FindLife(const model::LifeId& id) const {
  const auto it = lives_.find(id);
  return it == lives_.end() ? nullptr : &it->second;
}

ImageState* ProcessTable::Find(const ImageId& id) {
  LifeState* life = FindLife(id.life);
  return life == nullptr ? nullptr : life->images.Find(id.key);
}

const ProcessTable::LifeState* ProcessTable::Younger(uint32_t pid, uint64_t birth) const {
  auto it = lives_.lower_bound({pid, birth});
  if (it == lives_.begin()) return nullptr;
  --it;
  return it->first.pid == pid && it->first.birth != 0 ? &it->second : nullptr;
}

void ProcessTable::FindStray(uint32_t pid, uint64_t start_ns, __u64& birth, __u32& image) {
  if (birth != 0 || older_.contains(pid)) return;
  const LifeState* found = Younger(pid, UINT64_MAX);
  if (found == nullptr || found->dead_since != 0) return;
  if (start_ns != 0 && found->info->start_ns != start_ns) return;
  LifeState& life = lives_.at(found->info->id);
  if (life.stray == 0) life.stray = life.current.number + 1;
  birth = life.info->id.birth;
  image += life.stray;
}

// The parent as the table knows it: found by its number alone where its birth was not known, and of
// a life that was folded, whom its children went to.
model::LifeId ProcessTable::Ancestor(model::LifeId parent, uint64_t birth) const {
  if (parent.birth == 0 && !older_.contains(parent.pid)) {
    const LifeState* younger = Younger(parent.pid, birth != 0 ? birth : UINT64_MAX);
    if (younger != nullptr) parent = younger->info->id;
  }
  for (auto it = forwarded_.find(parent); it != forwarded_.end() && FindLife(parent) == nullptr;
       it = forwarded_.find(parent)) {
    parent = it->second;
  }
  return parent;
}

ProcessTable::LifeState& ProcessTable::Make(const model::LifeId& id, const model::LifeId& parent,
                                            uint64_t start_ns) {
  model::Life made{.id = id,
                   .parent = Ancestor(parent, id.birth),
                   .start_ns = start_ns,
                   .alive = true,
                   .observer = id.pid == own_pid_};
  LifeState& life = lives_.try_emplace(id, std::move(made)).first->second;
  Adopt(life);
  return life;
}

ImageState& ProcessTable::Get(const ImageId& id, const model::LifeId& parent, uint64_t start_ns,
                              const std::function<model::Image()>& describe) {
  LifeState* known = FindLife(id.life);
  LifeState& life = known != nullptr ? *known : Make(id.life, parent, start_ns);
  if (ImageState* image = life.images.Find(id.key)) return *image;
  life.changed = true;
  model::Image image = describe();
  image.cgroup_id = id.key.cgroup;
  ImageState& made = life.images.Add(id.key, std::move(image));
  if (life.images.size() == 1 || id.key.number >= life.current.number) life.current = id.key;
  return made;
}

// Ties a new life to its parent, and to children that were seen before it. A parent that was there
// at the attach and has made no call since is a life without images.
void ProcessTable::Adopt(LifeState& life) {
  const model::LifeId id = life.info->id, parent = life.info->parent;
  LifeState* above = FindLife(parent);
  if (above == nullptr && parent.pid != 0 && parent.birth == 0 && parent != id) {
    if (const auto it = older_.find(parent.pid); it != older_.end()) {
      above = &Make(parent, {.pid = it->second, .birth = 0}, 0);
    }
  }
  if (above != nullptr) {
    above->children.push_back(id);
  } else {
    parentless_.insert({life.info->parent, id});
  }
  const auto first = parentless_.lower_bound({id, {}});
  auto it = first;
  for (; it != parentless_.end() && it->first == id; ++it) life.children.push_back(it->second);
  parentless_.erase(first, it);
}

void ProcessTable::ForImagesOf(const model::LifeId& life, uint32_t number,
                               const std::function<void(ImageState&)>& visit) {
  LifeState* state = FindLife(life);
  if (state == nullptr) return;
  auto& images = state->images;
  for (auto it = images.From({.number = number, .cgroup = 0});
       it != images.end() && it->first.number == number; ++it) {
    visit(it->second);
  }
}

bool ProcessTable::LongDead(const model::LifeId& id) const {
  const auto it = lives_.find(id);
  return it != lives_.end() && it->second.dead_since != 0 && pass_ > it->second.dead_since + 1;
}

void ProcessTable::ForEachImage(const std::function<void(const ImageId&, ImageState&)>& visit) {
  for (auto& [id, life] : lives_) {
    for (auto& [key, image] : life.images) visit({id, key}, image);
  }
}

void ProcessTable::NoteExit(const model::LifeId& id) {
  if (LifeState* life = FindLife(id)) life->look_at = 0;
}

bool ProcessTable::MayLose(uint32_t pid) const {
  bool known = false;
  for (auto it = lives_.lower_bound({pid, 0}); it != lives_.end() && it->first.pid == pid; ++it) {
    const LifeState& life = it->second;
    known |= life.dead_since == 0;
    for (const auto& [key, image] : life.images) {
      if (image.open_slots != 0 || image.orphans != 0) return true;
    }
  }
  return known && exists_(pid);
}

bool ProcessTable::NoteLoss(uint32_t pid, model::Loss cause, uint64_t count) {
  const model::Counts lost{.lost = {{static_cast<uint8_t>(cause), count}}};
  bool noted = false;
  for (auto it = lives_.lower_bound({pid, 0}); it != lives_.end() && it->first.pid == pid; ++it) {
    LifeState& life = it->second;
    if (life.dead_since != 0 && pass_ > life.dead_since + 1) continue;
    const bool held = std::any_of(life.images.begin(), life.images.end(),
                                  [](const auto& image) { return image.second.Held(); });
    // An exec that found no room began an image that is not known: then it is nobody's. A recording
    // may be of that image alone.
    const auto pin = pinned_.find(life.info->id);
    const bool awaited = pin != pinned_.end() && life.current.number <= pin->second;
    if (!held && (life.info->alive || awaited)) continue;
    for (auto& [key, image] : life.images) {
      if (!image.Held() && key.number != life.current.number) continue;
      model::Add(image.ended, lost);
      image.changed = true;
      noted = true;
    }
  }
  return noted;
}

bool ProcessTable::Alive(LifeState& life) {
  for (const auto& [key, image] : life.images) {
    if (image.open_slots == 0 && image.orphans == 0) continue;
    life.look_at = 0;
    life.wait = 1;
    return true;
  }
  const auto next = lives_.upper_bound(life.info->id);
  if (next != lives_.end() && next->first.pid == life.info->id.pid) return false;  // replaced
  // Alive without an open slot: a zombie, or a thread that has made no call since the attach. A
  // look is a system call, so these are looked for ever more rarely.
  if (life.look_at > pass_) return life.info->alive;
  life.look_at = pass_ + life.wait;
  life.wait = std::min(2 * life.wait, kLongestWait);
  return exists_(life.info->id.pid);
}

void ProcessTable::QueueDead(LifeState& life) {
  for (auto& [key, image] : life.images) {
    if (image.queued || image.Held() || (key == life.current && life.info->alive)) continue;
    image.queued = true;
    image.queued_bytes = image.ended == nullptr ? 0 : model::BytesOf(*image.ended);
    dead_bytes_ += image.queued_bytes;
    dead_.push_back({life.info->id, key});
  }
}

void ProcessTable::Settle(const std::map<model::LifeId, uint32_t>& pinned) {
  ++pass_;
  pinned_ = pinned;
  std::vector<model::LifeId> empty;  // that ended, and have no image any more
  for (auto& [id, life] : lives_) {
    // Once dead for two passes nothing can bring it back.
    if (life.dead_since != 0 && pass_ > life.dead_since + 1) {
      if (life.images.empty() && !pinned_.contains(id)) empty.push_back(id);
      continue;
    }
    const bool alive = Alive(life);
    if (alive != life.info->alive) {
      life.info.Change().alive = alive;
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
  for (const model::LifeId& id : empty) FoldLife(id);
  FoldDead();
  Shrink();
}

void ProcessTable::FoldDead() {
  size_t look = dead_.size();
  const auto full = [this] {
    return dead_.size() > limits_.dead_images || dead_bytes_ > limits_.dead_bytes;
  };
  while (full() && look-- > 0) {
    const ImageId id = dead_.front();
    dead_.pop_front();
    LifeState* life = FindLife(id.life);
    ImageState* image = life == nullptr ? nullptr : life->images.Find(id.key);
    if (image == nullptr) continue;
    if (image->Held()) {  // a thread was moved back
      image->queued = false;
      dead_bytes_ -= std::exchange(image->queued_bytes, 0);
      continue;
    }
    const auto pinned = pinned_.find(id.life);
    if (pinned != pinned_.end() && id.key.number <= pinned->second) {
      dead_.push_back(id);
      continue;
    }
    FoldImage(*life, id.key);
    if (life->images.empty() && !life->info->alive && pinned == pinned_.end()) FoldLife(id.life);
  }
}

void ProcessTable::FoldImage(LifeState& life, const ImageKey& key) {
  const ImageState& image = *life.images.Find(key);
  const model::Image& info = *image.info;
  // Spilled counts of threads that are gone have been moved to `ended` before.
  const model::Command command{.cgroup = info.cgroup,
                               .unit = info.unit,
                               .container = info.container,
                               .exe = info.exe,
                               .script = info.script,
                               .comm = info.comm,
                               .cgroup_lost = info.cgroup.empty() && key.cgroup != 0,
                               .name_lost = model::NameUnknown(info),
                               .images = 1,
                               .observer = life.info->observer,
                               .counts = image.ended};
  dead_bytes_ -= image.queued_bytes;
  commands_.Add(command);
  AddToTree(life.Rows().images, command);
  life.images.Erase(key);
  life.changed = true;
}

template <typename What>
void ProcessTable::AddToTree(CommandSet& rows, const What& more) {
  tree_bytes_ -= rows.bytes();
  rows.Add(more);
  if (rows.size() > kCommandsPerLife) rows.ShrinkTo(kCommandsPerLife / 4 * 3);
  tree_bytes_ += rows.bytes();
}

void ProcessTable::Shrink() {
  if (!commands_.Fits({.rows = limits_.commands, .bytes = limits_.command_bytes})) {
    std::set<std::string> in_use;
    for (const auto& [id, life] : lives_) {
      for (const auto& [key, image] : life.images) in_use.insert(image.info->cgroup.str());
    }
    auto sketch = folded_names_ == nullptr ? std::make_shared<model::NameSketch>()
                                           : std::make_shared<model::NameSketch>(*folded_names_);
    commands_.Shrink(
        {.rows = limits_.commands, .bytes = limits_.command_bytes},
        [&](const std::string& cgroup) { return in_use.contains(cgroup); }, *sketch);
    folded_names_ = std::move(sketch);
  }
  if (tree_bytes_ > limits_.tree_bytes) ShrinkTrees();
}

// A tree is asked for as a whole: its sums stay exact, whatever its rows are called.
void ProcessTable::ShrinkTrees() {
  for (size_t rows = kCommandsPerLife / 2; rows > 0 && tree_bytes_ > limits_.tree_bytes / 8 * 7;
       rows /= 2) {
    for (auto& [id, life] : lives_) {
      if (life.folded == nullptr) continue;
      for (CommandSet* set : {&life.folded->images, &life.folded->descendants}) {
        if (set->size() <= rows) continue;
        tree_bytes_ -= set->bytes();
        set->ShrinkTo(rows);
        tree_bytes_ += set->bytes();
        life.changed = true;
      }
    }
  }
}

void ProcessTable::FoldLife(const model::LifeId& id) {
  LifeState& life = lives_.at(id);
  LifeState* above = FindLife(life.info->parent);
  if (above != nullptr) {
    if (life.folded != nullptr) {
      AddToTree(above->Rows().descendants, life.folded->images);
      AddToTree(above->Rows().descendants, life.folded->descendants);
      above->changed = true;
    }
    std::erase(above->children, id);
  } else {
    parentless_.erase({life.info->parent, id});
  }
  // Grandchildren stay in the tree of the grandparent.
  for (const model::LifeId& child : life.children) {
    LifeState* below = FindLife(child);
    if (below == nullptr) continue;
    below->info.Change().parent = life.info->parent;
    below->changed = true;
    if (above != nullptr) {
      above->children.push_back(child);
    } else {
      parentless_.insert({below->info->parent, child});
    }
  }
  forwarded_[id] = life.info->parent;
  forwarded_order_.push_back(id);
  if (forwarded_order_.size() > kForwarded) {
    forwarded_.erase(forwarded_order_.front());
    forwarded_order_.pop_front();
  }
  if (life.folded != nullptr) {
    tree_bytes_ -= life.folded->images.bytes() + life.folded->descendants.bytes();
  }
  lives_.erase(id);
}

void ProcessTable::PublishLife(LifeState& life, const CountsOf& counts_of) {
  for (auto& [key, image] : life.images) {
    const bool here = key == life.current || image.open_slots != 0 || image.orphans != 0;
    const bool alive = life.info->alive && key.number == life.current.number && here;
    if (!image.changed && image.info->alive == alive) continue;
    life.changed = true;
    model::Image& info = image.info.Change();
    info.alive = alive;
    info.threads = image.open_slots + image.orphans;
    if (image.changed) info.counts = counts_of(image);
    if (info.counts == nullptr) info.counts = model::PackedCounts::Pack({});
    image.changed = false;
  }
  if (!life.changed) return;
  model::Life& info = life.info.Change();
  info.images.clear();
  info.images.reserve(life.images.size());
  for (auto& [key, image] : life.images) info.images.push_back(image.info.Share());
  if (life.folded != nullptr) {
    info.folded_images = life.folded->images.Rows();
    info.folded_descendants = life.folded->descendants.Rows();
  }
  life.changed = false;
}

void ProcessTable::Publish(model::Snapshot& snapshot, const CountsOf& counts_of) {
  snapshot.lives.reserve(lives_.size());
  for (auto& [id, life] : lives_) {
    PublishLife(life, counts_of);
    snapshot.lives.push_back(life.info.Share());
  }
  snapshot.commands = commands_.Rows();
  snapshot.folded_names = folded_names_;
}

}  // namespace footprint::collect
