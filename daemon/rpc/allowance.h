// SPDX-License-Identifier: Apache-2.0
// How often a peer may do something: a number at once, and so many more each second. One
// account for each unprivileged user, and for each process of a privileged one.
// Ownership: values.   Threads: one.   Failure: Take says no.
#ifndef FOOTPRINT_DAEMON_RPC_ALLOWANCE_H_
#define FOOTPRINT_DAEMON_RPC_ALLOWANCE_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <utility>

#include "daemon/rpc/peer.h"

namespace footprint::rpc {

class Allowances {
 public:
  using Time = std::chrono::steady_clock::time_point;
  Allowances(double at_once, double each_second) : at_once_(at_once), each_second_(each_second) {}
  bool Take(const Peer& peer, Time now);
  // Accounts that are not full; full ones are forgotten when there are many.
  size_t size() const { return accounts_.size(); }

 private:
  struct Account {
    double left = 0;
    Time when;
  };
  double LeftAt(const Account& account, Time now) const;

  const double at_once_, each_second_;
  std::map<std::pair<bool, int64_t>, Account> accounts_;  // (privileged, pid or uid)
};

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_ALLOWANCE_H_
