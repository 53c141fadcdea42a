// SPDX-License-Identifier: Apache-2.0
// A real server on a private socket, over a system made by hand.
// Ownership: owns server, socket and the thread that plays the collector.
// Threads: the test's own; `snapshot` may be set from there.   Failure: fails the test.
#ifndef FOOTPRINT_TESTS_UNIT_RPC_RUNNING_SERVER_H_
#define FOOTPRINT_TESTS_UNIT_RPC_RUNNING_SERVER_H_

#include <grpcpp/grpcpp.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/rpc/server.h"
#include "footprint/v1/footprint.grpc.pb.h"

namespace footprint::rpc {

inline model::Snapshot Nobody() {
  model::Snapshot snapshot;
  snapshot.origin = std::make_shared<model::Origin>();
  return snapshot;
}

// Answers on the thread that runs Work, as the collector does.
class FakeControl : public Control {
 public:
  FakeControl() { Set(Nobody()); }
  void Set(model::Snapshot snapshot) {
    const std::lock_guard lock(mutex_);
    snapshot_ = std::make_shared<model::Snapshot>(std::move(snapshot));
  }
  void Harvest(std::function<void(absl::StatusOr<model::SnapshotPtr>)> done) override {
    ++harvests;
    Post([this, done] {
      model::SnapshotPtr snapshot;
      {
        const std::lock_guard lock(mutex_);
        snapshot = snapshot_;
      }
      done(snapshot);
    });
  }
  void StartRecording(RecordingOrder order,
                      std::function<void(absl::StatusOr<std::string>)> done) override {
    Post([this, order, done] {
      if (order.scope.pid == 404) return done(absl::NotFoundError("no process 404 is known"));
      owners.push_back(order.owner);
      done("r1-" + order.label);
    });
  }
  void ClientGone(std::string owner) override {
    Post([this, owner] {
      gone.push_back(owner);
      ended = gone.size();
    });
  }
  // That many connections have ended, or the time is over.
  void WaitForGone(size_t count, std::chrono::steady_clock::time_point end) const {
    while (ended < count && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  }
  void StopRecording(std::string id, std::function<void(absl::StatusOr<Recorded>)> done) override {
    Post([id, done] {
      if (id != "r1") return done(absl::NotFoundError("no recording \"" + id + "\""));
      Recorded recorded{.footprint = {}, .label = "night\n"};
      recorded.footprint.counts.calls = {{{.abi = 1, .number = 39}, {.calls = 23}}};
      done(std::move(recorded));
    });
  }
  void SetTier(std::string tier, std::function<void(absl::StatusOr<TierNow>)> done) override {
    Post([tier, done] {
      if (tier == "full") return done(absl::FailedPreconditionError("tier full is not possible"));
      if (tier != "latency") return done(absl::InvalidArgumentError("no tier \"" + tier + "\""));
      done(TierNow{.state = {.tier = tier, .shed = {"latency"}}, .measured = {"calls", "errors"}});
    });
  }
  void Calibrate(std::function<void(absl::StatusOr<model::CallCost>)> done) override {
    Post([done] { done(model::CallCost{.measured = {"calls"}, .plain_ns = 92.5}); });
  }
  // Runs `task` on the collector's thread, and returns when it has.
  void Do(std::function<void()> task) {
    std::promise<void> done;
    Post([&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }
  void Work() {
    std::deque<std::function<void()>> tasks;
    {
      const std::lock_guard lock(mutex_);
      tasks.swap(tasks_);
    }
    for (auto& task : tasks) task();
  }
  std::atomic<int> harvests = 0;
  // The collector's thread's: of recordings, and of connections that have ended.
  std::vector<std::string> owners, gone;
  std::atomic<size_t> ended = 0;

 private:
  void Post(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  std::mutex mutex_;
  model::SnapshotPtr snapshot_;
  std::deque<std::function<void()>> tasks_;
};

class TempDir {
 public:
  TempDir() {
    char name[] = "/tmp/footprint_rpc_XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path_ = name;
  }
  ~TempDir() { rmdir(path_.c_str()); }
  std::string operator/(const std::string& file) const { return path_ + "/" + file; }

 private:
  std::string path_;
};

class RunningServer {
 public:
  using ReadSystem = decltype(Server::Options::read_system);
  explicit RunningServer(size_t max_connections = 32, size_t max_streams = 16,
                         ReadSystem read_system = nullptr) {
    Server::Options options{.listen = "unix:" + path,
                            .max_connections = max_connections,
                            .max_streams = max_streams,
                            .log = nullptr,
                            .read_system = std::move(read_system)};
    auto created = Server::Create(options, events, control);
    REQUIRE(created.ok());
    server = *std::move(created);
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        pollfd input{.fd = server->fd(), .events = POLLIN, .revents = 0};
        if (poll(&input, 1, 2) == 1) server->AcceptReady();
        control.Work();
      }
    });
  }
  ~RunningServer() { Shutdown(); }

  // The collector's order: its thread ends first, what it still owes is answered.
  void Shutdown() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
    control.Work();
    CHECK(server->Shutdown());
  }

  // A connection of its own.
  std::shared_ptr<grpc::Channel> Channel() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxReceiveMessageSize(64 << 20);
    return grpc::CreateCustomChannel("unix:" + path, grpc::InsecureChannelCredentials(), arguments);
  }
  std::unique_ptr<v1::FootprintService::Stub> Stub() const {
    return v1::FootprintService::NewStub(Channel());
  }

  TempDir dir;
  const std::string path = dir / "query.sock";
  store::EventLog events{64};
  FakeControl control;
  std::unique_ptr<Server> server;

 private:
  std::jthread thread_;
};

struct Deadline : grpc::ClientContext {
  explicit Deadline(int seconds = 10) {
    set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(seconds));
  }
};

inline model::Snapshot OneProcess(uint64_t calls) {
  auto image = std::make_shared<model::Image>();
  image->comm = "work";
  image->exe = "/usr/bin/work";
  image->alive = true;
  image->counts = model::PackedCounts::Pack(
      model::Counts{.calls = {{{.abi = 1, .number = 39}, {.calls = calls}}}});
  auto life = std::make_shared<model::Life>();
  life->id = {7, 100};
  life->alive = true;
  life->images = {image};
  model::Snapshot snapshot = Nobody();
  snapshot.lives = {life};
  return snapshot;
}

}  // namespace footprint::rpc

#endif  // FOOTPRINT_TESTS_UNIT_RPC_RUNNING_SERVER_H_
