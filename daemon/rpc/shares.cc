// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/shares.h"

namespace footprint::rpc {
namespace {

template <typename Key>
uint64_t Of(const std::map<Key, uint64_t>& held, Key key) {
  const auto it = held.find(key);
  return it == held.end() ? 0 : it->second;
}

template <typename Key>
void Release(std::map<Key, uint64_t>& held, Key key, uint64_t amount) {
  const auto it = held.find(key);
  if (it == held.end()) return;
  it->second -= amount;
  if (it->second == 0) held.erase(it);
}

}  // namespace

bool Shares::Take(const Peer& peer, uint64_t amount) {
  const std::lock_guard lock(mutex_);
  const uint64_t half = most_ / 2;
  if (taken_ + amount > most_ || Of(of_process_, peer.pid) + amount > half) return false;
  if (!peer.Privileged()) {
    if (Of(of_user_, peer.uid) + amount > half) return false;
    if (unprivileged_ + amount > most_ - most_ / 8) return false;
    unprivileged_ += amount;
  }
  if (amount == 0) return true;
  taken_ += amount;
  of_process_[peer.pid] += amount;
  of_user_[peer.uid] += amount;
  return true;
}

void Shares::Give(const Peer& peer, uint64_t amount) {
  if (amount == 0) return;
  const std::lock_guard lock(mutex_);
  taken_ -= amount;
  if (!peer.Privileged()) unprivileged_ -= amount;
  Release(of_process_, peer.pid, amount);
  Release(of_user_, peer.uid, amount);
}

uint64_t Shares::taken() const {
  const std::lock_guard lock(mutex_);
  return taken_;
}

}  // namespace footprint::rpc
