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
  RecordingOrder order{.scope = *std::move(scope),
                       .from_next_exec = request->from_next_exec(),
                       .label = request->label(),
                       .owner = request->outlives_client() ? "" : context->peer()};
  const auto done = [this, reactor, response,
                     owner = order.owner](const absl::StatusOr<std::string>& id) {
    // Its end was told before the recording began.
    if (id.ok() && !owner.empty() && !clients_.Find(owner).has_value()) control_.ClientGone(owner);
    if (id.ok()) response->set_recording_id(*id);
    reactor->Finish(ToGrpc(id.status()));
  };
  control_.StartRecording(std::move(order), done);
  return reactor;
}

grpc::ServerUnaryReactor* ControlService::StopRecording(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* bytes,
                                                        grpc::ByteBuffer* response) {
  v1::StopRecordingRequest request;
  Call* const call = Call::Begin(context, clients_, *bytes, request, response);
  if (!call->open()) return call;
  // Not repeated in the text: it would not fit into the trailers.
  if (request.recording_id().size() > kMaxId) {
    call->Reply(absl::NotFoundError("no recording has so long an id"));
    return call;
  }
  control_.StopRecording(request.recording_id(), [call](absl::StatusOr<Recorded> recorded) {
    // Naming and copying thousands of rows is not the collector thread's work.
    auto shared = std::make_shared<absl::StatusOr<Recorded>>(std::move(recorded));
    RunSoon([call, shared] {
      if (!shared->ok()) return call->Reply(shared->status());
      v1::StopRecordingResponse stopped;
      ToProto((*shared)->footprint, false, *stopped.mutable_footprint());
      stopped.set_label((*shared)->label);
      call->Reply(absl::OkStatus(), &stopped);
    });
  });
  return call;
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
