// SPDX-License-Identifier: Apache-2.0
#include "absl/status/status.h"
#include "daemon/app/app.h"

namespace footprint::app {

int ExitCode(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return 0;
    case absl::StatusCode::kPermissionDenied:
      return 77;
    case absl::StatusCode::kInvalidArgument:
      return 78;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kResourceExhausted:
      return 69;
    default:
      return 70;
  }
}

}  // namespace footprint::app
