// SPDX-License-Identifier: Apache-2.0
// Who is behind a call, what all clients share, and which answers nobody takes.
// Ownership: values; calls are borrowed weakly.   Threads: any.
// Failure: nullopt for a connection that is over.
#ifndef FOOTPRINT_DAEMON_RPC_CLIENTS_H_
#define FOOTPRINT_DAEMON_RPC_CLIENTS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "daemon/rpc/peer.h"
#include "daemon/rpc/shares.h"

namespace footprint::rpc {

// How long a written answer waits for its client.
inline constexpr std::chrono::seconds kWritePatience{30};

// An answer that is written and not taken yet.
class Untaken {
 public:
  virtual ~Untaken() = default;
  // Ends the call if it waits since before `then`.
  virtual void Abandon(std::chrono::steady_clock::time_point then) = 0;
};

class Clients {
 public:
  struct Limits {
    size_t streams = 64;
    size_t calls = 256;               // unary, that are not over
    uint64_t reply_bytes = 12 << 20;  // of answers that are not taken yet
  };
  explicit Clients(const Limits& limits)
      : streams(limits.streams), calls(limits.calls), replies(limits.reply_bytes) {}

  // A connection by the name that a handler's context has for its peer.
  void Add(const std::string& name, const Peer& peer);
  void Remove(const std::string& name);
  std::optional<Peer> Find(const std::string& name) const;

  // Looked after from now on until it is gone.
  void Follow(std::weak_ptr<Untaken> answer);
  // Ends what waits for longer than kWritePatience.
  void AbandonUntaken();

  Shares streams, calls, replies;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Peer> connected_;
  std::multimap<std::chrono::steady_clock::time_point, std::weak_ptr<Untaken>> untaken_;
};

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_CLIENTS_H_
