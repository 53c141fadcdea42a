// SPDX-License-Identifier: Apache-2.0
// ControlService, for those who may, and its refusal for all others.
// Ownership: borrows Control.   Threads: gRPC's.   Failure: as the .proto says.
#ifndef FOOTPRINT_DAEMON_RPC_CONTROL_SERVICE_H_
#define FOOTPRINT_DAEMON_RPC_CONTROL_SERVICE_H_

#include "daemon/rpc/control.h"
#include "footprint/v1/footprint.grpc.pb.h"

namespace footprint::rpc {

class ControlService : public v1::ControlService::CallbackService {
 public:
  explicit ControlService(Control& control) : control_(control) {}
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

 private:
  Control& control_;
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
