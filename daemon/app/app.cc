// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/app.h"

#include <malloc.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/app/calibration.h"
#include "daemon/app/check_config.h"
#include "daemon/app/event_loop.h"
#include "daemon/app/ignore.h"
#include "daemon/app/kernel_symbols.h"
#include "daemon/app/measuring.h"
#include "daemon/app/module_room.h"
#include "daemon/app/origin.h"
#include "daemon/app/owners.h"
#include "daemon/app/probe_options.h"
#include "daemon/app/service_manager.h"
#include "daemon/base/clock.h"
#include "daemon/base/namespaces.h"
#include "daemon/base/unique_fd.h"
#include "daemon/collect/collector.h"
#include "daemon/features/features.h"
#include "daemon/kernel/cgroup_probe.h"
#include "daemon/kernel/probe.h"
#include "daemon/objects/object_namer.h"
#include "daemon/rpc/control.h"
#include "daemon/rpc/server.h"
#include "daemon/store/recordings.h"
#include "daemon/store/store.h"
#include "daemon/system/reader.h"

namespace footprint::app {
namespace {

constexpr size_t kEventsKept = 4096;
constexpr int kArenas = 2;
constexpr uint64_t kTrimEvery = 64;  // ticks

std::string NotifySocket() {
  const char* socket = getenv("NOTIFY_SOCKET");
  return socket == nullptr ? "" : socket;
}

// Everything that lives on the collector thread, and the way in for other threads.
class Daemon : public rpc::Control {
 public:
  // `calibration`: as Measuring wants it.
  Daemon(const Config& config, const kernel::OwnerTable& owners,
         std::unique_ptr<kernel::Probe> probe, std::unique_ptr<EventLoop> loop,
         std::unique_ptr<Calibration> calibration)
      : config_(config),
        probe_(std::move(probe)),
        loop_(std::move(loop)),
        procfs_(""),
        measuring_(*probe_, clock_, owners, std::move(calibration), config.cpu_budget),
        ignored_units_(config.ignore_units, procfs_, [this](uint64_t id, bool ignored) {
          return probe_->IgnoreCgroup(id, ignored);
        }) {}

  absl::Status Start();
  void RunUntilSignal();
  void Stop();

  void Harvest(std::function<void(absl::StatusOr<model::SnapshotPtr>)> done) override;
  void StartRecording(rpc::RecordingOrder order,
                      std::function<void(absl::StatusOr<std::string>)> done) override;
  void ClientGone(std::string owner) override;
  void StopRecording(std::string id,
                     std::function<void(absl::StatusOr<rpc::Recorded>)> done) override;
  void SetTier(std::string tier, std::function<void(absl::StatusOr<rpc::TierNow>)> done) override;
  void Calibrate(std::function<void(absl::StatusOr<model::CallCost>)> done) override;

 private:
  absl::Status WatchSignals();
  absl::Status WatchTimer();
  absl::Status Listen();
  model::SnapshotPtr HarvestNow();
  void Tick();
  void MindSocket();
  void Notify(const model::Snapshot& snapshot);
  static absl::Status Stopping() { return absl::UnavailableError("the daemon is stopping"); }

  const Config config_;
  base::SystemClock clock_;
  std::unique_ptr<kernel::Probe> probe_;
  std::unique_ptr<EventLoop> loop_;
  collect::Procfs procfs_;
  const ServiceManager manager_{NotifySocket()};
  bool told_ready_ = false;
  uint64_t ticks_ = 0;
  Measuring measuring_;
  IgnoredUnits ignored_units_;
  const KernelSymbols symbols_;
  const objects::ObjectNamer namer_{symbols_, objects::Devices()};
  store::SnapshotStore snapshots_;
  store::EventLog events_{kEventsKept};
  std::unique_ptr<store::Recordings> recordings_;
  std::unique_ptr<kernel::CgroupProbe> cgroup_probe_;
  std::unique_ptr<collect::Collector> collector_;
  std::unique_ptr<ModuleRoom> modules_;
  base::UniqueFd signals_, timer_;
  system::Reader system_;  // before the server, whose threads use it
  std::unique_ptr<rpc::Server> server_;
  std::string socket_complaint_;  // told once
  // Requests that wait for the next harvest; they share one.
  std::vector<std::function<void(absl::StatusOr<model::SnapshotPtr>)>> waiting_;
  bool harvest_posted_ = false;
  std::mutex waiting_mutex_;  // guards the two above
};

absl::Status Daemon::Start() {
  auto origin = std::make_shared<model::Origin>(DescribeMachine(clock_));
  origin->bpf_object = probe_->object();
  origin->tier = measuring_.tiers().history()->now.tier;
  origin->ignored = DescribeIgnored(config_);
  origin->degraded_because = probe_->degraded_because();
  recordings_ = std::make_unique<store::Recordings>(config_.max_recordings);
  collector_ = std::make_unique<collect::Collector>(
      *probe_, procfs_, clock_,
      collect::ProcessTable::Limits{.dead_images = static_cast<size_t>(config_.max_dead_images),
                                    .commands = static_cast<size_t>(config_.max_commands)},
      getpid(), origin,
      collect::Collector::EventSink{
          .append = [this](model::Event event) { events_.Append(std::move(event)); },
          .lost = [this](uint64_t count) { events_.AddLost(count); }},
      [this](std::span<const objects::ClassFacts> classes) { return namer_.Name(classes); });
  modules_ =
      ModuleRoom::Create(ChoiceOf(config_), clock_, procfs_, symbols_, origin->kernel_release,
                         events_, [this](uint64_t id) { return collector_->PathOfCgroup(id); });
  if (auto names = kernel::CgroupProbe::Create(); names.ok()) {
    cgroup_probe_ = *std::move(names);
    collector_->NameCgroupsBy(cgroup_probe_.get());
  } else {
    spdlog::warn("cgroups that end soon have no names: {}", std::string(names.status().message()));
  }
  spdlog::info("attached: {} object, tier {}, at most {} slots, {} KiB in the kernel",
               origin->bpf_object, origin->tier, probe_->SlotCapacity(),
               probe_->MemoryBytes() / 1024);
  if (!origin->degraded_because.empty()) spdlog::warn("degraded: {}", origin->degraded_because);
  for (const kernel::HookState& hook : probe_->Hooks()) {
    if (!hook.attached) spdlog::warn("hook {} is not attached: {}", hook.name, hook.reason);
  }

  if (absl::Status s = WatchSignals(); !s.ok()) return s;
  if (absl::Status s = WatchTimer(); !s.ok()) return s;
  if (absl::Status s = loop_->Watch(probe_->event_fd(),
                                    [this] { collector_->Pass(recordings_->PinnedLives()); });
      !s.ok()) {
    return s;
  }
  if (const int fd = modules_->event_fd(); fd >= 0) {
    if (absl::Status s = loop_->Watch(fd, [this] { modules_->Drain(); }); !s.ok()) return s;
  }
  if (cgroup_probe_ != nullptr) {
    if (absl::Status s = loop_->Watch(cgroup_probe_->event_fd(),
                                      [this] { collector_->Pass(recordings_->PinnedLives()); });
        !s.ok()) {
      return s;
    }
  }
  ignored_units_.Look(clock_.BoottimeNs());
  const model::SnapshotPtr first = HarvestNow();
  if (absl::Status s = Listen(); !s.ok()) return s;
  // Loading took the kernel's BTF into memory, for that once.
  malloc_trim(0);
  probe_->HarvestFromThisThread();
  Notify(*first);
  return absl::OkStatus();
}

absl::Status Daemon::WatchSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&set, signal);
  signals_ = base::UniqueFd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_.valid()) return absl::ErrnoToStatus(errno, "signalfd");
  return loop_->Watch(signals_.get(), [this] {
    signalfd_siginfo info;
    if (read(signals_.get(), &info, sizeof(info)) != sizeof(info)) return;
    spdlog::info("stopping on signal {} from pid {}", info.ssi_signo, info.ssi_pid);
    loop_->Stop();
  });
}

absl::Status Daemon::WatchTimer() {
  timer_ = base::UniqueFd(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  const timespec interval{.tv_sec = config_.interval_ms / 1000,
                          .tv_nsec = config_.interval_ms % 1000 * 1'000'000};
  const itimerspec spec{.it_interval = interval, .it_value = interval};
  if (!timer_.valid() || timerfd_settime(timer_.get(), 0, &spec, nullptr) != 0) {
    return absl::ErrnoToStatus(errno, "timerfd");
  }
  return loop_->Watch(timer_.get(), [this] {
    uint64_t expirations;
    if (read(timer_.get(), &expirations, sizeof(expirations)) == sizeof(expirations)) Tick();
  });
}

absl::Status Daemon::Listen() {
  rpc::Server::Options options;
  options.listen = config_.listen;
  options.max_connections = config_.max_connections;
  options.log = [](bool error, const std::string& text) {
    error ? spdlog::error("{}", text) : spdlog::debug("{}", text);
  };
  options.read_system = [this] { return system_.Get(); };
  auto server = rpc::Server::Create(options, events_, *this);
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  spdlog::info("listening on {}", config_.listen);
  return loop_->Watch(server_->fd(), [this] { server_->AcceptReady(); });
}

model::SnapshotPtr Daemon::HarvestNow() {
  auto snapshot = collector_->Harvest(recordings_->PinnedLives());
  snapshot->recordings = recordings_->size();
  modules_->Complete(*snapshot);
  measuring_.Complete(*snapshot);
  snapshots_.Publish(snapshot);
  return snapshot;
}

void Daemon::Tick() {
  const model::SnapshotPtr snapshot = HarvestNow();
  measuring_.Tick(*snapshot);
  ignored_units_.Look(snapshot->boottime_ns);
  MindSocket();
  Notify(*snapshot);
  // What processes and requests of the past left behind.
  if (++ticks_ % kTrimEvery == 0) malloc_trim(0);
}

// Somebody may remove the socket's file: then nobody could connect, and nothing would say so.
void Daemon::MindSocket() {
  const absl::StatusOr<bool> restored = server_->RestoreSocket();
  const std::string complaint(restored.status().message());
  if (!complaint.empty() && complaint != socket_complaint_) spdlog::error("{}", complaint);
  socket_complaint_ = complaint;
  if (!restored.ok() || !*restored) return;
  spdlog::warn("the socket's file was removed; {} is there again", config_.listen);
  const absl::Status watched = loop_->Watch(server_->fd(), [this] { server_->AcceptReady(); });
  if (!watched.ok()) spdlog::error("{}", std::string(watched.message()));
}

void Daemon::Notify(const model::Snapshot& snapshot) {
  const std::string text = absl::StrCat(
      "WATCHDOG=1\nSTATUS=", snapshot.losses.Complete() ? "complete" : "incomplete", "; ",
      snapshot.origin->bpf_object, " object; tier ", Words(measuring_.tiers().history()->now), "; ",
      snapshot.lives.size(), " processes; slots ", snapshot.slots_used, "/", snapshot.slots_total,
      "; rss ", snapshot.resident_bytes >> 20, " MiB");
  // Ready until that was heard.
  if (manager_.Tell(told_ready_ ? text : absl::StrCat("READY=1\n", text))) told_ready_ = true;
}

void Daemon::RunUntilSignal() { loop_->Run(); }

void Daemon::Stop() {
  manager_.Tell("STOPPING=1");
  // The loop has ended: what was waiting for it is answered, and nothing new gets in.
  std::vector<std::function<void(absl::StatusOr<model::SnapshotPtr>)>> waiting;
  {
    const std::lock_guard lock(waiting_mutex_);
    waiting.swap(waiting_);
  }
  for (auto& done : waiting) done(Stopping());
  if (server_ == nullptr || server_->Shutdown()) return;
  // Where no thread can be started (pids.max, TasksMax) gRPC waits for one for ever. What is in the
  // kernel ends with the process.
  spdlog::error("ended without gRPC, which got no thread: raise TasksMax of the unit (pids.max)");
  spdlog::shutdown();
  std::_Exit(0);
}

void Daemon::Harvest(std::function<void(absl::StatusOr<model::SnapshotPtr>)> done) {
  {
    const std::lock_guard lock(waiting_mutex_);
    waiting_.push_back(std::move(done));
    if (harvest_posted_) return;
    harvest_posted_ = true;
  }
  auto take = [this] {
    const std::lock_guard lock(waiting_mutex_);
    harvest_posted_ = false;
    return std::exchange(waiting_, {});
  };
  const bool posted = loop_->Post([this, take] {
    auto waiting = take();  // before the harvest: who comes later wants a later one
    const model::SnapshotPtr snapshot = HarvestNow();
    for (auto& answer : waiting) answer(snapshot);
  });
  if (posted) return;
  for (auto& answer : take()) answer(Stopping());
}

void Daemon::StartRecording(rpc::RecordingOrder order,
                            std::function<void(absl::StatusOr<std::string>)> done) {
  auto start = [this, order = std::move(order), done] {
    done(recordings_->Start(*HarvestNow(), order.scope, order.from_next_exec, order.label,
                            order.owner));
  };
  if (!loop_->Post(std::move(start))) done(Stopping());
}

void Daemon::ClientGone(std::string owner) {
  // After the loop's end there is nothing left to drop.
  loop_->Post([this, owner = std::move(owner)] { recordings_->DropOwnedBy(owner); });
}

void Daemon::StopRecording(std::string id,
                           std::function<void(absl::StatusOr<rpc::Recorded>)> done) {
  auto stop = [this, id = std::move(id), done] {
    auto ended = recordings_->Stop(*HarvestNow(), id);
    if (!ended.ok()) {
      done(ended.status());
    } else {
      done(rpc::Recorded{.footprint = std::move(ended->footprint),
                         .label = std::move(ended->label)});
    }
  };
  if (!loop_->Post(std::move(stop))) done(Stopping());
}

void Daemon::SetTier(std::string tier, std::function<void(absl::StatusOr<rpc::TierNow>)> done) {
  auto set = [this, tier = std::move(tier), done] {
    // What was counted so far was counted under the tier of so far.
    HarvestNow();
    if (absl::Status status = measuring_.Ask(tier); !status.ok()) return done(status);
    const model::TierHistory& now = *measuring_.tiers().history();
    done(rpc::TierNow{.state = now.now, .measured = now.measured});
  };
  if (!loop_->Post(std::move(set))) done(Stopping());
}

void Daemon::Calibrate(std::function<void(absl::StatusOr<model::CallCost>)> done) {
  auto calibrate = [this, done] { done(measuring_.Calibrate()); };
  if (!loop_->Post(std::move(calibrate))) done(Stopping());
}

// Takes the baseline: nothing is attached yet. Null where the configuration wants none, or it
// cannot be taken.
absl::StatusOr<std::unique_ptr<Calibration>> MakeCalibration(const Config& config) {
  if (!config.calibrate) return nullptr;
  auto loop = CallLoop();
  if (loop.ok()) return std::make_unique<Calibration>(*std::move(loop));
  if (config.cpu_budget > 0) {
    return absl::UnavailableError(
        absl::StrCat("cpu_budget needs the cost of a call: ", loop.status().message()));
  }
  spdlog::warn("costs of calls are unknown: {}", std::string(loop.status().message()));
  return nullptr;
}

}  // namespace

absl::Status Run(const Config& config) {
  if (absl::Status s = CheckConfig(config); !s.ok()) return s;
  if (const std::string missing = features::MissingCapabilities(); !missing.empty()) {
    return absl::PermissionDeniedError(absl::StrCat("missing capabilities: ", missing,
                                                    " (run as root, or grant them in the unit)"));
  }
  if (absl::Status s = base::CheckPidNamespace(base::OwnNamespaces()); !s.ok()) return s;
  // Before any thread exists, so that all inherit it: the signals go to the loop.
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  // Each arena keeps what its threads freed; gRPC's threads come and go.
  mallopt(M_ARENA_MAX, kArenas);

  auto loop = EventLoop::Create();
  if (!loop.ok()) return loop.status();
  if (absl::Status free = rpc::Server::CheckFree(config.listen); !free.ok()) return free;
  if (absl::Status threads = rpc::Server::CheckThreads(); !threads.ok()) return threads;
  const auto owners = MakeOwnerTable(config.ignore_syscalls);
  auto calibration = MakeCalibration(config);
  if (!calibration.ok()) return calibration.status();
  auto probe = kernel::Probe::Create(ProbeOptions(config, *owners));
  if (!probe.ok()) return probe.status();
  Daemon daemon(config, *owners, *std::move(probe), *std::move(loop), *std::move(calibration));
  const absl::Status started = daemon.Start();
  if (started.ok()) daemon.RunUntilSignal();
  daemon.Stop();
  return started;
}

}  // namespace footprint::app
