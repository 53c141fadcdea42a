// SPDX-License-Identifier: Apache-2.0
// The listening unix socket and the account of who is connected.
// Ownership: owns the socket and its path in the file system; accepted descriptors are
// handed out for good.   Threads: collector thread only.
// Failure: Listen says why; a refused connection is closed and counted.
#ifndef FOOTPRINT_DAEMON_RPC_CONNECTIONS_H_
#define FOOTPRINT_DAEMON_RPC_CONNECTIONS_H_

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/base/unique_fd.h"

namespace footprint::rpc {

// "unix:PATH" to PATH. Errors: INVALID_ARGUMENT (another scheme, empty, too long for sun_path).
absl::StatusOr<std::string> SocketPath(const std::string& listen);

// Errors: ALREADY_EXISTS when something answers at `path`, it is no socket, or it was left
// by another user; UNAVAILABLE when that cannot be told.
absl::Status CheckSocketFree(const std::string& path);

class Connections {
 public:
  struct Peer {
    uid_t uid = 0;
    pid_t pid = 0;
  };
  // Takes over the descriptor.
  using Sink = std::function<void(int fd, const Peer& peer)>;

  explicit Connections(size_t most) : most_(most), share_(most / 2) {}
  ~Connections();

  // Binds with mode 0660. A stale socket of a daemon that is gone is replaced.
  absl::Status Listen(const std::string& path);
  int fd() const { return listener_.get(); }
  // Everything that waits, up to a backlog's length; then fd() is still readable.
  void AcceptAll(const Sink& sink);
  void Close();
  uint64_t open() const { return open_; }
  uint64_t refused() const { return refused_; }

 private:
  struct Connection {
    Peer peer;
    int fd = -1;  // gRPC's: only to ask whether it is still the same socket
  };
  bool Fits(const Peer& peer) const;
  bool Room(const Peer& peer);
  void ForgetClosed();
  void ShedOne();

  // All; of one process, and of one user who is neither root nor the daemon's.
  const size_t most_, share_;
  std::string path_;
  base::UniqueFd listener_;
  base::UniqueFd reserve_;  // given up for a moment when descriptors run out
  // Accepted sockets by inode number: gRPC does not tell when it closes one.
  std::map<ino_t, Connection> connections_;
  std::chrono::steady_clock::time_point looked_;  // when ForgetClosed ran
  std::atomic<uint64_t> open_ = 0, refused_ = 0;
};

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_CONNECTIONS_H_
