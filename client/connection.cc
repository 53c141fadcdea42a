// SPDX-License-Identifier: Apache-2.0
#include "client/connection.h"

#include <grp.h>
#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "footprint/v1/footprint.grpc.pb.h"

namespace footprint::client {
namespace {

// A footprint of a large board is below 8 MiB; this bounds what a wrong peer can make us hold.
constexpr int kMaxReceiveBytes = 64 << 20;
constexpr int kMaxBackoffMs = 1000;

std::chrono::system_clock::time_point After(double seconds) {
  return std::chrono::system_clock::now() +
         std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
}

// The path of a target that Open() has found to be one.
absl::string_view PathOf(absl::string_view target) { return absl::StripPrefix(target, "unix:"); }

// The path with all that a URI may not hold as %XX: gRPC reads a target as one.
std::string Escaped(absl::string_view path) {
  std::string out;
  for (const char c : path) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("/._-", c)) {
      out += c;
    } else {
      absl::StrAppendFormat(&out, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string Uri(const std::string& target) {
  return absl::StrCat("unix:", Escaped(PathOf(target)));
}

// The group that may use a file which the caller may not, and how to become one of it.
// "" where the file cannot be seen either: its directory's group is the one, then.
std::string GroupRemedy(std::string path) {
  struct stat found = {};
  while (stat(path.c_str(), &found) != 0) {
    const size_t slash = path.rfind('/');
    if (errno != EACCES || slash == std::string::npos || slash == 0) return "";
    path.resize(slash);
  }
  if ((found.st_mode & S_IRWXG) == 0 || found.st_gid == 0) return "; root may: use sudo";
  const struct group* entry = getgrgid(found.st_gid);
  const std::string name = entry != nullptr ? entry->gr_name : absl::StrCat(found.st_gid);
  return absl::StrCat("; members of the group ", name, " may: sudo usermod -aG ", name,
                      " USER, and log in again");
}

// Why a unix socket cannot be reached, as connect(2) says; 0 when it can.
// gRPC's own text buries the errno, so this is asked once the call has failed.
int ConnectErrno(const std::string& path) {
  struct sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  const int error =
      connect(fd, reinterpret_cast<struct sockaddr*>(&address), sizeof(address)) == 0 ? 0 : errno;
  close(fd);
  return error;
}

}  // namespace

std::string DefaultTarget() {
  const char* target = std::getenv("FOOTPRINT_TARGET");
  return target != nullptr && *target != '\0' ? target : kDefaultTarget;
}

struct Connection::Services {
  std::unique_ptr<v1::FootprintService::Stub> footprints;
  std::unique_ptr<v1::ControlService::Stub> control;
};

Connection::Connection(const Settings& settings) : settings_(settings) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  // A recording ends with its connection: a command that runs for an hour must not lose it.
  arguments.SetInt(GRPC_ARG_CLIENT_IDLE_TIMEOUT_MS, INT_MAX);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxBackoffMs);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kMaxBackoffMs / 4);
  auto channel = grpc::CreateCustomChannel(Uri(settings.target), grpc::InsecureChannelCredentials(),
                                           arguments);
  // Where no thread can be started, the end of gRPC's last channel waits for one for ever.
  static auto* const kept = new std::vector<std::shared_ptr<grpc::Channel>>;
  kept->push_back(channel);
  services_ = std::make_unique<Services>(v1::FootprintService::NewStub(channel),
                                         v1::ControlService::NewStub(channel));
}

Connection::~Connection() = default;

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const Settings& settings) {
  absl::string_view path = settings.target;
  if (!absl::ConsumePrefix(&path, "unix:") || path.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("target ", settings.target, " is not of the form unix:PATH"));
  }
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return absl::InvalidArgumentError(
        absl::StrCat("target ", settings.target, ": path is longer than a socket's name may be"));
  }
  // Errors are reported once, by the caller; gRPC's own lines would only repeat them.
  gpr_set_log_function([](gpr_log_func_args*) {});
  return std::unique_ptr<Connection>(new Connection(settings));
}

absl::Status Connection::Explain(const grpc::Status& status) const {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  if (code == absl::StatusCode::kDeadlineExceeded) {
    return absl::DeadlineExceededError(absl::StrCat("no answer from ", settings_.target, " within ",
                                                    settings_.timeout_seconds, " s"));
  }
  if (code == absl::StatusCode::kPermissionDenied) {
    return absl::PermissionDeniedError(absl::StrCat(settings_.target, ": ", status.error_message(),
                                                    " (sudo footprint ... is root)"));
  }
  // Cancelled, by somebody other than us: the connection broke, or the daemon gave up.
  if (code != absl::StatusCode::kUnavailable && code != absl::StatusCode::kCancelled) {
    return absl::Status(code, absl::StrCat(settings_.target, ": ", status.error_message()));
  }
  return ExplainAbsence(status.error_message());
}

absl::Status Connection::ExplainAbsence(const std::string& message) const {
  const std::string path(PathOf(settings_.target));
  const int error = ConnectErrno(path);
  if (error == EACCES || error == EPERM) {
    return absl::PermissionDeniedError(absl::StrCat("may not connect to ", settings_.target, ": ",
                                                    std::strerror(error), GroupRemedy(path)));
  }
  if (error != 0) {
    const std::string remedy =
        settings_.target == kDefaultTarget
            ? "; start it: sudo systemctl start footprintd.service; --target or FOOTPRINT_TARGET "
              "name another"
            : "; --target or FOOTPRINT_TARGET name another, or start it: sudo footprintd "
              "--listen " +
                  settings_.target;
    return absl::UnavailableError(
        absl::StrCat("no daemon at ", settings_.target, ": ", std::strerror(error), remedy));
  }
  return absl::UnavailableError(
      absl::StrCat("the daemon at ", settings_.target, " went away: ", message));
}

absl::Status Connection::Unary(const std::function<grpc::Status(grpc::ClientContext*)>& call) {
  grpc::ClientContext context;
  context.set_deadline(After(settings_.timeout_seconds));
  {
    std::lock_guard lock(mutex_);
    if (cancelled_) return absl::CancelledError("cancelled");
    current_ = &context;
  }
  const grpc::Status status = call(&context);
  std::lock_guard lock(mutex_);
  current_ = nullptr;
  if (cancelled_) return absl::CancelledError("cancelled");
  return Explain(status);
}

void Connection::Cancel() {
  std::lock_guard lock(mutex_);
  cancelled_ = true;
  if (current_ != nullptr) current_->TryCancel();
}

absl::StatusOr<v1::GetStatusResponse> Connection::GetStatus() {
  v1::GetStatusResponse response;
  const absl::Status status = Unary([&](grpc::ClientContext* context) {
    return services_->footprints->GetStatus(context, v1::GetStatusRequest(), &response);
  });
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<v1::GetSystemResponse> Connection::GetSystem(const v1::GetSystemRequest& request) {
  v1::GetSystemResponse response;
  const absl::Status status = Unary([&](grpc::ClientContext* context) {
    return services_->footprints->GetSystem(context, request, &response);
  });
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<v1::Footprint> Connection::GetFootprint(const v1::Scope& scope,
                                                       bool omit_processes) {
  v1::GetFootprintRequest request;
  *request.mutable_scope() = scope;
  request.set_omit_processes(omit_processes);
  v1::GetFootprintResponse response;
  const absl::Status status = Unary([&](grpc::ClientContext* context) {
    return services_->footprints->GetFootprint(context, request, &response);
  });
  if (!status.ok()) return status;
  return std::move(*response.mutable_footprint());
}

absl::StatusOr<std::string> Connection::StartRecording(const v1::StartRecordingRequest& request) {
  v1::StartRecordingResponse response;
  const absl::Status status = Unary([&](grpc::ClientContext* context) {
    return services_->control->StartRecording(context, request, &response);
  });
  if (!status.ok()) return status;
  return response.recording_id();
}

absl::StatusOr<v1::Footprint> Connection::StopRecording(const std::string& id) {
  v1::StopRecordingRequest request;
  request.set_recording_id(id);
  v1::StopRecordingResponse response;
  const absl::Status status = Unary([&](grpc::ClientContext* context) {
    return services_->control->StopRecording(context, request, &response);
  });
  if (!status.ok()) return status;
  return std::move(*response.mutable_footprint());
}

absl::StatusOr<v1::SetTierResponse> Connection::SetTier(const std::string& tier) {
  v1::SetTierRequest request;
  request.set_tier(tier);
  v1::SetTierResponse response;
  const absl::Status status = Unary([&](grpc::ClientContext* context) {
    return services_->control->SetTier(context, request, &response);
  });
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<v1::CallCost> Connection::Calibrate() {
  v1::CalibrateResponse response;
  const absl::Status status = Unary([&](grpc::ClientContext* context) {
    return services_->control->Calibrate(context, v1::CalibrateRequest(), &response);
  });
  if (!status.ok()) return status;
  return std::move(*response.mutable_cost());
}

absl::StatusOr<v1::ListModulesResponse> Connection::ListModules(bool include_builtin) {
  v1::ListModulesRequest request;
  request.set_include_builtin(include_builtin);
  v1::ListModulesResponse response;
  const absl::Status status = Unary([&](grpc::ClientContext* context) {
    return services_->footprints->ListModules(context, request, &response);
  });
  if (!status.ok()) return status;
  return response;
}

absl::Status Connection::WatchEvents(
    const v1::WatchEventsRequest& request,
    const std::function<absl::StatusOr<bool>(const v1::WatchEventsResponse&)>& each) {
  grpc::ClientContext context;
  const auto reader = services_->footprints->WatchEvents(&context, request);
  v1::WatchEventsResponse response;
  while (reader->Read(&response)) {
    const absl::StatusOr<bool> more = each(response);
    if (more.ok() && *more) continue;
    context.TryCancel();
    reader->Finish();
    return more.status();
  }
  grpc::Status end = reader->Finish();
  if (end.ok()) end = grpc::Status(grpc::StatusCode::UNAVAILABLE, "the daemon ended the stream");
  return Explain(end);
}

absl::Status Connection::Watch(
    const v1::WatchFootprintRequest& request,
    const std::function<absl::StatusOr<bool>(const v1::WatchFootprintResponse&)>& each) {
  const double wait = settings_.timeout_seconds +
                      static_cast<double>(request.interval().seconds()) +
                      static_cast<double>(request.interval().nanos()) / 1e9;
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  // The asynchronous form, as it alone lets one wait for a message with a deadline.
  auto reader = services_->footprints->AsyncWatchFootprint(&context, request, &queue, nullptr);
  grpc::Status end;
  absl::Status result;
  bool timed_out = false;
  const auto next = [&](bool* ok) {
    void* tag = nullptr;
    if (queue.AsyncNext(&tag, ok, After(wait)) == grpc::CompletionQueue::GOT_EVENT) return;
    timed_out = true;
    context.TryCancel();
    queue.Next(&tag, ok);  // a cancelled operation always completes
    *ok = false;
  };
  bool ok = false;
  next(&ok);  // the call itself
  v1::WatchFootprintResponse response;
  while (ok && !timed_out) {
    reader->Read(&response, nullptr);
    next(&ok);
    if (!ok) break;
    const absl::StatusOr<bool> more = each(response);
    if (!more.ok()) result = more.status();
    if (!more.ok() || !*more) {
      context.TryCancel();
      reader->Finish(&end, nullptr);
      next(&ok);
      return result;
    }
  }
  reader->Finish(&end, nullptr);
  next(&ok);
  if (timed_out) end = grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "");
  if (end.ok()) {  // a watch has no end of its own
    end = grpc::Status(grpc::StatusCode::UNAVAILABLE, "the daemon ended the stream");
  }
  return Explain(end);
}

}  // namespace footprint::client
