// SPDX-License-Identifier: Apache-2.0
#include "daemon/system/files.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "daemon/base/unique_fd.h"

namespace footprint::system {
namespace {

constexpr size_t kPiece = 16 * 1024;

absl::Status TooLarge(const std::string& path) {
  return absl::ResourceExhaustedError(absl::StrCat("more than ", kMostBytes, " bytes in ", path));
}

// One read(2) after the other; `take` answers false to stop.
absl::Status ForEachPiece(const std::string& path,
                          const std::function<bool(std::string_view)>& take) {
  const base::UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.valid()) return absl::ErrnoToStatus(errno, absl::StrCat("open ", path));
  std::array<char, kPiece> buffer;
  while (true) {
    const ssize_t got = read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return absl::ErrnoToStatus(errno, absl::StrCat("read ", path));
    if (got == 0 || !take({buffer.data(), static_cast<size_t>(got)})) return absl::OkStatus();
  }
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::string text;
  const absl::Status status = ForEachPiece(path, [&](std::string_view piece) {
    text += piece;
    return text.size() <= kMostBytes;
  });
  if (!status.ok()) return status;
  if (text.size() > kMostBytes) return TooLarge(path);
  return text;
}

absl::StatusOr<std::string> ReadGzip(const std::string& path) {
  base::UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.valid()) return absl::ErrnoToStatus(errno, absl::StrCat("open ", path));
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> packed(gzdopen(file.get(), "rb"), gzclose);
  if (packed == nullptr) {
    return absl::ResourceExhaustedError(absl::StrCat("no memory to unpack ", path));
  }
  file.Release();  // gzclose closes it
  std::string text;
  std::array<char, kPiece> buffer;
  for (int got; (got = gzread(packed.get(), buffer.data(), buffer.size())) != 0;) {
    if (got < 0) {
      int code = Z_OK;
      const char* reason = gzerror(packed.get(), &code);
      return absl::DataLossError(absl::StrCat("unpack ", path, ": ", reason));
    }
    text.append(buffer.data(), static_cast<size_t>(got));
    if (text.size() > kMostBytes) return TooLarge(path);
  }
  return text;
}

absl::Status ForEachLine(const std::string& path,
                         const std::function<void(std::string_view)>& each) {
  std::string kept;
  bool overlong = false;
  const absl::Status status = ForEachPiece(path, [&](std::string_view piece) {
    for (size_t end; (end = piece.find('\n')) != std::string_view::npos;) {
      kept += piece.substr(0, end);
      if (!overlong) each(kept);
      kept.clear();
      overlong = false;
      piece.remove_prefix(end + 1);
    }
    kept += piece;
    if (kept.size() > kPiece) {
      kept.clear();
      overlong = true;
    }
    return true;
  });
  if (status.ok() && !kept.empty() && !overlong) each(kept);
  return status;
}

std::vector<std::string_view> Split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(separators), text.size()));
    if (text.empty()) return parts;
    parts.push_back(text.substr(0, text.find_first_of(separators)));
    text.remove_prefix(parts.back().size());
  }
}

}  // namespace footprint::system
