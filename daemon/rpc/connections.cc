// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/connections.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace footprint::rpc {
namespace {

constexpr mode_t kMode = 0660;
constexpr std::chrono::seconds kLookInterval{1};
// As many as may wait: one who connects in a loop must not hold the collector thread.
constexpr int kBacklog = 128;

bool Privileged(uid_t uid) { return uid == 0 || uid == geteuid(); }

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

base::UniqueFd OpenReserve() { return base::UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

absl::StatusOr<std::string> SocketPath(const std::string& listen) {
  constexpr char kScheme[] = "unix:";
  if (!listen.starts_with(kScheme)) {
    return absl::InvalidArgumentError(absl::StrCat("listen: \"", listen, "\" is not unix:PATH"));
  }
  std::string path = listen.substr(sizeof(kScheme) - 1);
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat("listen: a socket path has 1 to ",
                                                   sizeof(sockaddr_un::sun_path) - 1,
                                                   " bytes, not ", path.size()));
  }
  return path;
}

absl::Status CheckSocketFree(const std::string& path) {
  struct stat st {};
  if (lstat(path.c_str(), &st) != 0) return absl::OkStatus();
  if (!S_ISSOCK(st.st_mode)) {
    return absl::AlreadyExistsError(absl::StrCat(path, " exists and is not a socket"));
  }
  const base::UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_un address = AddressOf(path);
  const int error =
      connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0
          ? 0
          : errno;
  // EAGAIN: its backlog is full, so somebody listens.
  if (error == 0 || error == EAGAIN) {
    return absl::AlreadyExistsError(absl::StrCat("a daemon already listens on ", path));
  }
  if (error == ENOENT) return absl::OkStatus();
  if (error != ECONNREFUSED) {
    return absl::UnavailableError(
        absl::StrCat("cannot tell whether a daemon listens on ", path, ": ", strerror(error)));
  }
  if (st.st_uid != geteuid()) {
    return absl::AlreadyExistsError(
        absl::StrCat(path, " was left by user ", st.st_uid, "; remove it first"));
  }
  return absl::OkStatus();
}

Connections::~Connections() { Close(); }

absl::Status Connections::Listen(const std::string& path) {
  if (absl::Status s = CheckSocketFree(path); !s.ok()) return s;
  unlink(path.c_str());
  base::UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return absl::ErrnoToStatus(errno, "socket");
  const sockaddr_un address = AddressOf(path);
  // By umask, not by chmod afterwards: there is no moment at which others may connect.
  const mode_t before = umask(0777 & ~kMode);
  const int bound = bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  const int error = errno;
  umask(before);
  if (bound != 0) return absl::UnavailableError(absl::StrCat("bind ", path, ": ", strerror(error)));
  path_ = path;
  if (listen(fd.get(), kBacklog) != 0) return absl::ErrnoToStatus(errno, "listen");
  listener_ = std::move(fd);
  reserve_ = OpenReserve();
  return absl::OkStatus();
}

void Connections::Close() {
  listener_ = base::UniqueFd();
  if (!path_.empty()) unlink(path_.c_str());
  path_.clear();
}

void Connections::ForgetClosed() {
  looked_ = std::chrono::steady_clock::now();
  std::erase_if(connections_, [](const auto& entry) {
    struct stat st {};
    return fstat(entry.second.fd, &st) != 0 || !S_ISSOCK(st.st_mode) || st.st_ino != entry.first;
  });
  open_ = connections_.size();
}

// One process cannot keep the others of its user out, nor one user the others, and the last
// places are left for root: who is to mend a flooded daemon must get in.
bool Connections::Fits(const Peer& peer) const {
  size_t of_process = 0, of_user = 0, of_unprivileged = 0;
  for (const auto& [inode, connection] : connections_) {
    of_process += connection.peer.pid == peer.pid;
    of_user += connection.peer.uid == peer.uid;
    of_unprivileged += !Privileged(connection.peer.uid);
  }
  if (connections_.size() >= most_ || of_process >= share_) return false;
  if (Privileged(peer.uid)) return true;
  return of_user < share_ && of_unprivileged < most_ - most_ / 8;
}

bool Connections::Room(const Peer& peer) {
  if (std::chrono::steady_clock::now() - looked_ >= kLookInterval) ForgetClosed();
  if (Fits(peer)) return true;
  ForgetClosed();
  return Fits(peer);
}

// Out of descriptors: without this the waiting connection would wake us for ever.
void Connections::ShedOne() {
  reserve_ = base::UniqueFd();
  { const base::UniqueFd shed(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }
  reserve_ = OpenReserve();
  ++refused_;
}

void Connections::AcceptAll(const Sink& sink) {
  for (int i = 0; i < kBacklog; ++i) {
    base::UniqueFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd.valid()) {
      if (errno == EMFILE || errno == ENFILE) ShedOne();
      if (errno == ECONNABORTED || errno == EINTR) continue;
      return;
    }
    ucred credentials{};
    socklen_t size = sizeof(credentials);
    struct stat st {};
    if (getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 ||
        fstat(fd.get(), &st) != 0) {
      ++refused_;
      continue;
    }
    const Peer peer{.uid = credentials.uid, .pid = credentials.pid};
    if (!Room(peer)) {
      ++refused_;
      continue;
    }
    connections_[st.st_ino] = {.peer = peer, .fd = fd.get()};
    open_ = connections_.size();
    sink(fd.Release(), peer);
  }
}

}  // namespace footprint::rpc
