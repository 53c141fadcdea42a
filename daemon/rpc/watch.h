// SPDX-License-Identifier: Apache-2.0
// The two streams, and the account of all that are open.
// Ownership: a stream owns itself until gRPC is done with it.   Threads: gRPC's, and the
// collector thread for wake-ups, which never block.
// Failure: RESOURCE_EXHAUSTED beyond the limit of streams, INVALID_ARGUMENT; a client that
// does not read for 30 s is cancelled.
#ifndef FOOTPRINT_DAEMON_RPC_WATCH_H_
#define FOOTPRINT_DAEMON_RPC_WATCH_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>

#include "daemon/rpc/clients.h"
#include "daemon/rpc/control.h"
#include "daemon/store/store.h"
#include "footprint/v1/footprint.grpc.pb.h"

namespace footprint::rpc {

// Every open stream, with the way to end it.
class Streams {
 public:
  // How long all streams together may take for the message that is on its way when they end.
  static constexpr std::chrono::milliseconds kLastWrite{200};
  // Ends a stream; one that still writes at that time is cut off.
  using Stop = std::function<void(std::chrono::steady_clock::time_point)>;

  explicit Streams(Clients& clients) : clients_(clients) {}
  Clients& clients() { return clients_; }
  // 0: no room for this client, or the server is stopping.
  uint64_t Add(const Peer& peer, Stop stop);
  void Remove(uint64_t id, const Peer& peer);
  // Ends all, now and to come. Waits for their last messages.
  void StopAll();

 private:
  Clients& clients_;
  std::mutex mutex_;
  bool stopping_ = false;
  uint64_t next_ = 1;
  std::map<uint64_t, Stop> stops_;
};

// The next moment after `now` on the grid of multiples of the interval, the same for every
// watcher of that interval, so that they share a harvest.
std::chrono::steady_clock::time_point NextOnGrid(std::chrono::steady_clock::time_point now,
                                                 std::chrono::milliseconds interval);

grpc::ServerWriteReactor<grpc::ByteBuffer>* StartFootprintWatch(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer& bytes, Control& control,
    Streams& streams);

grpc::ServerWriteReactor<grpc::ByteBuffer>* StartEventWatch(grpc::CallbackServerContext* context,
                                                            const grpc::ByteBuffer& bytes,
                                                            store::EventLog& events,
                                                            Streams& streams);

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_WATCH_H_
