// SPDX-License-Identifier: Apache-2.0
// A file descriptor with exactly one owner.
// Ownership: closes on destruction.   Threads: none shared.   Failure: close errors are ignored.
#ifndef FOOTPRINT_DAEMON_BASE_UNIQUE_FD_H_
#define FOOTPRINT_DAEMON_BASE_UNIQUE_FD_H_

#include <unistd.h>

#include <utility>

namespace footprint::base {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      Reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~UniqueFd() { Reset(); }

  int get() const { return fd_; }
  // The caller owns it now.
  int Release() { return std::exchange(fd_, -1); }
  bool valid() const { return fd_ >= 0; }

 private:
  void Reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int fd_ = -1;
};

}  // namespace footprint::base

#endif  // FOOTPRINT_DAEMON_BASE_UNIQUE_FD_H_
