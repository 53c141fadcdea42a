// SPDX-License-Identifier: Apache-2.0
// Stands between each peer and gRPC: passes bytes on, and cuts off a peer whose HTTP/2 would
// cost memory that gRPC 1.51 does not bound (docs/decisions/0018). It reads no more from one
// side than the other takes, so that it holds one buffer for each direction at most.
// Ownership: owns both sockets of a connection.
// Threads: Add and Stop from the collector's, the rest is any; it runs one of its own, and the
// hooks on that.
// Failure: Create says why there is no thread; Add why there is no room.
#ifndef FOOTPRINT_DAEMON_RPC_RELAY_H_
#define FOOTPRINT_DAEMON_RPC_RELAY_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/base/unique_fd.h"
#include "daemon/rpc/allowance.h"
#include "daemon/rpc/peer.h"
#include "daemon/rpc/shares.h"

namespace footprint::rpc {

class RelayedConnection;

class Relay {
 public:
  struct Hooks {
    // The connection is over.
    std::function<void(const std::string& name, const Peer& peer)> gone;
    // The peer was cut off.
    std::function<void(const Peer& peer, const std::string& why)> cut;
    // While there are connections, and for as long as it says that there is more to do.
    std::function<bool()> every_second;
  };
  // gRPC's end of a connection, and the name by which a handler's context knows it.
  struct End {
    base::UniqueFd fd;
    std::string name;
  };

  // Errors: RESOURCE_EXHAUSTED no thread, no descriptor.
  static absl::StatusOr<std::unique_ptr<Relay>> Create(Hooks hooks);
  ~Relay();
  // `before` is told the name before the peer can be heard.
  // Errors: RESOURCE_EXHAUSTED no descriptor.
  absl::StatusOr<End> Add(base::UniqueFd peer_fd, const Peer& peer,
                          const std::function<void(const std::string& name)>& before);
  uint64_t cut() const { return cut_; }

 private:
  Relay(Hooks hooks, base::UniqueFd epoll, base::UniqueFd wake);
  void Run();
  void Serve(uint64_t id, bool peer_side, uint32_t events);
  void Sweep();
  void Finish(uint64_t id);

  const Hooks hooks_;
  const base::UniqueFd epoll_, wake_;
  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> cut_ = 0;
  std::mutex mutex_;
  uint64_t next_ = 1;                                            // guarded by mutex_
  std::map<uint64_t, std::shared_ptr<RelayedConnection>> open_;  // guarded by mutex_
  Allowances resets_{64, 10}, controls_{200, 50};
  Shares streams_{256}, requests_{8 << 20};  // that are not over; bytes of them
  std::jthread thread_;                      // last: it uses all of the above
};

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_RELAY_H_
