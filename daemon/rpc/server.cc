// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/server.h"

#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "daemon/rpc/connections.h"
#include "daemon/rpc/control_service.h"
#include "daemon/rpc/footprint_service.h"
#include "daemon/rpc/watch.h"

namespace footprint::rpc {
namespace {

constexpr std::chrono::seconds kShutdownPatience{5};

// gpr_set_log_function takes no context.
std::function<void(bool, const std::string&)>& LogSink() {
  static std::function<void(bool, const std::string&)> sink;
  return sink;
}

void LogFromGrpc(gpr_log_func_args* args) {
  if (LogSink()) LogSink()(args->severity == GPR_LOG_SEVERITY_ERROR, args->message);
}

// Every limit is set: several of the defaults are "none", see docs/decisions/0002.
void SetLimits(grpc::ServerBuilder& builder, const grpc::ResourceQuota& quota) {
  builder.SetMaxReceiveMessageSize(256 * 1024);
  builder.SetMaxSendMessageSize(8 * 1024 * 1024);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 16);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 8 * 1024);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 5000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 15 * 60 * 1000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60 * 1000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20 * 1000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
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

class UnixServer : public Server {
 public:
  UnixServer(const Options& options, store::EventLog& events, Control& control)
      : connections_(options.max_connections),
        streams_(options.max_streams),
        footprint_(
            events, control, streams_,
            [this] {
              return ServerFacts{.connections = connections_.open(),
                                 .connections_refused = connections_.refused()};
            },
            options.read_system),
        control_(control) {}
  ~UnixServer() override { Shutdown(); }

  absl::Status Start(const std::string& path) {
    if (absl::Status s = connections_.Listen(path); !s.ok()) return s;
    // Of both together. Reflection is a synchronous service: each of its streams holds a thread.
    grpc::ResourceQuota quota("footprintd");
    quota.Resize(24 * 1024 * 1024).SetMaxThreads(8);
    if (!full_.Start(footprint_, control_, quota) || !query_.Start(footprint_, refused_, quota)) {
      return absl::InternalError("gRPC does not start");
    }
    return absl::OkStatus();
  }

  int fd() const override { return connections_.fd(); }

  void AcceptReady() override {
    connections_.AcceptAll([this](int fd, const Connections::Peer& peer) {
      // The role is decided here, once: no handler can tell who is calling.
      Role& role = peer.uid == 0 || peer.uid == geteuid() ? full_ : query_;
      grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
      connection.listener_fd = -1;
      connection.fd = fd;
      role.acceptor->HandleNewConnection(&connection);
    });
  }

  void Shutdown() override {
    if (stopped_) return;
    stopped_ = true;
    for (Role* role : {&full_, &query_}) {
      if (role->server == nullptr) continue;
      if (auto* health = role->server->GetHealthCheckService()) health->SetServingStatus(false);
    }
    connections_.Close();
    streams_.StopAll();
    const auto deadline = std::chrono::system_clock::now() + kShutdownPatience;
    for (Role* role : {&full_, &query_}) {
      if (role->server != nullptr) role->server->Shutdown(deadline);
    }
  }

 private:
  Connections connections_;
  Streams streams_;
  FootprintService footprint_;
  ControlService control_;
  RefusedControlService refused_;
  Role full_, query_;
  bool stopped_ = false;
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

absl::Status Server::CheckFree(const std::string& listen) {
  auto path = SocketPath(listen);
  return path.ok() ? CheckSocketFree(*path) : path.status();
}

}  // namespace footprint::rpc
