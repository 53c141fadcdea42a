// SPDX-License-Identifier: Apache-2.0
// The daemon as the client sees it: calls with a deadline, errors that name the target.
// Ownership: owns the channel.   Threads: one caller at a time; Cancel() from any.
// Failure: UNAVAILABLE no daemon at the target; PERMISSION_DENIED the socket or the
// daemon refuses; DEADLINE_EXCEEDED no answer in time; else what the daemon says.
#ifndef FOOTPRINT_CLIENT_CONNECTION_H_
#define FOOTPRINT_CLIENT_CONNECTION_H_

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "footprint/v1/footprint.pb.h"

namespace grpc {
class ClientContext;
class Status;
}  // namespace grpc

namespace footprint::client {

// How to reach the daemon: flags, else FOOTPRINT_TARGET, else the default.
struct Settings {
  std::string target;
  double timeout_seconds = 10;
};
inline constexpr char kDefaultTarget[] = "unix:/run/footprintd/query.sock";
std::string DefaultTarget();

class Connection {
 public:
  // Touches no network: a daemon that is absent shows at the first call.
  // Errors: INVALID_ARGUMENT a target that is not unix:PATH, or a path too long for a socket.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const Settings& settings);
  ~Connection();

  absl::StatusOr<v1::GetStatusResponse> GetStatus();
  absl::StatusOr<v1::Footprint> GetFootprint(const v1::Scope& scope, bool omit_processes);
  absl::StatusOr<v1::GetSystemResponse> GetSystem(const v1::GetSystemRequest& request);
  absl::StatusOr<std::string> StartRecording(const v1::StartRecordingRequest& request);
  absl::StatusOr<v1::Footprint> StopRecording(const std::string& id);

  // Hands each footprint to `each` until that says false or fails.
  // The timeout counts from one message to the next, beyond the interval asked for.
  absl::Status Watch(
      const v1::WatchFootprintRequest& request,
      const std::function<absl::StatusOr<bool>(const v1::WatchFootprintResponse&)>& each);

  absl::StatusOr<v1::SetTierResponse> SetTier(const std::string& tier);
  absl::StatusOr<v1::CallCost> Calibrate();

  // Modules that are part of the kernel are left out unless asked for.
  absl::StatusOr<v1::ListModulesResponse> ListModules(bool include_builtin);
  // Hands each event to `each` until that says false or fails. No timeout: there may be no event
  // for hours. Errors: UNAVAILABLE no daemon, or it ended the stream.
  absl::Status WatchEvents(
      const v1::WatchEventsRequest& request,
      const std::function<absl::StatusOr<bool>(const v1::WatchEventsResponse&)>& each);

  // Ends the call under way and lets every later one fail at once with CANCELLED.
  void Cancel();

 private:
  explicit Connection(const Settings& settings);

  // Runs `call` with a context that has the deadline and that Cancel() can reach.
  absl::Status Unary(const std::function<grpc::Status(grpc::ClientContext*)>& call);
  absl::Status Explain(const grpc::Status& status) const;
  // Why the daemon does not answer, with what to do about it.
  absl::Status ExplainAbsence(const std::string& message) const;

  struct Services;  // gRPC's headers take longer to read than all of a command

  const Settings settings_;
  std::unique_ptr<Services> services_;
  std::mutex mutex_;
  grpc::ClientContext* current_ = nullptr;  // guarded by mutex_; borrowed from Unary's frame
  bool cancelled_ = false;                  // guarded by mutex_
};

}  // namespace footprint::client

#endif  // FOOTPRINT_CLIENT_CONNECTION_H_
