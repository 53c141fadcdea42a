// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/watch.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "daemon/rpc/convert.h"
#include "daemon/rpc/executor.h"
#include "daemon/rpc/stream.h"

namespace footprint::rpc {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStep{1000};

class FootprintWatch : public Stream<v1::WatchFootprintResponse> {
 public:
  FootprintWatch(grpc::CallbackServerContext* context, Streams& streams, Control& control,
                 model::Scope scope, const v1::WatchFootprintRequest& request,
                 milliseconds interval)
      : Stream(context, streams),
        control_(control),
        scope_(std::move(scope)),
        interval_(interval),
        due_(NextDue()),
        omit_processes_(request.omit_processes()),
        delta_(request.delta()) {}

  // The scope must exist when the stream begins.
  void Begin() {
    TakeOne();
    Schedule();
  }
  void Refuse(const absl::Status& status) { End(ToGrpc(status)); }

 private:
  std::shared_ptr<FootprintWatch> Self() {
    return std::static_pointer_cast<FootprintWatch>(shared_from_this());
  }

  // In short steps: a client that takes nothing is found in time, and what a closed stream
  // leaves behind is one step old at most.
  void Schedule() {
    const auto now = std::chrono::steady_clock::now();
    const auto left = std::chrono::ceil<milliseconds>(due_ - now);
    RunAfter(std::clamp(left, milliseconds(0), kStep), [weak = std::weak_ptr(Self())] {
      const auto self = weak.lock();
      if (self == nullptr || self->Ended()) return;
      self->Abandon();
      if (std::chrono::steady_clock::now() >= self->due_) {
        self->due_ = self->NextDue();
        self->TakeOne();
      }
      self->Schedule();
    });
  }

  std::chrono::steady_clock::time_point NextDue() const {
    return NextOnGrid(std::chrono::steady_clock::now(), interval_);
  }

  // A harvest whose result replaces one that is still waiting to be sent.
  void TakeOne() {
    const auto take = [weak = std::weak_ptr(Self())](absl::StatusOr<model::SnapshotPtr> taken) {
      RunSoon([weak, taken = std::move(taken)] {
        if (const auto self = weak.lock()) self->Keep(taken);
      });
    };
    WhileOpen([&] { control_.Harvest(take); });
  }

  void Keep(const absl::StatusOr<model::SnapshotPtr>& taken) {
    if (!taken.ok()) {
      End(ToGrpc(taken.status()));
      return;
    }
    {
      const std::lock_guard lock(latest_mutex_);
      if (latest_ != nullptr) ++skipped_;
      latest_ = *taken;
      ++sequence_;
    }
    Pump();
  }

  bool Next(v1::WatchFootprintResponse& out) override {
    model::SnapshotPtr snapshot;
    {
      const std::lock_guard lock(latest_mutex_);
      snapshot = std::exchange(latest_, nullptr);
      out.set_sequence(sequence_);
      told_ = std::exchange(skipped_, 0);
      out.set_skipped(told_);
    }
    if (snapshot == nullptr) return false;
    auto now = Take(*snapshot);
    if (!now.ok()) {
      // A process that ends takes its footprint along: that is the end of the stream.
      End(ToGrpc(now.status()));
      return false;
    }
    if (!delta_ || !before_.has_value()) {
      ToProto(*now, omit_processes_, *out.mutable_footprint());
    } else {
      ToProto(model::Difference(*now, *before_), omit_processes_, *out.mutable_footprint());
    }
    // Rows keep what the snapshot has of their processes: only where they are asked for.
    if (omit_processes_) now->rows.clear();
    if (delta_) kept_ = std::exchange(before_, *std::move(now));
    return true;
  }

  // The next one stands for this one, too.
  void Dropped() override {
    if (delta_) before_ = std::move(kept_);
    const std::lock_guard lock(latest_mutex_);
    skipped_ += told_ + 1;
  }

  // A watch stays with the life that its pid means first: a later process of that pid is
  // another one, whose smaller counts would make a delta wrap.
  absl::StatusOr<model::Footprint> Take(const model::Snapshot& snapshot) {
    const bool by_pid =
        scope_.kind == model::Scope::Kind::kPid || scope_.kind == model::Scope::Kind::kTree;
    if (by_pid && !scope_.life.has_value()) {
      const auto life = model::Resolve(snapshot, scope_.pid);
      if (!life.ok()) return life.status();
      scope_.life = *life;
    }
    return model::Evaluate(snapshot, scope_);
  }

  Control& control_;
  model::Scope scope_;  // Next alone
  const milliseconds interval_;
  std::chrono::steady_clock::time_point due_;  // Schedule alone
  const bool omit_processes_, delta_;
  std::optional<model::Footprint> before_, kept_;  // Next and Dropped alone
  std::mutex latest_mutex_;
  model::SnapshotPtr latest_;
  uint64_t sequence_ = 0, skipped_ = 0, told_ = 0;
};

class EventWatch : public Stream<v1::WatchEventsResponse> {
 public:
  EventWatch(grpc::CallbackServerContext* context, Streams& streams, store::EventLog& events,
             std::set<int> kinds)
      : Stream(context, streams), events_(events), kinds_(std::move(kinds)) {}

  void Begin() {
    position_ = events_.End();
    const std::weak_ptr weak(std::static_pointer_cast<EventWatch>(shared_from_this()));
    subscription_ = events_.Subscribe([weak] {
      const auto self = weak.lock();
      // The appending thread must not serialise messages.
      if (self != nullptr && !self->woken_.exchange(true)) {
        RunSoon([self] {
          self->woken_ = false;
          self->Abandon();
          self->Pump();
        });
      }
    });
    Pump();
  }
  void Refuse(const absl::Status& status) { End(ToGrpc(status)); }

 private:
  void Closed() override {
    if (subscription_ != 0) events_.Unsubscribe(subscription_);
  }

  bool Next(v1::WatchEventsResponse& out) override {
    while (true) {
      const store::EventLog::Batch batch = events_.Read(position_, 1);
      position_ = batch.next;
      lost_ += batch.lost;
      if (batch.events.empty()) return false;
      if (!kinds_.empty() && !kinds_.contains(static_cast<int>(batch.events[0].kind))) continue;
      ToProto(batch.events[0], out);
      out.set_lost(std::exchange(lost_, 0));
      return true;
    }
  }

  store::EventLog& events_;
  const std::set<int> kinds_;  // of model::Event::Kind, which has the API's numbers
  uint64_t subscription_ = 0;
  std::atomic<bool> woken_ = false;
  uint64_t position_ = 0, lost_ = 0;  // Next alone
};

absl::StatusOr<milliseconds> IntervalOf(const v1::WatchFootprintRequest& request) {
  if (!request.has_interval()) return milliseconds(1000);
  const auto& interval = request.interval();
  // Compared in seconds first: the product could overflow.
  const bool sane = interval.seconds() >= 0 && interval.seconds() <= 3600 &&
                    interval.nanos() >= 0 && interval.nanos() < 1'000'000'000;
  const int64_t ms = sane ? interval.seconds() * 1000 + interval.nanos() / 1'000'000 : 0;
  if (ms < 100 || ms > 3'600'000) {
    return absl::InvalidArgumentError("interval: from 100 ms to 1 h");
  }
  return milliseconds(ms);
}

}  // namespace

uint64_t Streams::Add(const Peer& peer, Stop stop) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || !clients_.streams.Take(peer, 1)) return 0;
  stops_[next_] = std::move(stop);
  return next_++;
}

void Streams::Remove(uint64_t id, const Peer& peer) {
  const std::lock_guard lock(mutex_);
  if (stops_.erase(id) != 0) clients_.streams.Give(peer, 1);
}

void Streams::StopAll() {
  std::map<uint64_t, Stop> stops;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    stops = stops_;
  }
  const auto end = std::chrono::steady_clock::now() + kLastWrite;
  for (const auto& [id, stop] : stops) stop(end);
}

std::chrono::steady_clock::time_point NextOnGrid(std::chrono::steady_clock::time_point now,
                                                 milliseconds interval) {
  return std::chrono::steady_clock::time_point((now.time_since_epoch() / interval + 1) * interval);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* StartFootprintWatch(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer& bytes, Control& control,
    Streams& streams) {
  v1::WatchFootprintRequest request;
  const absl::Status parsed = Parse(bytes, request);
  const auto scope = ToScope(request.scope());
  const auto interval = IntervalOf(request);
  const auto watch = std::make_shared<FootprintWatch>(
      context, streams, control, scope.ok() ? *scope : model::Scope{}, request,
      interval.ok() ? *interval : milliseconds(1000));
  if (!watch->Register()) return watch.get();
  if (!parsed.ok()) {
    watch->Refuse(parsed);
  } else if (!scope.ok() || !interval.ok()) {
    watch->Refuse(scope.ok() ? interval.status() : scope.status());
  } else {
    watch->Begin();
  }
  return watch.get();
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* StartEventWatch(grpc::CallbackServerContext* context,
                                                            const grpc::ByteBuffer& bytes,
                                                            store::EventLog& events,
                                                            Streams& streams) {
  v1::WatchEventsRequest request;
  const absl::Status parsed = Parse(bytes, request);
  std::set<int> kinds;
  for (const int kind : request.kinds()) kinds.insert(kind);
  const auto watch = std::make_shared<EventWatch>(context, streams, events, std::move(kinds));
  if (!watch->Register()) return watch.get();
  if (parsed.ok()) {
    watch->Begin();
  } else {
    watch->Refuse(parsed);
  }
  return watch.get();
}

}  // namespace footprint::rpc
