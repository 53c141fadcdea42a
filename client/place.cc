// SPDX-License-Identifier: Apache-2.0
#include "client/place.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <deque>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace footprint::client {
namespace {

constexpr int kMostLinks = 40;  // MAXSYMLINKS of the kernel
constexpr int kOnlyName = O_PATH | O_NOFOLLOW | O_CLOEXEC;

bool Trusted(uid_t owner) { return owner == 0 || owner == geteuid(); }

// Whether the way may lead through `link`, an entry of `directory`.
bool MayFollow(const struct stat& link, const struct stat& directory, bool last) {
  if (Trusted(link.st_uid)) return true;
  if (last) return false;
  return (directory.st_mode & S_IWOTH) == 0 || directory.st_uid == link.st_uid;
}

absl::StatusOr<std::string> TargetOf(int link) {
  std::vector<char> target(PATH_MAX);
  const ssize_t length = readlinkat(link, "", target.data(), target.size());
  if (length <= 0) return absl::ErrnoToStatus(length < 0 ? errno : ENOENT, "");
  return std::string(target.data(), static_cast<size_t>(length));
}

// A path that is being walked, name by name.
class Walk {
 public:
  explicit Walk(const std::string& path) : path_(path) { Splice(path); }

  absl::StatusOr<Place> ToEnd() {
    if (path_.ends_with('/')) return CannotWrite(path_, EISDIR);
    while (true) {
      if (directory_.get() < 0) return CannotWrite(path_, errno);
      if (names_.empty()) return CannotWrite(path_, EISDIR);  // "/", "."
      const std::string name = std::move(names_.front());
      names_.pop_front();
      const bool last = names_.empty();
      Fd entry(openat(directory_.get(), name.c_str(), kOnlyName));
      struct stat found = {};
      if (entry.get() < 0 && errno == ENOENT && last) {
        return Place{std::move(directory_), name, std::nullopt};
      }
      if (entry.get() < 0 || fstat(entry.get(), &found) != 0) return CannotWrite(path_, errno);
      if (S_ISLNK(found.st_mode)) {
        if (const absl::Status followed = Follow(entry.get(), found, name); !followed.ok()) {
          return followed;
        }
      } else if (last) {
        return Place{std::move(directory_), name, found};
      } else if (!S_ISDIR(found.st_mode)) {
        return CannotWrite(path_, ENOTDIR);
      } else {
        directory_ = std::move(entry);
      }
    }
  }

 private:
  // The names of `path` before those that are left.
  void Splice(const std::string& path) {
    std::vector<std::string> names = absl::StrSplit(path, '/', absl::SkipEmpty());
    std::erase(names, ".");
    names_.insert(names_.begin(), names.begin(), names.end());
    if (path.starts_with('/') || directory_.get() < 0) {
      directory_ = Fd(open(path.starts_with('/') ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    }
  }

  absl::Status Follow(int link, const struct stat& found, const std::string& name) {
    struct stat directory = {};
    if (fstat(directory_.get(), &directory) != 0) return CannotWrite(path_, errno);
    if (!MayFollow(found, directory, names_.empty())) {
      return absl::PermissionDeniedError(
          absl::StrCat("cannot write ", path_, ": ", name, " is a symbolic link of user ",
                       found.st_uid, ", which is not followed; name the file itself"));
    }
    if (++links_ > kMostLinks) return CannotWrite(path_, ELOOP);
    const absl::StatusOr<std::string> target = TargetOf(link);
    if (!target.ok()) return CannotWrite(path_, errno);
    if (names_.empty() && target->ends_with('/')) return CannotWrite(path_, EISDIR);
    Splice(*target);
    return absl::OkStatus();
  }

  const std::string path_;
  Fd directory_;
  std::deque<std::string> names_;  // still to be walked
  int links_ = 0;
};

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<Place> FindPlace(const std::string& path) { return Walk(path).ToEnd(); }

absl::Status CannotWrite(const std::string& path, int error) {
  const std::string message = absl::StrCat("cannot write ", path, ": ", std::strerror(error));
  if (error == EACCES || error == EPERM || error == EROFS) {
    return absl::PermissionDeniedError(message);
  }
  return absl::InvalidArgumentError(message);
}

}  // namespace footprint::client
