// SPDX-License-Identifier: Apache-2.0
// Whole files below a root, with errors that name the file and its remedy.
// Ownership: values.   Threads: any.
// Failure: the errno of opening or reading; DATA_LOSS what zlib refuses; RESOURCE_EXHAUSTED a file
//   larger than kMostBytes.
#ifndef FOOTPRINT_DAEMON_SYSTEM_FILES_H_
#define FOOTPRINT_DAEMON_SYSTEM_FILES_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace footprint::system {

// No file of these is near that; it bounds what a wrong root can make the daemon hold.
inline constexpr size_t kMostBytes = 16 << 20;

absl::StatusOr<std::string> ReadFile(const std::string& path);
// Unpacked, where it is gzip; as it is, where it is not.
absl::StatusOr<std::string> ReadGzip(const std::string& path);
// Hands over each line without its end, a piece of the file at a time. A line of more than 16 KiB
// is left out.
absl::Status ForEachLine(const std::string& path,
                         const std::function<void(std::string_view)>& each);
// What stands between separators, empty parts left out.
std::vector<std::string_view> Split(std::string_view text, std::string_view separators);
inline std::vector<std::string_view> Lines(std::string_view text) { return Split(text, "\n"); }
inline std::vector<std::string_view> Words(std::string_view line) { return Split(line, " \t"); }

}  // namespace footprint::system

#endif  // FOOTPRINT_DAEMON_SYSTEM_FILES_H_
