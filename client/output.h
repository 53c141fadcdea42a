// SPDX-License-Identifier: Apache-2.0
// Where the data goes: a standard stream, or a file that appears whole or not at all.
// Ownership: owns the temporary file until Commit().   Threads: one.
// Failure: CANCELLED the reader of stdout went away, which is no error of ours;
// PERMISSION_DENIED or INVALID_ARGUMENT the file cannot be made; DATA_LOSS a failed write.
#ifndef FOOTPRINT_CLIENT_OUTPUT_H_
#define FOOTPRINT_CLIENT_OUTPUT_H_

#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/look.h"
#include "client/place.h"

namespace footprint::client {

// What --output and --force say.
struct OutputOptions {
  std::string path;    // "": the stream that the command writes to by default; "-": stdout
  bool force = false;  // replace a file that exists
};

class Output {
 public:
  // `stream` is where "" leads: STDOUT_FILENO or STDERR_FILENO. /dev/stdout, /dev/stderr and
  // /dev/fd/N are these descriptors. For any other path a temporary file is made at once beside
  // it, so that a path that cannot be written is known before any work is done. What exists and
  // is no regular file (a pipe, /dev/null) is written to directly. No symbolic link of another
  // user is followed.
  static absl::StatusOr<std::unique_ptr<Output>> Create(const OutputOptions& options,
                                                        int stream = STDOUT_FILENO);
  // Standard output.
  static std::unique_ptr<Output> Standard();

  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  // Removes what was not committed.
  ~Output();

  absl::Status Write(std::string_view text);
  // Puts the file in its place. Nothing is written after it. Without `force` a file that has
  // appeared there since is kept, and this fails.
  absl::Status Commit();
  // Escape sequences are welcome: a terminal that knows them, NO_COLOR is not set.
  bool Colour() const;
  // Columns of the terminal that is written to, or of COLUMNS there; 0: no terminal, any width.
  size_t Width() const;
  Look GetLook() const { return {Colour(), Width()}; }
  bool IsStdout() const { return fd_ == STDOUT_FILENO; }

 private:
  Output() = default;
  absl::Status OpenSpecial();
  absl::Status OpenTemporary();

  int fd_ = STDOUT_FILENO;
  bool owned_ = false;
  bool force_ = false;
  std::string path_ = "standard output";  // in messages
  Place place_;
  std::string temporary_;  // in place_.directory; "": not to be renamed
};

}  // namespace footprint::client

#endif  // FOOTPRINT_CLIENT_OUTPUT_H_
