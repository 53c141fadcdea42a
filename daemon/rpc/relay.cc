// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/relay.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/rpc/relayed_connection.h"
#include "daemon/rpc/threads.h"

namespace footprint::rpc {
namespace {

using Clock = std::chrono::steady_clock;

absl::Status NoRoom(const char* what, int error) {
  return absl::ResourceExhaustedError(absl::StrCat(what, ": ", std::strerror(error)));
}

// The kernel gives it a name that no other socket has, which gRPC tells a handler as its peer.
absl::StatusOr<std::string> NameIt(int fd) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address.sun_family)) != 0) {
    return NoRoom("bind", errno);
  }
  socklen_t size = sizeof(address);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return NoRoom("getsockname", errno);
  }
  const size_t prefix = offsetof(sockaddr_un, sun_path) + 1;
  if (size <= prefix) return absl::InternalError("a socket got no name");
  return absl::StrCat("unix-abstract:", std::string(address.sun_path + 1, size - prefix));
}

}  // namespace

Relay::Relay(Hooks hooks, base::UniqueFd epoll, base::UniqueFd wake)
    : hooks_(std::move(hooks)), epoll_(std::move(epoll)), wake_(std::move(wake)) {}

absl::StatusOr<std::unique_ptr<Relay>> Relay::Create(Hooks hooks) {
  base::UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return NoRoom("epoll_create1", errno);
  base::UniqueFd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return NoRoom("eventfd", errno);
  epoll_event event{.events = EPOLLIN, .data = {.u64 = 0}};
  if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event) != 0) {
    return NoRoom("epoll_ctl", errno);
  }
  std::unique_ptr<Relay> relay(new Relay(std::move(hooks), std::move(epoll), std::move(wake)));
  try {
    relay->thread_ = std::jthread([raw = relay.get()] { raw->Run(); });
  } catch (const std::system_error& error) {  // the library's only way to report
    return NoThread(error.code().value());
  }
  return relay;
}

Relay::~Relay() {
  stopping_ = true;
  const uint64_t one = 1;
  if (write(wake_.get(), &one, sizeof(one)) < 0) return;  // it is readable already
}

absl::StatusOr<Relay::End> Relay::Add(base::UniqueFd peer_fd, const Peer& peer,
                                      const std::function<void(const std::string&)>& before) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    return NoRoom("socketpair", errno);
  }
  base::UniqueFd ours(ends[0]), theirs(ends[1]);
  auto name = NameIt(ours.get());
  if (!name.ok()) return name.status();
  before(*name);
  const std::lock_guard lock(mutex_);
  const uint64_t id = next_++;
  auto connection = std::make_shared<RelayedConnection>(
      std::move(peer_fd), std::move(ours), peer, *name,
      PeerFrames::Allowances{
          .open = [this, peer] { return streams_.Take(peer, 1); },
          .reset = [this, peer] { return resets_.Take(peer, Clock::now()); },
          .control = [this, peer] { return controls_.Take(peer, Clock::now()); },
          .data = [this, peer](size_t bytes) { return requests_.Take(peer, bytes); },
          .closed =
              [this, peer](size_t bytes) {
                streams_.Give(peer, 1);
                requests_.Give(peer, bytes);
              }});
  open_[id] = connection;
  if (!connection->Watch(epoll_.get(), id)) {
    open_.erase(id);
    return NoRoom("epoll_ctl", errno);
  }
  // From now on there is a second to wait for.
  const uint64_t one = 1;
  if (open_.size() == 1 && write(wake_.get(), &one, sizeof(one)) < 0) errno = 0;
  return End{.fd = std::move(theirs), .name = *std::move(name)};
}

void Relay::Run() {
  auto swept = Clock::now();
  bool more = false;
  while (!stopping_) {
    bool idle;
    {
      const std::lock_guard lock(mutex_);
      idle = open_.empty() && !more;
    }
    epoll_event events[32];
    const int n = epoll_wait(epoll_.get(), events, std::size(events), idle ? -1 : 1000);
    for (int i = 0; i < n; ++i) {
      if (events[i].data.u64 != 0) {
        Serve(events[i].data.u64 / 2, events[i].data.u64 % 2 != 0, events[i].events);
        continue;
      }
      uint64_t count;
      if (read(wake_.get(), &count, sizeof(count)) < 0) continue;  // readable, and non-blocking
    }
    if (Clock::now() - swept < std::chrono::seconds(1)) continue;
    swept = Clock::now();
    Sweep();
    more = hooks_.every_second();
  }
}

void Relay::Serve(uint64_t id, bool peer_side, uint32_t events) {
  std::shared_ptr<RelayedConnection> connection;
  {
    const std::lock_guard lock(mutex_);
    const auto it = open_.find(id);
    if (it == open_.end()) return;
    connection = it->second;
  }
  connection->Serve(peer_side, events);
  if (const std::string why = connection->TakeCut(); !why.empty()) {
    ++cut_;
    hooks_.cut(connection->peer(), why);
  }
  if (connection->Over()) Finish(id);
}

void Relay::Sweep() {
  std::vector<uint64_t> over;
  {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    for (const auto& [id, connection] : open_) {
      if (connection->Expired(now)) over.push_back(id);
    }
  }
  for (const uint64_t id : over) Finish(id);
}

void Relay::Finish(uint64_t id) {
  std::shared_ptr<RelayedConnection> connection;
  {
    const std::lock_guard lock(mutex_);
    const auto it = open_.find(id);
    if (it == open_.end()) return;
    connection = std::move(it->second);
    open_.erase(it);
  }
  connection->Close();
  hooks_.gone(connection->name(), connection->peer());
}

}  // namespace footprint::rpc
