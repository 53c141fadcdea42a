// SPDX-License-Identifier: Apache-2.0
// FootprintService: everything that only reads.
// Ownership: borrows store, event log and Control.   Threads: gRPC's.
// Failure: as the .proto says.
#ifndef FOOTPRINT_DAEMON_RPC_FOOTPRINT_SERVICE_H_
#define FOOTPRINT_DAEMON_RPC_FOOTPRINT_SERVICE_H_

#include <functional>
#include <memory>

#include "daemon/rpc/call.h"
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
  uint64_t connections = 0, connections_refused = 0, connections_cut = 0;
};

// Messages come and go as bytes: what is counted, and held for a slow client, is those alone.
using RawFootprintService = v1::FootprintService::WithRawCallbackMethod_GetStatus<
    v1::FootprintService::WithRawCallbackMethod_GetFootprint<
        v1::FootprintService::WithRawCallbackMethod_WatchFootprint<
            v1::FootprintService::WithRawCallbackMethod_ListProcesses<
                v1::FootprintService::WithRawCallbackMethod_WatchEvents<
                    v1::FootprintService::WithRawCallbackMethod_GetSystem<
                        v1::FootprintService::WithRawCallbackMethod_ListModules<
                            v1::FootprintService::Service>>>>>>>;

class FootprintService : public RawFootprintService {
 public:
  FootprintService(store::EventLog& events, Control& control, Streams& streams,
                   std::function<ServerFacts()> facts, SystemSource read_system)
      : events_(events),
        control_(control),
        streams_(streams),
        facts_(std::move(facts)),
        read_system_(std::move(read_system)) {}

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetFootprint(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListProcesses(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetSystem(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListModules(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchFootprint(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchEvents(grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer* request) override;

 private:
  // Answers from a fresh harvest, off the collector thread. `fill` makes the whole of `Response`.
  template <typename Response, typename Fill>
  grpc::ServerUnaryReactor* Answer(Call* call, Fill fill);

  store::EventLog& events_;
  Control& control_;
  Streams& streams_;
  const std::function<ServerFacts()> facts_;
  const SystemSource read_system_;
};

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_FOOTPRINT_SERVICE_H_
