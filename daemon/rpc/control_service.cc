// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/control_service.h"

#include <memory>
#include <utility>

#include "daemon/rpc/convert.h"
#include "daemon/rpc/convert_tier.h"
#include "daemon/rpc/executor.h"

namespace footprint::rpc {
namespace {

constexpr size_t kMaxLabel = 200;
constexpr size_t kMaxId = 64;  // beyond any that was given out

grpc::ServerUnaryReactor* Refuse(grpc::CallbackServerContext* context) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish({grpc::StatusCode::PERMISSION_DENIED,
                   "recordings and tiers are for root and the daemon's own user"});
  return reactor;
}

grpc::ServerUnaryReactor* Fail(grpc::CallbackServerContext* context, const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(status));
  return reactor;
}

}  // namespace

grpc::ServerUnaryReactor* ControlService::StartRecording(grpc::CallbackServerContext* context,
                                                         const v1::StartRecordingRequest* request,
                                                         v1::StartRecordingResponse* response) {
  auto scope = ToScope(request->scope());
  if (!scope.ok()) return Fail(context, scope.status());
  if (request->label().size() > kMaxLabel) {
    return Fail(context, absl::InvalidArgumentError("label: at most 200 bytes"));
  }
  if (request->from_next_exec() && scope->kind != model::Scope::Kind::kTree) {
    return Fail(context, absl::InvalidArgumentError("from_next_exec goes with a tree scope"));
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  control_.StartRecording(*std::move(scope), request->from_next_exec(), request->label(),
                          [reactor, response](absl::StatusOr<std::string> id) {
                            if (id.ok()) response->set_recording_id(*id);
                            reactor->Finish(ToGrpc(id.status()));
                          });
  return reactor;
}

grpc::ServerUnaryReactor* ControlService::StopRecording(grpc::CallbackServerContext* context,
                                                        const v1::StopRecordingRequest* request,
                                                        v1::StopRecordingResponse* response) {
  // Not repeated in the text: it would not fit into the trailers.
  if (request->recording_id().size() > kMaxId) {
    return Fail(context, absl::NotFoundError("no recording has so long an id"));
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  control_.StopRecording(
      request->recording_id(), [reactor, response](absl::StatusOr<Recorded> recorded) {
        // Naming and copying thousands of rows is not the collector thread's work.
        auto shared = std::make_shared<absl::StatusOr<Recorded>>(std::move(recorded));
        RunSoon([reactor, response, shared] {
          if (shared->ok()) {
            ToProto((*shared)->footprint, false, *response->mutable_footprint());
            response->set_label((*shared)->label);
          }
          reactor->Finish(ToGrpc(shared->status()));
        });
      });
  return reactor;
}

grpc::ServerUnaryReactor* ControlService::SetTier(grpc::CallbackServerContext* context,
                                                  const v1::SetTierRequest* request,
                                                  v1::SetTierResponse* response) {
  // Not repeated in the text: it would not fit into the trailers.
  if (request->tier().size() > kMaxId) {
    return Fail(context, absl::InvalidArgumentError("tier: no tier has so long a name"));
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  control_.SetTier(request->tier(), [reactor, response](const absl::StatusOr<TierNow>& now) {
    if (now.ok()) {
      response->set_tier(now->state.tier);
      response->mutable_shed()->Assign(now->state.shed.begin(), now->state.shed.end());
      response->mutable_measured()->Assign(now->measured.begin(), now->measured.end());
    }
    reactor->Finish(ToGrpc(now.status()));
  });
  return reactor;
}

grpc::ServerUnaryReactor* ControlService::Calibrate(grpc::CallbackServerContext* context,
                                                    const v1::CalibrateRequest*,
                                                    v1::CalibrateResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  control_.Calibrate([reactor, response](const absl::StatusOr<model::CallCost>& cost) {
    if (cost.ok()) SetCallCost(*cost, *response->mutable_cost());
    reactor->Finish(ToGrpc(cost.status()));
  });
  return reactor;
}

grpc::ServerUnaryReactor* RefusedControlService::StartRecording(
    grpc::CallbackServerContext* context, const v1::StartRecordingRequest*,
    v1::StartRecordingResponse*) {
  return Refuse(context);
}

grpc::ServerUnaryReactor* RefusedControlService::StopRecording(grpc::CallbackServerContext* context,
                                                               const v1::StopRecordingRequest*,
                                                               v1::StopRecordingResponse*) {
  return Refuse(context);
}

grpc::ServerUnaryReactor* RefusedControlService::SetTier(grpc::CallbackServerContext* context,
                                                         const v1::SetTierRequest*,
                                                         v1::SetTierResponse*) {
  return Refuse(context);
}

grpc::ServerUnaryReactor* RefusedControlService::Calibrate(grpc::CallbackServerContext* context,
                                                           const v1::CalibrateRequest*,
                                                           v1::CalibrateResponse*) {
  return Refuse(context);
}

}  // namespace footprint::rpc
