// SPDX-License-Identifier: Apache-2.0
// One write in flight, the next message made only when the last one is out: a slow reader
// costs the daemon one message, whatever the source produces meanwhile.
// Ownership: kept alive by itself until OnDone, and by whoever holds a shared_ptr.
// Threads: any.   Failure: End tells the client why.
#ifndef FOOTPRINT_DAEMON_RPC_STREAM_H_
#define FOOTPRINT_DAEMON_RPC_STREAM_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "daemon/rpc/call.h"
#include "daemon/rpc/watch.h"

namespace footprint::rpc {

template <typename Response>
class Stream : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
               public std::enable_shared_from_this<Stream<Response>> {
 public:
  Stream(grpc::CallbackServerContext* context, Streams& streams)
      : context_(context), streams_(streams) {}

  // False: there is no room, and the stream has been ended.
  bool Register() {
    self_ = this->shared_from_this();
    std::weak_ptr<Stream> weak = self_;
    const auto peer = streams_.clients().Find(context_->peer());
    if (!peer.has_value()) {
      End({grpc::StatusCode::UNAVAILABLE, "the connection is over"});
      return false;
    }
    peer_ = *peer;
    id_ = streams_.Add(peer_, [weak](std::chrono::steady_clock::time_point end) {
      if (auto stream = weak.lock()) stream->Stop(end);
    });
    if (id_ != 0) return true;
    End({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many streams are open"});
    return false;
  }

 protected:
  // The next message, if there is one. Called by one thread at a time, without a lock held.
  virtual bool Next(Response& out) = 0;
  // There was no room for what Next has made: too many bytes wait to be taken.
  virtual void Dropped() {
    End({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many bytes of answers wait to be taken"});
  }

  // Something may be there to write.
  void Pump() {
    while (true) {
      {
        const std::lock_guard lock(mutex_);
        if (busy_ || ended_) {
          again_ = true;
          return;
        }
        busy_ = true;
        again_ = false;
      }
      if (MakeNext()) {
        {
          const std::lock_guard lock(mutex_);
          write_began_ = std::chrono::steady_clock::now();
          writing_ = true;
        }
        this->StartWrite(&message_);
        return;
      }
      if (!Release()) return;
    }
  }

  void End(const grpc::Status& status) {
    {
      const std::lock_guard lock(mutex_);
      if (ended_) return;
      ended_ = true;
      status_ = status;
      if (busy_) return;  // finished when that is over
    }
    this->Finish(status);
  }

  // Ends a stream whose client does not take what is written.
  void Abandon() {
    // Under the lock: the context lives at least until the write is released.
    const std::lock_guard lock(mutex_);
    if (writing_ && std::chrono::steady_clock::now() - write_began_ > kWritePatience) {
      context_->TryCancel();
    }
  }

  // Runs `work` unless the stream has ended, which it does not meanwhile: what the stream
  // borrows from the server is there.
  template <typename Work>
  void WhileOpen(const Work& work) {
    const std::lock_guard lock(mutex_);
    if (!ended_) work();
  }

  // gRPC is done with the stream; what it borrows may go next.
  virtual void Closed() {}

  bool Ended() {
    const std::lock_guard lock(mutex_);
    return ended_;
  }

 private:
  // Bytes alone are kept, and they count until they are written.
  bool MakeNext() {
    Response response;
    if (!Next(response)) return false;
    grpc::ByteBuffer bytes = Serialized(response);
    if (bytes.Length() > kMaxReplyBytes ||
        !streams_.clients().replies.Take(peer_, bytes.Length())) {
      Dropped();
      return false;
    }
    bytes_ = bytes.Length();
    message_.Swap(&bytes);
    return true;
  }

  // Done with a message. True: Pump was called meanwhile, so look again.
  bool Release() {
    grpc::Status status;
    streams_.clients().replies.Give(peer_, std::exchange(bytes_, 0));
    {
      const std::lock_guard lock(mutex_);
      busy_ = writing_ = false;
      written_.notify_all();
      if (!ended_) return std::exchange(again_, false);
      status = status_;
    }
    this->Finish(status);
    return false;
  }

  // A client that has just taken a message is told why it was the last; only one that takes none
  // is cut off.
  void Stop(std::chrono::steady_clock::time_point end) {
    End({grpc::StatusCode::UNAVAILABLE, "the daemon is stopping"});
    std::unique_lock lock(mutex_);
    if (!written_.wait_until(lock, end, [&] { return !writing_; })) context_->TryCancel();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) End(grpc::Status::CANCELLED);
    message_.Clear();
    if (Release() || ok) Pump();
  }
  void OnCancel() override { End(grpc::Status::CANCELLED); }
  void OnDone() override {
    Closed();
    if (id_ != 0) streams_.Remove(id_, peer_);
    self_.reset();
  }

  grpc::CallbackServerContext* const context_;
  Streams& streams_;
  uint64_t id_ = 0;
  std::shared_ptr<Stream> self_;
  Peer peer_;
  grpc::ByteBuffer message_;  // being written
  uint64_t bytes_ = 0;        // of it, taken from the client's share
  std::chrono::steady_clock::time_point write_began_;
  std::mutex mutex_;
  std::condition_variable written_;  // writing_ has become false
  bool busy_ = false;                // a message is being made or written
  bool writing_ = false;             // it is being written
  bool again_ = false;               // Pump was called while busy
  bool ended_ = false;
  grpc::Status status_;
};

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_STREAM_H_
