// SPDX-License-Identifier: Apache-2.0
#include "daemon/collect/cgroup_names.h"

#include <utility>

namespace footprint::collect {

CgroupNames::CgroupNames(const Procfs& procfs, size_t most) : procfs_(procfs) {
  for (const auto& [path, id] : procfs.Cgroups(most)) Note(id, path.empty() ? "/" : path);
}

// An entry with its node and its place in the table.
size_t CgroupNames::BytesOf(const std::string& path) {
  constexpr size_t kEntry = 96;
  return kEntry + (path.size() < sizeof(std::string) / 2 ? 0 : path.capacity() + 1);
}

void CgroupNames::Note(uint64_t id, const std::string& path) {
  if (path.empty()) return;
  if (const auto it = recent_.find(id); it != recent_.end()) {
    recent_bytes_ -= BytesOf(it->second);
    recent_.erase(it);
  }
  const size_t bytes = BytesOf(recent_[id] = path);
  recent_bytes_ += bytes;
  if (recent_bytes_ <= kBytes / 2) return;
  earlier_ = std::exchange(recent_, {});
  earlier_bytes_ = std::exchange(recent_bytes_, 0);
}

std::string CgroupNames::PathOf(uint64_t id, uint32_t living) {
  if (const auto it = recent_.find(id); it != recent_.end()) return it->second;
  std::string path;
  if (const auto it = earlier_.find(id); it != earlier_.end()) path = it->second;
  if (path.empty()) path = procfs_.CgroupByHandle(id);
  if (path.empty() && living != 0) {
    // It may have moved on since: the folder's number says whether this is the one.
    path = procfs_.Cgroup(living);
    if (!path.empty() && procfs_.CgroupId(path) != id) path.clear();
  }
  Note(id, path);
  return path;
}

}  // namespace footprint::collect
