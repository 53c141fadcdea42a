// SPDX-License-Identifier: Apache-2.0
#include "client/output.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace footprint::client {
namespace {

constexpr int kNameTries = 100;
constexpr uint32_t kMostColumns = 10'000;
constexpr size_t kDefaultColumns = 80;

absl::Status WriteFailed(const std::string& path, int error) {
  return absl::DataLossError(absl::StrCat("cannot write ", path, ": ", std::strerror(error)));
}

// The descriptor that a path of /dev names; -1 for any other path.
int DescriptorOf(const std::string& path) {
  if (path == "-" || path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  absl::string_view rest = path;
  int fd = -1;
  const bool named =
      absl::ConsumePrefix(&rest, "/dev/fd/") || absl::ConsumePrefix(&rest, "/proc/self/fd/");
  return named && absl::SimpleAtoi(rest, &fd) && fd >= 0 ? fd : -1;
}

// A name that nobody can know before, short enough for every directory.
std::string TemporaryName() {
  uint64_t number = 0;
  if (getrandom(&number, sizeof(number), 0) != sizeof(number)) {
    number = static_cast<uint64_t>(getpid());
  }
  return absl::StrFormat(".footprint.%016x", number);
}

// rename(2) that fails with EEXIST where something has the new name.
int RenameToNew(int directory, const char* from, const char* to) {
  if (syscall(SYS_renameat2, directory, from, directory, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
  // A file system without that flag (NFS) has links.
  if (linkat(directory, from, directory, to, 0) != 0) return -1;
  return unlinkat(directory, from, 0);
}

}  // namespace

std::unique_ptr<Output> Output::Standard() { return std::unique_ptr<Output>(new Output); }

absl::StatusOr<std::unique_ptr<Output>> Output::Create(const OutputOptions& options, int stream) {
  std::unique_ptr<Output> output = Standard();
  const int descriptor = options.path.empty() ? stream : DescriptorOf(options.path);
  if (descriptor >= 0) {
    output->fd_ = descriptor;
    if (descriptor == STDERR_FILENO) output->path_ = "standard error";
    if (descriptor > STDERR_FILENO) output->path_ = options.path;
    if (fcntl(descriptor, F_GETFD) < 0) return CannotWrite(output->path_, errno);
    return output;
  }
  output->path_ = options.path;
  output->force_ = options.force;
  absl::StatusOr<Place> place = FindPlace(options.path);
  if (!place.ok()) return place.status();
  output->place_ = *std::move(place);
  const auto& existing = output->place_.existing;
  if (existing && S_ISDIR(existing->st_mode)) return CannotWrite(options.path, EISDIR);
  if (existing && S_ISREG(existing->st_mode) && !options.force) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot write ", options.path, ": it exists; --force replaces it"));
  }
  const bool special = existing && !S_ISREG(existing->st_mode);
  const absl::Status opened = special ? output->OpenSpecial() : output->OpenTemporary();
  if (!opened.ok()) return opened;
  return output;
}

absl::Status Output::OpenSpecial() {
  const struct stat& seen = *place_.existing;
  // A pipe of somebody else would keep us waiting for its reader, or read what is not for him.
  if (!S_ISCHR(seen.st_mode) && seen.st_uid != 0 && seen.st_uid != geteuid()) {
    return absl::PermissionDeniedError(
        absl::StrCat("cannot write ", path_, ": it is no regular file, and of user ", seen.st_uid));
  }
  fd_ = openat(place_.directory.get(), place_.name.c_str(),
               O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
  if (fd_ < 0) return CannotWrite(path_, errno);
  owned_ = true;
  struct stat opened = {};
  if (fstat(fd_, &opened) != 0) return CannotWrite(path_, errno);
  const bool same = opened.st_dev == seen.st_dev && opened.st_ino == seen.st_ino;
  return same ? absl::OkStatus() : CannotWrite(path_, ESTALE);
}

absl::Status Output::OpenTemporary() {
  // Of a file that is replaced nobody may see the contents who could not before.
  const mode_t mode = place_.existing ? 0600 : 0666;
  for (int i = 0; fd_ == STDOUT_FILENO || (fd_ < 0 && errno == EEXIST && i < kNameTries); ++i) {
    temporary_ = TemporaryName();
    fd_ = openat(place_.directory.get(), temporary_.c_str(),
                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  }
  if (fd_ < 0) {
    const int error = errno;
    temporary_.clear();
    return CannotWrite(path_, error);
  }
  owned_ = true;
  if (place_.existing && fchmod(fd_, place_.existing->st_mode & 07777) != 0) {
    return CannotWrite(path_, errno);
  }
  return absl::OkStatus();
}

Output::~Output() {
  if (!temporary_.empty()) unlinkat(place_.directory.get(), temporary_.c_str(), 0);
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
      return WriteFailed(path_, errno);
    }
  }
  return absl::OkStatus();
}

absl::Status Output::Commit() {
  if (temporary_.empty()) return absl::OkStatus();
  if (fsync(fd_) != 0) return WriteFailed(path_, errno);
  const int directory = place_.directory.get();
  const int renamed = force_
                          ? renameat(directory, temporary_.c_str(), directory, place_.name.c_str())
                          : RenameToNew(directory, temporary_.c_str(), place_.name.c_str());
  if (renamed != 0) return WriteFailed(path_, errno);
  temporary_.clear();
  return absl::OkStatus();
}

bool Output::Colour() const {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return !owned_ && isatty(fd_) == 1 && (no_color == nullptr || *no_color == '\0') &&
         term != nullptr && std::strcmp(term, "dumb") != 0;
}

size_t Output::Width() const {
  if (isatty(fd_) != 1) return 0;
  const char* columns = std::getenv("COLUMNS");
  uint32_t value = 0;
  if (columns != nullptr && absl::SimpleAtoi(columns, &value) && value != 0) {
    return std::min(value, kMostColumns);
  }
  struct winsize size = {};
  return ioctl(fd_, TIOCGWINSZ, &size) == 0 && size.ws_col != 0 ? size.ws_col : kDefaultColumns;
}

}  // namespace footprint::client
