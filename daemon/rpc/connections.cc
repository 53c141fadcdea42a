// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/connections.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace footprint::rpc {
namespace {

constexpr mode_t kMode = 0660;
// As many as may wait: one who connects in a loop must not hold the collector thread.
constexpr int kBacklog = 128;

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
  // A service starts in a directory that nobody chose, and clients start in another.
  if (path.front() != '/') {
    return absl::InvalidArgumentError(
        absl::StrCat("listen: ", path, " is no absolute path: give unix:/PATH"));
  }
  return path;
}

absl::Status CheckSocketPath(const std::string& path) {
  struct stat st {};
  if (lstat(path.c_str(), &st) == 0) {
    if (S_ISSOCK(st.st_mode)) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("listen: ", path, " exists and is not a socket"));
  }
  // A directory that is not there may be made by the service manager at start.
  if (errno != ENOTDIR) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("listen: ", path, ": ", strerror(ENOTDIR)));
}

absl::Status CheckSocketFree(const std::string& path) {
  if (absl::Status s = CheckSocketPath(path); !s.ok()) return s;
  struct stat st {};
  if (lstat(path.c_str(), &st) != 0) return absl::OkStatus();
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
  if (absl::Status s = Bind(path); !s.ok()) return s;
  reserve_ = OpenReserve();
  return absl::OkStatus();
}

absl::Status Connections::Bind(const std::string& path) {
  base::UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return absl::ErrnoToStatus(errno, "socket");
  const sockaddr_un address = AddressOf(path);
  // By umask, not by chmod afterwards: there is no moment at which others may connect.
  const mode_t before = umask(0777 & ~kMode);
  const int bound = bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  const int error = errno;
  umask(before);
  if (bound != 0) return absl::UnavailableError(absl::StrCat("bind ", path, ": ", strerror(error)));
  struct stat st {};
  if (lstat(path.c_str(), &st) != 0) return absl::ErrnoToStatus(errno, path);
  path_ = path;
  device_ = st.st_dev;
  inode_ = st.st_ino;
  if (listen(fd.get(), kBacklog) != 0) return absl::ErrnoToStatus(errno, "listen");
  listener_ = std::move(fd);
  return absl::OkStatus();
}

bool Connections::PathIsOurs() const {
  struct stat st {};
  return !path_.empty() && lstat(path_.c_str(), &st) == 0 && st.st_dev == device_ &&
         st.st_ino == inode_;
}

absl::StatusOr<bool> Connections::Restore() {
  if (path_.empty() || PathIsOurs()) return false;
  struct stat st {};
  if (lstat(path_.c_str(), &st) == 0) {
    return absl::AlreadyExistsError(
        absl::StrCat(path_,
                     " is not this daemon's socket any more; nobody can connect to it there "
                     "until it is started again"));
  }
  if (absl::Status s = Bind(path_); !s.ok()) {
    return absl::UnavailableError(
        absl::StrCat(path_, " was removed and cannot be made again: ", s.message()));
  }
  return true;
}

void Connections::Close() {
  // A daemon that was started since, after somebody had removed the file, has the path now.
  if (PathIsOurs()) unlink(path_.c_str());
  listener_ = base::UniqueFd();
  path_.clear();
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
    if (getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
      ++refused_;
      continue;
    }
    const Peer peer{.uid = credentials.uid, .pid = credentials.pid};
    if (!places_.Take(peer, 1)) {
      ++refused_;
      continue;
    }
    sink(std::move(fd), peer);
  }
}

}  // namespace footprint::rpc
