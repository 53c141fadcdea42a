// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/connections.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "absl/strings/str_cat.h"

namespace footprint::rpc {
namespace {

constexpr mode_t kMode = 0660;

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
  // EAGAIN: its backlog is full, so somebody listens.
  const bool answered =
      connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ||
      errno == EAGAIN;
  if (answered) return absl::AlreadyExistsError(absl::StrCat("a daemon already listens on ", path));
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
  if (listen(fd.get(), 128) != 0) return absl::ErrnoToStatus(errno, "listen");
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
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const int most = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 4096));
  std::set<ino_t> living;
  for (int fd = 0; fd < most; ++fd) {
    struct stat st {};
    if (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode)) living.insert(st.st_ino);
  }
  std::erase_if(peers_, [&](const auto& peer) { return !living.contains(peer.first); });
  open_ = peers_.size();
}

bool Connections::Room(const Peer& peer) {
  auto of_process = [&] {
    return static_cast<size_t>(std::count_if(
        peers_.begin(), peers_.end(), [&](const auto& p) { return p.second.pid == peer.pid; }));
  };
  if (peers_.size() >= most_ || of_process() >= most_per_process_) ForgetClosed();
  return peers_.size() < most_ && of_process() < most_per_process_;
}

// Out of descriptors: without this the waiting connection would wake us for ever.
void Connections::ShedOne() {
  reserve_ = base::UniqueFd();
  { const base::UniqueFd shed(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }
  reserve_ = OpenReserve();
  ++refused_;
}

void Connections::AcceptAll(const Sink& sink) {
  while (true) {
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
    peers_[st.st_ino] = peer;
    open_ = peers_.size();
    sink(fd.Release(), peer);
  }
}

}  // namespace footprint::rpc
