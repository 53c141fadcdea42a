// SPDX-License-Identifier: Apache-2.0
// One connection of the relay: two sockets, what has come from one and not gone to the other.
// Ownership: owns both sockets.   Threads: the relay's, but for Watch.
// Failure: a socket's error ends the connection.
#ifndef FOOTPRINT_DAEMON_RPC_RELAYED_CONNECTION_H_
#define FOOTPRINT_DAEMON_RPC_RELAYED_CONNECTION_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "daemon/base/unique_fd.h"
#include "daemon/rpc/frames.h"
#include "daemon/rpc/peer.h"

namespace footprint::rpc {

class RelayedConnection {
 public:
  using Time = std::chrono::steady_clock::time_point;

  RelayedConnection(base::UniqueFd peer_fd, base::UniqueFd grpc_fd, const Peer& peer,
                    std::string name, PeerFrames::Allowances allowances);
  // Events come with 2 * id, and 1 more where they are the peer's.
  bool Watch(int epoll, uint64_t id);
  void Serve(bool peer_side, uint32_t events);
  // Why the peer was cut off, once; "": it was not.
  std::string TakeCut() { return std::exchange(cut_, ""); }
  bool Over() const { return over_; }
  // Has had its time to take the last bytes.
  bool Expired(Time now) const { return until_.has_value() && now >= *until_; }
  void Close();
  const Peer& peer() const { return peer_; }
  const std::string& name() const { return name_; }

 private:
  void Up();
  void Down();
  void Forget();
  void Discard();
  void Cut(std::string_view why);
  void Rearm();

  const Peer peer_;
  const std::string name_;
  base::UniqueFd peer_fd_, grpc_fd_;
  int epoll_ = -1;
  uint64_t id_ = 0;
  uint32_t peer_events_ = 0, grpc_events_ = 0;  // that are waited for
  PeerFrames up_frames_;
  ServerFrames down_frames_;
  std::string up_, down_;  // read from one side, not yet taken by the other
  std::string cut_;
  bool over_ = false, cutting_ = false;
  size_t discarded_ = 0;
  std::optional<Time> until_;  // one side has ended; the other may take what is left until then
};

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_RELAYED_CONNECTION_H_
