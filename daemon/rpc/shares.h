// SPDX-License-Identifier: Apache-2.0
// One rule for everything that clients share: connections, calls, streams, bytes of replies.
// A process has at most half of it, an unprivileged user at most half, and all unprivileged
// users together at most seven eighths: who is to mend a flooded daemon must get in.
// Ownership: values.   Threads: any.   Failure: Take says no and takes nothing.
#ifndef FOOTPRINT_DAEMON_RPC_SHARES_H_
#define FOOTPRINT_DAEMON_RPC_SHARES_H_

#include <cstdint>
#include <map>
#include <mutex>

#include "daemon/rpc/peer.h"

namespace footprint::rpc {

class Shares {
 public:
  explicit Shares(uint64_t most) : most_(most) {}
  bool Take(const Peer& peer, uint64_t amount);
  // What Take gave to this peer.
  void Give(const Peer& peer, uint64_t amount);
  uint64_t taken() const;

 private:
  const uint64_t most_;
  mutable std::mutex mutex_;
  uint64_t taken_ = 0, unprivileged_ = 0;
  // Without those that hold nothing.
  std::map<pid_t, uint64_t> of_process_;
  std::map<uid_t, uint64_t> of_user_;
};

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_SHARES_H_
