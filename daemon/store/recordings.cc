// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/recordings.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace footprint::store {
namespace {

constexpr uint64_t kAbandonedAfterNs = 600'000'000'000;

const model::Life* FindLife(const model::Snapshot& snapshot, const model::LifeId& id) {
  const auto it = std::lower_bound(
      snapshot.lives.begin(), snapshot.lives.end(), id,
      [](const auto& life, const model::LifeId& wanted) { return life->id < wanted; });
  return it != snapshot.lives.end() && (*it)->id == id ? it->get() : nullptr;
}

bool HasRoot(const model::Scope& scope) {
  return scope.kind == model::Scope::Kind::kPid || scope.kind == model::Scope::Kind::kTree;
}

// Footprint of the scope, empty where a name matches nothing.
absl::StatusOr<model::Footprint> EvaluateOrNothing(const model::Snapshot& now,
                                                   const model::Scope& scope) {
  auto footprint = model::Evaluate(now, scope);
  if (absl::IsNotFound(footprint.status()) && !HasRoot(scope)) return model::Nothing(now, scope);
  return footprint;
}

// 128 random bits. A number that counts would be given out again after a restart, to another
// client, and the first one's StopRecording would end that one's recording.
absl::StatusOr<std::string> NewId() {
  unsigned char bytes[16];
  if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes)) {
    return absl::ErrnoToStatus(errno, "getrandom");
  }
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes), sizeof(bytes)));
}

}  // namespace

void Recordings::NoteDeadRoots(const model::Snapshot& now) {
  for (const auto& [id, recording] : running_) {
    if (!recording.scope.life.has_value()) continue;
    const model::Life* root = FindLife(now, *recording.scope.life);
    if (root != nullptr && root->alive) continue;
    root_dead_since_.try_emplace(id, now.boottime_ns);
  }
}

void Recordings::DropAbandoned(const model::Snapshot& now) {
  std::erase_if(root_dead_since_, [&](const auto& dead) {
    const bool abandoned = now.boottime_ns - dead.second >= kAbandonedAfterNs;
    if (abandoned) running_.erase(dead.first);
    return abandoned;
  });
}

absl::StatusOr<std::string> Recordings::Start(const model::Snapshot& now, model::Scope scope,
                                              bool from_next_exec, std::string label,
                                              std::string owner) {
  NoteDeadRoots(now);
  // Only when room is needed: who comes back late still gets an answer.
  if (running_.size() >= limit_) DropAbandoned(now);
  if (running_.size() >= limit_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("there are ", running_.size(), " recordings; stop one first"));
  }
  if (HasRoot(scope)) {
    const auto root = model::Resolve(now, scope.pid);
    if (!root.ok()) return root.status();
    scope.life = *root;
    const model::Life* life = FindLife(now, *root);
    if (from_next_exec) {
      // A child that has made no call yet is still in the image it was forked with.
      const bool silent = life == nullptr || life->images.empty();
      scope.skip_root_images_through = silent ? 0 : life->images.back()->number;
    }
  }
  auto begin = EvaluateOrNothing(now, scope);
  if (!begin.ok()) return begin.status();
  auto id = NewId();
  if (!id.ok()) return id;
  running_.emplace(*id, Running{.scope = std::move(scope),
                                .label = std::move(label),
                                .owner = std::move(owner),
                                .begin = *std::move(begin)});
  return id;
}

void Recordings::DropOwnedBy(const std::string& owner) {
  std::erase_if(running_, [&](const auto& recording) {
    const bool theirs = !owner.empty() && recording.second.owner == owner;
    if (theirs) root_dead_since_.erase(recording.first);
    return theirs;
  });
}

absl::StatusOr<Ended> Recordings::Stop(const model::Snapshot& now, const std::string& id) {
  const auto it = running_.find(id);
  if (it == running_.end()) return absl::NotFoundError(absl::StrCat("no recording \"", id, "\""));
  auto end = EvaluateOrNothing(now, it->second.scope);
  if (!end.ok()) return end.status();
  Ended ended{.footprint = model::Difference(*end, it->second.begin),
              .label = std::move(it->second.label)};
  running_.erase(it);
  root_dead_since_.erase(id);
  return ended;
}

std::map<model::LifeId, uint32_t> Recordings::PinnedLives() const {
  std::map<model::LifeId, uint32_t> lives;
  for (const auto& [id, recording] : running_) {
    const model::Scope& scope = recording.scope;
    if (!scope.life.has_value()) continue;
    uint32_t& through = lives[*scope.life];
    through = std::max(through, scope.skip_root_images_through.value_or(0));
  }
  return lives;
}

}  // namespace footprint::store
