// SPDX-License-Identifier: Apache-2.0
// One unary call, from its request to the moment at which gRPC is done with its answer. The
// answer is held as bytes alone, and the bytes are counted until the client has taken them.
// Ownership: kept alive by itself until OnDone.   Threads: any, Reply once.
// Failure: RESOURCE_EXHAUSTED beyond the client's share of calls or of bytes; a client that
// does not take its answer for kWritePatience is cancelled.
#ifndef FOOTPRINT_DAEMON_RPC_CALL_H_
#define FOOTPRINT_DAEMON_RPC_CALL_H_

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <mutex>

#include "absl/status/status.h"
#include "daemon/rpc/clients.h"

namespace footprint::rpc {

// The most that a reply has: what a gRPC client of any language takes by default, 4 MiB, and
// room for what else is in the message.
inline constexpr size_t kMaxReplyBytes = (4 << 20) - (16 << 10);

// Errors: INVALID_ARGUMENT no such message.
absl::Status Parse(const grpc::ByteBuffer& bytes, google::protobuf::Message& message);
grpc::ByteBuffer Serialized(const google::protobuf::Message& message);

class Call : public grpc::ServerUnaryReactor,
             public Untaken,
             public std::enable_shared_from_this<Call> {
 public:
  // Parses the request. Never null. What is refused here is over: open() says so.
  static Call* Begin(grpc::CallbackServerContext* context, Clients& clients,
                     const grpc::ByteBuffer& bytes, google::protobuf::Message& request,
                     grpc::ByteBuffer* response);
  bool open() const { return open_; }
  // Its client has gone: nobody waits for the answer.
  bool Cancelled() const { return context_->IsCancelled(); }
  // The end of it; `message` is looked at where the status is OK. Nothing may follow.
  void Reply(const absl::Status& status, const google::protobuf::Message* message = nullptr);
  void Abandon(std::chrono::steady_clock::time_point then) override;

 private:
  Call(grpc::CallbackServerContext* context, Clients& clients, grpc::ByteBuffer* response)
      : context_(context), clients_(clients), response_(response) {}
  void OnDone() override;
  void OnCancel() override {}

  grpc::CallbackServerContext* const context_;
  Clients& clients_;
  grpc::ByteBuffer* const response_;
  std::shared_ptr<Call> self_;
  Peer peer_;
  bool counted_ = false;  // among the client's calls
  bool open_ = false;
  uint64_t bytes_ = 0;  // of the answer, taken from the client's share
  std::mutex mutex_;
  bool done_ = false;  // guarded by mutex_: the context is gone
};

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_CALL_H_
