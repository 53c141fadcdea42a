// SPDX-License-Identifier: Apache-2.0
// The daemon's gRPC service on a unix socket.
// Ownership: owns socket and servers; borrows stores and Control, which must outlive it.
// Threads: collector thread for everything here; requests run on gRPC's own.
// Failure: Create says why it cannot listen.
#ifndef FOOTPRINT_DAEMON_RPC_SERVER_H_
#define FOOTPRINT_DAEMON_RPC_SERVER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/rpc/control.h"
#include "daemon/store/store.h"
#include "daemon/system/system.h"

namespace footprint::rpc {

class Server {
 public:
  struct Options {
    std::string listen;  // unix:PATH
    size_t max_connections = 128;
    size_t max_streams = 128;
    std::function<void(bool error, const std::string& text)> log;  // any thread
    // The static view for GetSystem, which is not offered without it. Any thread, may block.
    std::function<std::shared_ptr<const system::System>()> read_system = nullptr;
  };

  // Errors: INVALID_ARGUMENT (listen), ALREADY_EXISTS (a daemon answers there, or it is no
  // socket), UNAVAILABLE (bind).
  static absl::StatusOr<std::unique_ptr<Server>> Create(const Options& options,
                                                        store::EventLog& events, Control& control);
  // Whether a daemon could listen there, were there no other. Errors: INVALID_ARGUMENT.
  static absl::Status CheckListen(const std::string& listen);
  // Whether there is room for its threads: gRPC aborts where there is none.
  // Errors: RESOURCE_EXHAUSTED.
  static absl::Status CheckThreads();
  // Whether Create would find the socket free: to be asked before expensive work.
  static absl::Status CheckFree(const std::string& listen);

  virtual ~Server() = default;
  // Readable when somebody wants to connect; for epoll.
  virtual int fd() const = 0;
  // To be asked now and then: makes the socket's file again where it was removed. True: it did,
  // and fd() is another one. Errors: ALREADY_EXISTS something else is at the path; UNAVAILABLE.
  virtual absl::StatusOr<bool> RestoreSocket() = 0;
  virtual void AcceptReady() = 0;
  // Refuses new requests, ends streams, lets the others end within 5 s, removes the socket.
  // False: gRPC did not end. The process must then end without destroying the server.
  virtual bool Shutdown() = 0;
};

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_SERVER_H_
