// SPDX-License-Identifier: Apache-2.0
// FootprintService: everything that only reads.
// Ownership: borrows store, event log and Control.   Threads: gRPC's.
// Failure: as the .proto says.
#ifndef FOOTPRINT_DAEMON_RPC_FOOTPRINT_SERVICE_H_
#define FOOTPRINT_DAEMON_RPC_FOOTPRINT_SERVICE_H_

#include <functional>
#include <memory>

#include "daemon/rpc/control.h"
#include "daemon/rpc/watch.h"
#include "daemon/store/store.h"
#include "daemon/system/system.h"
#include "footprint/v1/footprint.grpc.pb.h"

namespace footprint::rpc {

// The static view, read when asked for; nullptr: this daemon offers none.
using SystemSource = std::function<std::shared_ptr<const system::System>()>;

// Facts for GetStatus that only the server knows.
struct ServerFacts {
  uint64_t connections = 0, connections_refused = 0;
};

class FootprintService : public v1::FootprintService::CallbackService {
 public:
  FootprintService(store::EventLog& events, Control& control, Streams& streams,
                   std::function<ServerFacts()> facts, SystemSource read_system)
      : events_(events),
        control_(control),
        streams_(streams),
        facts_(std::move(facts)),
        read_system_(std::move(read_system)) {}

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::GetStatusRequest* request,
                                      v1::GetStatusResponse* response) override;
  grpc::ServerUnaryReactor* GetFootprint(grpc::CallbackServerContext* context,
                                         const v1::GetFootprintRequest* request,
                                         v1::GetFootprintResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchFootprintResponse>* WatchFootprint(
      grpc::CallbackServerContext* context, const v1::WatchFootprintRequest* request) override;
  grpc::ServerUnaryReactor* ListProcesses(grpc::CallbackServerContext* context,
                                          const v1::ListProcessesRequest* request,
                                          v1::ListProcessesResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchEventsResponse>* WatchEvents(
      grpc::CallbackServerContext* context, const v1::WatchEventsRequest* request) override;
  grpc::ServerUnaryReactor* GetSystem(grpc::CallbackServerContext* context,
                                      const v1::GetSystemRequest* request,
                                      v1::GetSystemResponse* response) override;
  grpc::ServerUnaryReactor* ListModules(grpc::CallbackServerContext* context,
                                        const v1::ListModulesRequest* request,
                                        v1::ListModulesResponse* response) override;

 private:
  // Fills the response from a fresh harvest, off the collector thread, and finishes.
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context,
                                   std::function<absl::Status(const model::Snapshot&)> fill);

  store::EventLog& events_;
  Control& control_;
  Streams& streams_;
  const std::function<ServerFacts()> facts_;
  const SystemSource read_system_;
};

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_FOOTPRINT_SERVICE_H_
