// SPDX-License-Identifier: Apache-2.0
// Where a file that is to be written lies: its directory, held open, and a name in it, found
// without following a symbolic link that another user could have put there.
// Ownership: owns the descriptor of the directory.   Threads: any.
// Failure: PERMISSION_DENIED such a link, or no right; INVALID_ARGUMENT no such directory.
#ifndef FOOTPRINT_CLIENT_PLACE_H_
#define FOOTPRINT_CLIENT_PLACE_H_

#include <sys/stat.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace footprint::client {

// A descriptor with one owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();

  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

struct Place {
  Fd directory;      // O_PATH
  std::string name;  // in it; no link
  std::optional<struct stat> existing;
};

// A link at the end is followed when it belongs to the caller or to root. One on the way is,
// too, unless everyone may write to the directory that it is in, and its owner is neither the
// caller, nor root, nor the owner of that directory (as fs.protected_symlinks has it).
absl::StatusOr<Place> FindPlace(const std::string& path);

// The status of a failed attempt to write to `path`, by errno.
absl::Status CannotWrite(const std::string& path, int error);

}  // namespace footprint::client

#endif  // FOOTPRINT_CLIENT_PLACE_H_
