// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/allowance.h"

#include <algorithm>

namespace footprint::rpc {
namespace {
constexpr size_t kMany = 256;
}  // namespace

double Allowances::LeftAt(const Account& account, Time now) const {
  const std::chrono::duration<double> since = now - account.when;
  return std::min(at_once_, account.left + since.count() * each_second_);
}

bool Allowances::Take(const Peer& peer, Time now) {
  if (accounts_.size() >= kMany) {
    std::erase_if(accounts_, [&](const auto& a) { return LeftAt(a.second, now) >= at_once_; });
  }
  const bool privileged = peer.Privileged();
  const auto [it, fresh] =
      accounts_.try_emplace({privileged, privileged ? int64_t{peer.pid} : int64_t{peer.uid}},
                            Account{.left = at_once_, .when = now});
  it->second = {.left = LeftAt(it->second, now), .when = now};
  if (it->second.left < 1) return false;
  it->second.left -= 1;
  return true;
}

}  // namespace footprint::rpc
