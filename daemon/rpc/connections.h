// SPDX-License-Identifier: Apache-2.0
// The listening unix socket and the account of who is connected.
// Ownership: owns the socket and its path in the file system; accepted descriptors are
// handed out for good.   Threads: collector thread, where nothing else is said.
// Failure: Listen says why; a refused connection is closed and counted.
#ifndef FOOTPRINT_DAEMON_RPC_CONNECTIONS_H_
#define FOOTPRINT_DAEMON_RPC_CONNECTIONS_H_

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/base/unique_fd.h"
#include "daemon/rpc/peer.h"
#include "daemon/rpc/shares.h"

namespace footprint::rpc {

// "unix:PATH" to PATH. Errors: INVALID_ARGUMENT (another scheme, empty, too long for sun_path).
absl::StatusOr<std::string> SocketPath(const std::string& listen);

// Errors: INVALID_ARGUMENT when something that is no socket is at `path`, or no directory above it.
absl::Status CheckSocketPath(const std::string& path);

// Errors: ALREADY_EXISTS when something answers at `path`, it is no socket, or it was left
// by another user; UNAVAILABLE when that cannot be told.
absl::Status CheckSocketFree(const std::string& path);

class Connections {
 public:
  // Takes over the descriptor. The place is given back by Gone.
  using Sink = std::function<void(base::UniqueFd fd, const Peer& peer)>;

  explicit Connections(size_t most) : places_(most) {}
  ~Connections();

  // Binds with mode 0660. A stale socket of a daemon that is gone is replaced.
  absl::Status Listen(const std::string& path);
  int fd() const { return listener_.get(); }
  // Binds again where the file was removed. True: it was, and fd() is another one now.
  // Errors: ALREADY_EXISTS something else is there now; UNAVAILABLE it cannot be made again.
  absl::StatusOr<bool> Restore();
  // Everything that waits, up to a backlog's length; then fd() is still readable.
  void AcceptAll(const Sink& sink);
  // A connection is over. Any thread.
  void Gone(const Peer& peer) { places_.Give(peer, 1); }
  // Leaves the path alone where it is another daemon's by now.
  void Close();
  uint64_t open() const { return places_.taken(); }
  uint64_t refused() const { return refused_; }

 private:
  absl::Status Bind(const std::string& path);
  bool PathIsOurs() const;
  void ShedOne();

  Shares places_;
  std::string path_;
  dev_t device_ = 0;  // of the socket's file
  ino_t inode_ = 0;
  base::UniqueFd listener_;
  base::UniqueFd reserve_;  // given up for a moment when descriptors run out
  std::atomic<uint64_t> refused_ = 0;
};

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_CONNECTIONS_H_
