// SPDX-License-Identifier: Apache-2.0
// Where the data goes: stdout, or a file that appears whole or not at all.
// Ownership: owns the temporary file until Commit().   Threads: one.
// Failure: CANCELLED the reader of stdout went away, which is no error of ours;
// PERMISSION_DENIED or INVALID_ARGUMENT the file cannot be made; DATA_LOSS a failed write.
#ifndef FOOTPRINT_CLIENT_OUTPUT_H_
#define FOOTPRINT_CLIENT_OUTPUT_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace footprint::client {

class Output {
 public:
  // "" or "-": stdout. Otherwise a temporary file beside `path` is made at once, so that
  // a path that cannot be written is known before any work is done. What exists and is no
  // regular file (a pipe, /dev/null) is written to directly.
  static absl::StatusOr<std::unique_ptr<Output>> Create(const std::string& path);

  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  // Removes what was not committed.
  ~Output();

  absl::Status Write(std::string_view text);
  // Puts the file in its place. Nothing is written after it.
  absl::Status Commit();
  // Escape sequences are welcome: stdout is a terminal that knows them, NO_COLOR is not set.
  bool Colour() const;

 private:
  Output() = default;

  int fd_ = 1;
  bool owned_ = false;
  std::string path_;
  std::string temporary_;  // "": not to be renamed
};

}  // namespace footprint::client

#endif  // FOOTPRINT_CLIENT_OUTPUT_H_
