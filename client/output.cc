// SPDX-License-Identifier: Apache-2.0
#include "client/output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace footprint::client {
namespace {

absl::Status CannotMake(const std::string& path, int error) {
  const std::string message = absl::StrCat("cannot write ", path, ": ", std::strerror(error));
  if (error == EACCES || error == EPERM || error == EROFS) {
    return absl::PermissionDeniedError(message);
  }
  return absl::InvalidArgumentError(message);
}

// The place that a chain of symbolic links means, so that the link survives the rename.
std::string Resolved(const std::string& path) {
  char* real = realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string out = real;
  free(real);
  return out;
}

mode_t Umask() {
  const mode_t mask = umask(0);
  umask(mask);
  return mask;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Output>> Output::Create(const std::string& path) {
  std::unique_ptr<Output> output(new Output);
  if (path.empty() || path == "-") return output;
  struct stat existing;
  const bool exists = stat(path.c_str(), &existing) == 0;
  if (exists && S_ISDIR(existing.st_mode)) return CannotMake(path, EISDIR);
  output->path_ = path;
  if (exists && !S_ISREG(existing.st_mode)) {
    output->fd_ = open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (output->fd_ < 0) return CannotMake(path, errno);
    output->owned_ = true;
    return output;
  }
  output->path_ = Resolved(path);
  std::string temporary = absl::StrCat(output->path_, ".XXXXXX");
  output->fd_ = mkostemp(temporary.data(), O_CLOEXEC);
  if (output->fd_ < 0) return CannotMake(path, errno);
  output->owned_ = true;
  output->temporary_ = temporary;
  const mode_t mode = exists ? existing.st_mode & 07777 : 0666 & ~Umask();
  if (fchmod(output->fd_, mode) != 0) return CannotMake(path, errno);
  return output;
}

Output::~Output() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
  if (owned_) close(fd_);
}

absl::Status Output::Write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EPIPE) {
      return absl::CancelledError("the reader went away");
    } else if (errno != EINTR) {
      return absl::DataLossError(absl::StrCat("cannot write ", owned_ ? path_ : "standard output",
                                              ": ", std::strerror(errno)));
    }
  }
  return absl::OkStatus();
}

absl::Status Output::Commit() {
  if (!owned_) return absl::OkStatus();
  if (temporary_.empty()) return absl::OkStatus();
  if (fsync(fd_) != 0 || rename(temporary_.c_str(), path_.c_str()) != 0) {
    return absl::DataLossError(absl::StrCat("cannot write ", path_, ": ", std::strerror(errno)));
  }
  temporary_.clear();
  return absl::OkStatus();
}

bool Output::Colour() const {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return !owned_ && isatty(fd_) == 1 && (no_color == nullptr || *no_color == '\0') &&
         term != nullptr && std::strcmp(term, "dumb") != 0;
}

}  // namespace footprint::client
