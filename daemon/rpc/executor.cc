// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/executor.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "daemon/rpc/threads.h"

namespace footprint::rpc {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kThreads = 2;

class Executor {
 public:
  // Never destroyed: its threads end with the process.
  static Executor& Get() {
    static Executor* const executor = new Executor;
    return *executor;
  }

  absl::Status Start() {
    const std::lock_guard lock(mutex_);
    try {
      for (; running_ < kThreads; ++running_) std::thread([this] { Run(); }).detach();
    } catch (const std::system_error& error) {  // the library's only way to report
      // One is enough to go on with.
      if (running_ > 0) return absl::OkStatus();
      return NoThread(error.code().value());
    }
    return absl::OkStatus();
  }

  void Add(Clock::time_point when, std::function<void()> work) {
    {
      const std::lock_guard lock(mutex_);
      work_.emplace(when, std::move(work));
    }
    changed_.notify_one();
  }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    while (true) {
      if (work_.empty()) {
        changed_.wait(lock);
        continue;
      }
      const auto first = work_.begin();
      if (first->first > Clock::now()) {
        // A copy: another thread may take the entry meanwhile.
        const Clock::time_point when = first->first;
        changed_.wait_until(lock, when);
        continue;
      }
      const auto work = std::move(first->second);
      work_.erase(first);
      lock.unlock();
      work();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int running_ = 0;
  std::multimap<Clock::time_point, std::function<void()>> work_;
};

}  // namespace

absl::Status StartExecutor() { return Executor::Get().Start(); }

void RunAfter(std::chrono::milliseconds delay, std::function<void()> work) {
  Executor::Get().Add(Clock::now() + delay, std::move(work));
}

void RunSoon(std::function<void()> work) { Executor::Get().Add(Clock::now(), std::move(work)); }

}  // namespace footprint::rpc
