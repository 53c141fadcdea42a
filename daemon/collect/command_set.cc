// SPDX-License-Identifier: Apache-2.0
#include "daemon/collect/command_set.h"

namespace footprint::collect {

void CommandSet::Add(const Key& key, uint64_t images, const model::Counts& counts) {
  auto it = entries_.find(key);
  if (it == entries_.end()) {
    const bool room = entries_.size() + 1 < limit_;
    it = entries_.try_emplace(room ? key : Key{"", "", "(other)", false}).first;
  }
  Entry& entry = it->second;
  entry.images += images;
  model::Add(entry.counts, counts);
  entry.published = nullptr;
}

void CommandSet::Add(const model::Command& more) {
  Add({more.unit, more.exe, more.comm, more.observer}, more.images, *more.counts);
}

void CommandSet::Add(const CommandSet& more) {
  for (const auto& [key, entry] : more.entries_) Add(key, entry.images, entry.counts);
}

std::vector<std::shared_ptr<const model::Command>> CommandSet::Rows() {
  std::vector<std::shared_ptr<const model::Command>> rows;
  rows.reserve(entries_.size());
  for (auto& [key, entry] : entries_) {
    if (entry.published == nullptr) {
      const auto& [unit, exe, comm, observer] = key;
      entry.published = std::make_shared<model::Command>(
          model::Command{.unit = unit,
                         .exe = exe,
                         .comm = comm,
                         .images = entry.images,
                         .observer = observer,
                         .counts = std::make_shared<model::Counts>(entry.counts)});
    }
    rows.push_back(entry.published);
  }
  return rows;
}

}  // namespace footprint::collect
