// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/relayed_connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace footprint::rpc {
namespace {

// Read at once, and how often before others have their turn.
constexpr size_t kChunk = 16 * 1024;
constexpr int kRounds = 8;
// To take the last bytes; for a peer that was cut off, to hear why.
constexpr std::chrono::seconds kLastWords{5}, kCutLastWords{1};
// As much as a client may have under way that obeys HTTP/2's windows, which gRPC widens while it
// waits for a large message (chttp2, flow_control.cc). It costs the reading alone.
constexpr size_t kMaxDiscarded = 8 * 1024 * 1024;

// Bytes, 0 at the end or after an error, -1 when there is nothing now.
ssize_t Receive(int fd, char* buffer, size_t size) {
  while (true) {
    const ssize_t got = recv(fd, buffer, size, MSG_DONTWAIT);
    if (got >= 0) return got;
    if (errno == EINTR) continue;
    return errno == EAGAIN ? -1 : 0;
  }
}

// Takes what was sent off the front. False: the socket is of no use any more.
bool Send(int fd, std::string& text) {
  size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t took =
        send(fd, text.data() + sent, text.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (took < 0 && errno == EINTR) continue;
    if (took < 0 && errno != EAGAIN) return false;
    if (took < 0) break;
    sent += static_cast<size_t>(took);
  }
  text.erase(0, sent);
  // A buffer that was needed once is not kept.
  if (text.empty()) std::string().swap(text);
  return true;
}

}  // namespace

RelayedConnection::RelayedConnection(base::UniqueFd peer_fd, base::UniqueFd grpc_fd,
                                     const Peer& peer, std::string name,
                                     PeerFrames::Allowances allowances)
    : peer_(peer),
      name_(std::move(name)),
      peer_fd_(std::move(peer_fd)),
      grpc_fd_(std::move(grpc_fd)),
      up_frames_(std::move(allowances)),
      down_frames_([this](uint32_t stream) { up_frames_.Closed(stream); }) {}

bool RelayedConnection::Watch(int epoll, uint64_t id) {
  epoll_ = epoll;
  id_ = id;
  peer_events_ = grpc_events_ = EPOLLIN;
  epoll_event peer{.events = EPOLLIN, .data = {.u64 = 2 * id + 1}};
  epoll_event grpc{.events = EPOLLIN, .data = {.u64 = 2 * id}};
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, grpc_fd_.get(), &grpc) == 0 &&
         epoll_ctl(epoll_, EPOLL_CTL_ADD, peer_fd_.get(), &peer) == 0;
}

void RelayedConnection::Close() {
  over_ = true;
  up_frames_.CloseAll();
  peer_fd_ = base::UniqueFd();
  grpc_fd_ = base::UniqueFd();
}

void RelayedConnection::Serve(bool peer_side, uint32_t events) {
  if (over_) return;
  if (cutting_) {
    Discard();
  } else {
    // An end that nothing is read for would be told again and again.
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
      if (!peer_side) {
        Forget();
      } else if (!up_.empty() || !grpc_fd_.valid()) {
        over_ = true;
      }
    }
    if (!over_) Up();
    if (!over_ && !cutting_) Down();
  }
  if (!over_) Rearm();
}

// From the peer to gRPC.
void RelayedConnection::Up() {
  if (!grpc_fd_.valid()) return;  // it reads no more
  std::array<char, kChunk> chunk;
  for (int round = 0; round < kRounds; ++round) {
    // When gRPC has ended, what it has written last is still to be read.
    if (!up_.empty() && !Send(grpc_fd_.get(), up_)) up_.clear();
    if (!up_.empty()) return;
    const ssize_t got = Receive(peer_fd_.get(), chunk.data(), chunk.size());
    if (got < 0) return;
    if (got == 0) {
      over_ = true;
      return;
    }
    const std::string_view why = up_frames_.Take({chunk.data(), static_cast<size_t>(got)}, up_);
    if (!why.empty()) return Cut(why);
  }
}

// From gRPC to the peer.
void RelayedConnection::Down() {
  std::array<char, kChunk> chunk;
  for (int round = 0; round < kRounds; ++round) {
    if (!down_.empty() && !Send(peer_fd_.get(), down_)) {
      over_ = true;
      return;
    }
    if (!down_.empty()) return;
    if (!grpc_fd_.valid()) {
      over_ = true;
      return;
    }
    const ssize_t got = Receive(grpc_fd_.get(), chunk.data(), chunk.size());
    if (got < 0) return;
    if (got == 0) {
      Forget();
      grpc_fd_ = base::UniqueFd();
      continue;
    }
    down_frames_.Take({chunk.data(), static_cast<size_t>(got)});
    down_.append(chunk.data(), static_cast<size_t>(got));
  }
}

// gRPC has ended: what it wrote last is still read, but no more is waited for.
void RelayedConnection::Forget() {
  if (until_.has_value()) return;
  epoll_ctl(epoll_, EPOLL_CTL_DEL, grpc_fd_.get(), nullptr);
  until_ = std::chrono::steady_clock::now() + kLastWords;
}

// gRPC's side ends at once, and with it everything that the connection cost. The peer is told
// why, and what it still sends is thrown away for as long as it takes to hear that: a socket
// that is closed with unread input would take the reason back.
void RelayedConnection::Cut(std::string_view why) {
  cut_ = why;
  cutting_ = true;
  up_.clear();
  grpc_fd_ = base::UniqueFd();
  if (down_.empty() && down_frames_.AtBoundary()) {
    if (up_frames_.culprit() != 0) down_ = ResetFrame(up_frames_.culprit());
    down_ += GoAwayFrame(why);
  }
  if (!Send(peer_fd_.get(), down_)) over_ = true;
  shutdown(peer_fd_.get(), SHUT_WR);
  until_ = std::chrono::steady_clock::now() + kCutLastWords;
}

void RelayedConnection::Discard() {
  std::array<char, kChunk> chunk;
  for (int round = 0; round < kRounds; ++round) {
    const ssize_t got = Receive(peer_fd_.get(), chunk.data(), chunk.size());
    if (got < 0) return;
    if (got == 0 || (discarded_ += got) > kMaxDiscarded) {
      over_ = true;
      return;
    }
  }
}

void RelayedConnection::Rearm() {
  const bool ended = until_.has_value();
  uint32_t peer = down_.empty() || cutting_ ? 0U : uint32_t{EPOLLOUT};
  if (cutting_ || (up_.empty() && !ended)) peer |= EPOLLIN;
  uint32_t grpc = up_.empty() ? 0U : uint32_t{EPOLLOUT};
  if (down_.empty()) grpc |= EPOLLIN;
  const auto change = [this](int fd, uint32_t& now, uint32_t wanted, uint64_t key) {
    if (now == wanted) return;
    epoll_event event{.events = wanted, .data = {.u64 = key}};
    if (epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event) == 0) now = wanted;
  };
  change(peer_fd_.get(), peer_events_, peer, 2 * id_ + 1);
  if (!ended) change(grpc_fd_.get(), grpc_events_, grpc, 2 * id_);
}

}  // namespace footprint::rpc
