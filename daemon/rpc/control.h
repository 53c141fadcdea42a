// SPDX-License-Identifier: Apache-2.0
// What the services need of the collector thread. Every call returns at once;
// `done` runs later on the collector thread and must not block. After the
// collector has stopped, `done` runs at once with UNAVAILABLE.
#ifndef FOOTPRINT_DAEMON_RPC_CONTROL_H_
#define FOOTPRINT_DAEMON_RPC_CONTROL_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/model/scope.h"
#include "daemon/model/snapshot.h"

namespace footprint::rpc {

struct Recorded {
  model::Footprint footprint;
  std::string label;
};

// What to record, and for whom.
struct RecordingOrder {
  model::Scope scope;
  bool from_next_exec = false;
  std::string label;
  // The connection that asked, whose end is the recording's; empty: it outlives its client.
  std::string owner;
};

struct TierNow {
  model::TierState state;
  std::vector<std::string> measured;
};

class Control {
 public:
  virtual ~Control() = default;
  // A harvest that began after this call; calls that come together share one.
  virtual void Harvest(std::function<void(absl::StatusOr<model::SnapshotPtr>)> done) = 0;
  // Errors: NOT_FOUND no such pid; RESOURCE_EXHAUSTED too many recordings.
  virtual void StartRecording(RecordingOrder order,
                              std::function<void(absl::StatusOr<std::string>)> done) = 0;
  // A connection is over: its recordings are nobody's.
  virtual void ClientGone(std::string owner) = 0;
  // Errors: NOT_FOUND no such recording.
  virtual void StopRecording(std::string id,
                             std::function<void(absl::StatusOr<Recorded>)> done) = 0;
  // Errors: INVALID_ARGUMENT no such tier; FAILED_PRECONDITION not possible here.
  virtual void SetTier(std::string tier, std::function<void(absl::StatusOr<TierNow>)> done) = 0;
  // Errors: FAILED_PRECONDITION the daemon is configured not to calibrate, or cannot by now.
  virtual void Calibrate(std::function<void(absl::StatusOr<model::CallCost>)> done) = 0;
};

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_CONTROL_H_
