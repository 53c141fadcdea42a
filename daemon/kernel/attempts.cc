// SPDX-License-Identifier: Apache-2.0
#include "daemon/kernel/attempts.h"

#include "absl/strings/cord.h"

namespace footprint::kernel {
namespace {

// Its code alone does not tell it from a lack of memory, which a smaller object may have enough of.
constexpr char kNoThread[] = "footprint/no_thread";

}  // namespace

absl::Status NoThreadError() {
  absl::Status status = absl::ResourceExhaustedError(
      "no thread is to be had: raise TasksMax of the unit (pids.max of its cgroup)");
  status.SetPayload(kNoThread, absl::Cord());
  return status;
}

bool IsNoThread(const absl::Status& status) { return status.GetPayload(kNoThread).has_value(); }

absl::StatusOr<Attempts> TryObjects(ObjectChoice choice, bool preemptible,
                                    const std::function<absl::Status(const Attempt&)>& load) {
  Attempts made;
  absl::Status status = absl::UnavailableError("not tried");
  const auto attempt = [&](ObjectKind kind, bool may_read_kernel) {
    if (status.ok() || IsNoThread(status)) return;
    made.without_perf = absl::UnavailableError("the core object has no programs for them");
    const bool rescues = preemptible && kind != ObjectKind::kCore;
    made.last = {.kind = kind, .may_read_kernel = may_read_kernel, .rescues = rescues};
    status = load(made.last);
    if (status.ok() || IsNoThread(status) || !rescues) return;
    made.without_perf = status;
    made.last.rescues = false;
    status = load(made.last);
  };
  if (choice != ObjectChoice::kCore) {
    if (choice != ObjectChoice::kPlain) attempt(ObjectKind::kFullTyped, true);
    attempt(ObjectKind::kFull, true);
    if (!status.ok()) made.reasons.emplace_back(status.message());
    attempt(ObjectKind::kFull, false);
  }
  const bool any = choice == ObjectChoice::kAuto || choice == ObjectChoice::kCore;
  if (any) attempt(ObjectKind::kCore, choice == ObjectChoice::kCore);
  if (status.ok()) return made;
  if (absl::IsPermissionDenied(status)) return status;
  return absl::UnavailableError(status.message());
}

}  // namespace footprint::kernel
