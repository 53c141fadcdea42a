// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/call.h"

#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/proto_buffer_writer.h>

#include "absl/strings/str_cat.h"
#include "daemon/rpc/convert.h"

namespace footprint::rpc {

absl::Status Parse(const grpc::ByteBuffer& bytes, google::protobuf::Message& message) {
  grpc::ByteBuffer copy(bytes);  // counts references; the reader wants one that it may clear
  grpc::ProtoBufferReader reader(&copy);
  if (reader.status().ok() && message.ParseFromZeroCopyStream(&reader)) return absl::OkStatus();
  return absl::InvalidArgumentError("the request is no message of this API");
}

grpc::ByteBuffer Serialized(const google::protobuf::Message& message) {
  grpc::ByteBuffer bytes;
  const auto size = static_cast<int>(message.ByteSizeLong());
  grpc::ProtoBufferWriter writer(&bytes, 64 * 1024, size);
  message.SerializeToZeroCopyStream(&writer);
  return bytes;
}

Call* Call::Begin(grpc::CallbackServerContext* context, Clients& clients,
                  const grpc::ByteBuffer& bytes, google::protobuf::Message& request,
                  grpc::ByteBuffer* response) {
  const std::shared_ptr<Call> call(new Call(context, clients, response));
  call->self_ = call;
  const auto peer = clients.Find(context->peer());
  if (!peer.has_value()) {
    call->Reply(absl::UnavailableError("the connection is over"));
    return call.get();
  }
  if (!clients.calls.Take(*peer, 1)) {
    call->Reply(absl::ResourceExhaustedError("too many calls of this client have no answer yet"));
    return call.get();
  }
  call->peer_ = *peer;
  call->counted_ = true;
  if (const absl::Status parsed = Parse(bytes, request); !parsed.ok()) {
    call->Reply(parsed);
    return call.get();
  }
  call->open_ = true;
  return call.get();
}

void Call::Reply(const absl::Status& status, const google::protobuf::Message* message) {
  if (!status.ok() || message == nullptr) return Finish(ToGrpc(status));
  grpc::ByteBuffer bytes = Serialized(*message);
  if (bytes.Length() > kMaxReplyBytes) {
    return Finish({grpc::StatusCode::RESOURCE_EXHAUSTED,
                   absl::StrCat("the answer has ", bytes.Length(), " bytes, more than ",
                                kMaxReplyBytes, "; ask for less")});
  }
  if (!clients_.replies.Take(peer_, bytes.Length())) {
    return Finish({grpc::StatusCode::RESOURCE_EXHAUSTED,
                   "too many bytes of answers wait to be taken; read them, or ask again later"});
  }
  bytes_ = bytes.Length();
  response_->Swap(&bytes);
  clients_.Follow(self_);
  Finish(grpc::Status::OK);
}

void Call::Abandon(std::chrono::steady_clock::time_point) {
  const std::lock_guard lock(mutex_);
  if (!done_) context_->TryCancel();
}

void Call::OnDone() {
  const std::shared_ptr<Call> self = std::move(self_);
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  if (counted_) clients_.calls.Give(peer_, 1);
  clients_.replies.Give(peer_, bytes_);
}

}  // namespace footprint::rpc
