// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/clients.h"

#include <utility>
#include <vector>

namespace footprint::rpc {

using Clock = std::chrono::steady_clock;

void Clients::Add(const std::string& name, const Peer& peer) {
  const std::lock_guard lock(mutex_);
  connected_[name] = peer;
}

void Clients::Remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  connected_.erase(name);
}

std::optional<Peer> Clients::Find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto it = connected_.find(name);
  return it == connected_.end() ? std::nullopt : std::optional(it->second);
}

void Clients::Follow(std::weak_ptr<Untaken> answer) {
  const std::lock_guard lock(mutex_);
  untaken_.emplace(Clock::now(), std::move(answer));
}

void Clients::AbandonUntaken() {
  const Clock::time_point then = Clock::now() - kWritePatience;
  std::vector<std::shared_ptr<Untaken>> late;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(untaken_, [&](const auto& entry) {
      if (entry.first <= then) {
        if (auto answer = entry.second.lock()) late.push_back(std::move(answer));
        return true;
      }
      return entry.second.expired();
    });
  }
  for (const auto& answer : late) answer->Abandon(then);
}

}  // namespace footprint::rpc
