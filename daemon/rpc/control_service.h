// SPDX-License-Identifier: Apache-2.0
// ControlService, for those who may, and its refusal for all others.
// Ownership: borrows Control.   Threads: gRPC's.   Failure: as the .proto says.
#ifndef FOOTPRINT_DAEMON_RPC_CONTROL_SERVICE_H_
#define FOOTPRINT_DAEMON_RPC_CONTROL_SERVICE_H_

#include "daemon/rpc/call.h"
#include "daemon/rpc/control.h"
#include "footprint/v1/footprint.grpc.pb.h"

namespace footprint::rpc {

using RawControlService = v1::ControlService::WithCallbackMethod_StartRecording<
    v1::ControlService::WithRawCallbackMethod_StopRecording<
        v1::ControlService::WithCallbackMethod_SetTier<
            v1::ControlService::WithCallbackMethod_Calibrate<v1::ControlService::Service>>>>;

class ControlService : public RawControlService {
 public:
  ControlService(Control& control, Clients& clients) : control_(control), clients_(clients) {}
  grpc::ServerUnaryReactor* StartRecording(grpc::CallbackServerContext* context,
                                           const v1::StartRecordingRequest* request,
                                           v1::StartRecordingResponse* response) override;
  grpc::ServerUnaryReactor* StopRecording(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* SetTier(grpc::CallbackServerContext* context,
                                    const v1::SetTierRequest* request,
                                    v1::SetTierResponse* response) override;
  grpc::ServerUnaryReactor* Calibrate(grpc::CallbackServerContext* context,
                                      const v1::CalibrateRequest* request,
                                      v1::CalibrateResponse* response) override;

 private:
  Control& control_;
  Clients& clients_;
};

// What a peer without the right to control talks to.
class RefusedControlService : public v1::ControlService::CallbackService {
 public:
  grpc::ServerUnaryReactor* StartRecording(grpc::CallbackServerContext* context,
                                           const v1::StartRecordingRequest* request,
                                           v1::StartRecordingResponse* response) override;
  grpc::ServerUnaryReactor* StopRecording(grpc::CallbackServerContext* context,
                                          const v1::StopRecordingRequest* request,
                                          v1::StopRecordingResponse* response) override;
  grpc::ServerUnaryReactor* SetTier(grpc::CallbackServerContext* context,
                                    const v1::SetTierRequest* request,
                                    v1::SetTierResponse* response) override;
  grpc::ServerUnaryReactor* Calibrate(grpc::CallbackServerContext* context,
                                      const v1::CalibrateRequest* request,
                                      v1::CalibrateResponse* response) override;
};

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_CONTROL_SERVICE_H_
