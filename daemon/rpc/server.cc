// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/server.h"

#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <malloc.h>

#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/rpc/allowance.h"
#include "daemon/rpc/clients.h"
#include "daemon/rpc/connections.h"
#include "daemon/rpc/control_service.h"
#include "daemon/rpc/executor.h"
#include "daemon/rpc/footprint_service.h"
#include "daemon/rpc/frames.h"
#include "daemon/rpc/relay.h"
#include "daemon/rpc/threads.h"
#include "daemon/rpc/watch.h"

namespace footprint::rpc {
namespace {

constexpr int64_t kShutdownPatienceMs = 5000;
constexpr std::chrono::seconds kStopPatience{2 * kShutdownPatienceMs / 1000};
// The relay's, the executor's, those that two servers of gRPC begin with, and some more.
constexpr int kThreads = 19;

// gpr_set_log_function takes no context.
std::function<void(bool, const std::string&)>& LogSink() {
  static std::function<void(bool, const std::string&)> sink;
  return sink;
}

// A client that makes gRPC complain again and again must not fill the log. Any thread.
bool MayLog(const Peer& about) {
  static std::mutex mutex;
  static Allowances lines(10, 0.2);
  const std::lock_guard lock(mutex);
  return lines.Take(about, std::chrono::steady_clock::now());
}

void LogFromGrpc(gpr_log_func_args* args) {
  if (LogSink() && MayLog({})) LogSink()(args->severity == GPR_LOG_SEVERITY_ERROR, args->message);
}

// Every limit is set: several of the defaults are "none", see docs/decisions/0002.
void SetLimits(grpc::ServerBuilder& builder, const grpc::ResourceQuota& quota) {
  builder.SetMaxReceiveMessageSize(PeerFrames::kMaxRequestBytes);
  builder.SetMaxSendMessageSize(4 << 20);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 16);
  // More than the relay lets pass: what gRPC does with a list that is too large is not needed.
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 2 * PeerFrames::kMaxHeaderBytes);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 5000);
  // No end for idle connections and no pings: recordings end with their connection, and a client
  // that is stopped for a while is no less a client. The kernel tells when one is gone.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 30 * 1000);
  builder.SetResourceQuota(quota);
}

// A gRPC server that gets its connections from us.
struct Role {
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor;

  bool Start(grpc::Service& footprint, grpc::Service& control, const grpc::ResourceQuota& quota) {
    grpc::ServerBuilder builder;
    SetLimits(builder, quota);
    builder.RegisterService(&footprint);
    builder.RegisterService(&control);
    acceptor = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        grpc::InsecureServerCredentials());
    server = builder.BuildAndStart();
    return server != nullptr;
  }
};

// Gives memory back to the system once what took it is over: gRPC's threads each have an arena,
// and what is freed in the middle of one stays.
class Trimmer {
 public:
  void Used() { used_ = true; }
  // Once a second. Not while things come and go.
  // Returns whether it is still to be done.
  bool Look() {
    if (used_.exchange(false)) {
      due_ = true;
    } else if (due_) {
      due_ = false;
      malloc_trim(0);
    }
    return due_;
  }

 private:
  std::atomic<bool> used_ = false;
  bool due_ = false;
};

class UnixServer : public Server {
 public:
  UnixServer(const Options& options, store::EventLog& events, Control& control)
      : connections_(options.max_connections),
        clients_({.streams = options.max_streams}),
        streams_(clients_),
        footprint_(
            events, control, streams_,
            [this] {
              return ServerFacts{.connections = connections_.open(),
                                 .connections_refused = connections_.refused(),
                                 .connections_cut = relay_->cut()};
            },
            options.read_system),
        control_service_(control, clients_),
        control_(control),
        log_(options.log) {}
  ~UnixServer() override { Shutdown(); }

  absl::Status Start(const std::string& path) {
    // Never shut down: where no thread can be started, gRPC's shutdown waits for one for ever.
    static const bool kept = (grpc_init(), true);
    static_cast<void>(kept);
    if (absl::Status s = StartExecutor(); !s.ok()) return s;
    auto relay =
        Relay::Create({.gone = [this](const auto& name, const Peer& peer) { Gone(name, peer); },
                       .cut = [this](const Peer& peer, const auto& why) { LogCut(peer, why); },
                       .every_second = [this] { return EverySecond(); }});
    if (!relay.ok()) return relay.status();
    relay_ = *std::move(relay);
    if (absl::Status s = Server::CheckThreads(); !s.ok()) return s;
    if (absl::Status s = connections_.Listen(path); !s.ok()) return s;
    std::promise<void> stopped;
    stopped_ = stopped.get_future();
    // Of both together. Reflection is a synchronous service: each of its streams holds a thread.
    grpc::ResourceQuota quota("footprintd");
    quota.Resize(24 * 1024 * 1024).SetMaxThreads(8);
    if (!full_.Start(footprint_, control_service_, quota) ||
        !query_.Start(footprint_, refused_, quota)) {
      return absl::InternalError("gRPC does not start");
    }
    return StartStopper(std::move(stopped));
  }

  int fd() const override { return connections_.fd(); }
  absl::StatusOr<bool> RestoreSocket() override { return connections_.Restore(); }

  void AcceptReady() override {
    connections_.AcceptAll([this](base::UniqueFd fd, const Peer& peer) {
      auto end = relay_->Add(std::move(fd), peer,
                             [&](const std::string& name) { clients_.Add(name, peer); });
      if (!end.ok()) {
        connections_.Gone(peer);
        return;
      }
      // The role is decided here, once, for all calls of the connection.
      Role& role = peer.Privileged() ? full_ : query_;
      grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
      connection.listener_fd = -1;
      connection.fd = end->fd.Release();
      role.acceptor->HandleNewConnection(&connection);
    });
  }

  bool Shutdown() override {
    if (std::exchange(asked_to_stop_, true)) return true;
    if (!stopper_.joinable()) {  // it did not start
      Stop();
      return true;
    }
    stop_.set_value();
    if (stopped_.wait_for(kStopPatience) != std::future_status::ready) return false;
    stopper_.join();
    return true;
  }

 private:
  absl::Status StartStopper(std::promise<void> stopped) {
    try {
      stopper_ = std::thread([this, stopped = std::move(stopped)]() mutable {
        stop_.get_future().wait();
        Stop();
        stopped.set_value();
      });
    } catch (const std::system_error& error) {  // the library's only way to report
      return NoThread(error.code().value());
    }
    return absl::OkStatus();
  }

  // A thread of its own: where gRPC cannot start a thread that it wants, it waits for it for ever.
  void Stop() {
    for (Role* role : {&full_, &query_}) {
      if (role->server == nullptr) continue;
      if (auto* health = role->server->GetHealthCheckService()) health->SetServingStatus(false);
    }
    connections_.Close();
    streams_.StopAll();
    const gpr_timespec deadline = gpr_time_add(
        gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(kShutdownPatienceMs, GPR_TIMESPAN));
    for (Role* role : {&full_, &query_}) {
      if (role->server != nullptr) role->server->Shutdown(deadline);
    }
  }

  void Gone(const std::string& name, const Peer& peer) {
    clients_.Remove(name);
    control_.ClientGone(name);
    connections_.Gone(peer);
    trimmer_.Used();
  }

  bool EverySecond() {
    clients_.AbandonUntaken();
    if (clients_.replies.taken() != 0) trimmer_.Used();
    return trimmer_.Look();
  }

  void LogCut(const Peer& peer, const std::string& why) {
    if (log_ && MayLog(peer)) {
      log_(true, absl::StrCat("a connection of user ", peer.uid, ", pid ", peer.pid,
                              ", was cut off: ", why));
    }
  }

  Connections connections_;
  Clients clients_;
  Streams streams_;
  FootprintService footprint_;
  ControlService control_service_;
  RefusedControlService refused_;
  Control& control_;
  const std::function<void(bool, const std::string&)> log_;
  Trimmer trimmer_;  // the relay's thread
  // Before the servers: the connections that are theirs go through it to the end.
  std::unique_ptr<Relay> relay_;
  Role full_, query_;
  std::promise<void> stop_;
  std::future<void> stopped_;
  std::thread stopper_;
  bool asked_to_stop_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Create(const Options& options,
                                                       store::EventLog& events, Control& control) {
  auto path = SocketPath(options.listen);
  if (!path.ok()) return path.status();
  LogSink() = options.log;
  gpr_set_log_function(LogFromGrpc);
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  auto server = std::make_unique<UnixServer>(options, events, control);
  if (absl::Status s = server->Start(*path); !s.ok()) return s;
  return server;
}

absl::Status Server::CheckListen(const std::string& listen) {
  auto path = SocketPath(listen);
  return path.ok() ? CheckSocketPath(*path) : path.status();
}

absl::Status Server::CheckThreads() { return TryThreads(kThreads); }

absl::Status Server::CheckFree(const std::string& listen) {
  auto path = SocketPath(listen);
  return path.ok() ? CheckSocketFree(*path) : path.status();
}

}  // namespace footprint::rpc
