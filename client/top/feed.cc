// SPDX-License-Identifier: Apache-2.0
#include "client/top/feed.h"

#include <utility>

namespace footprint::client::top {
namespace {

constexpr size_t kMaxAnswers = 4;

}  // namespace

Feed::Feed(std::unique_ptr<Connection> connection, std::chrono::milliseconds interval)
    : connection_(std::move(connection)), interval_(interval), thread_([this] { Run(); }) {}

Feed::~Feed() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  connection_->Cancel();
  thread_.join();
}

void Feed::Follow(uint32_t pid) {
  {
    std::lock_guard lock(mutex_);
    if (pid_ == pid) return;
    pid_ = pid;
    changed_ = true;
  }
  wake_.notify_all();
}

std::vector<Answer> Feed::Take() {
  std::lock_guard lock(mutex_);
  return std::exchange(answers_, {});
}

void Feed::Put(Answer answer) {
  std::lock_guard lock(mutex_);
  if (answers_.size() == kMaxAnswers) answers_.erase(answers_.begin());
  answers_.push_back(std::move(answer));
}

void Feed::Run() {
  v1::Scope system;
  system.set_system(true);
  auto next = std::chrono::steady_clock::now();
  bool whole = true;  // not only the process that was just opened
  while (true) {
    uint32_t pid;
    {
      std::lock_guard lock(mutex_);
      if (stop_) return;
      pid = pid_;
      changed_ = false;
    }
    if (whole) {
      Put({0, connection_->GetFootprint(system, false)});
      // A slow daemon is asked less often, not twice in a row.
      next = std::max(next + interval_, std::chrono::steady_clock::now() + interval_ / 4);
    }
    if (pid != 0) {
      v1::Scope process;
      process.set_pid(pid);
      Put({pid, connection_->GetFootprint(process, true)});
    }
    std::unique_lock lock(mutex_);
    whole = !wake_.wait_until(lock, next, [this] { return stop_ || changed_; });
  }
}

}  // namespace footprint::client::top
