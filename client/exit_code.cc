// SPDX-License-Identifier: Apache-2.0
#include "client/exit_code.h"

#include <cstdio>

#include "client/text.h"

namespace footprint::client {

int ExitCodeFor(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return kExitOk;
    case absl::StatusCode::kNotFound:
      return kExitNo;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return kExitUsage;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
      return kExitUnavailable;
    case absl::StatusCode::kDeadlineExceeded:
      return kExitDeadline;
    case absl::StatusCode::kUnimplemented:
      return kExitUnimplemented;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return kExitPermission;
    case absl::StatusCode::kDataLoss:
      return kExitIo;
    case absl::StatusCode::kCancelled:
      return kExitOk;
    default:
      return kExitSoftware;
  }
}

void Complain(const std::string& message) {
  std::string line = "footprint: " + Sanitize(message) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

int Fail(const absl::Status& status) {
  if (!status.ok() && !absl::IsCancelled(status)) Complain(std::string(status.message()));
  return ExitCodeFor(status.code());
}

}  // namespace footprint::client
