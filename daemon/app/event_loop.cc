// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace footprint::app {

absl::StatusOr<std::unique_ptr<EventLoop>> EventLoop::Create() {
  base::UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return absl::ErrnoToStatus(errno, "epoll_create1");
  base::UniqueFd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return absl::ErrnoToStatus(errno, "eventfd");
  std::unique_ptr<EventLoop> loop(new EventLoop(std::move(epoll), std::move(wake)));
  EventLoop* raw = loop.get();
  const absl::Status status = loop->Watch(loop->wake_.get(), [raw] {
    uint64_t count;
    // Nothing to do if it fails: it was readable, and non-blocking.
    if (read(raw->wake_.get(), &count, sizeof(count)) < 0) return;
  });
  if (!status.ok()) return status;
  return loop;
}

absl::Status EventLoop::Watch(int fd, Task ready) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return absl::ErrnoToStatus(errno, "epoll_ctl");
  }
  watched_[fd] = std::move(ready);
  return absl::OkStatus();
}

bool EventLoop::Post(Task task) {
  const std::lock_guard lock(mutex_);
  if (ended_) return false;
  posted_.push_back(std::move(task));
  const uint64_t one = 1;
  // EAGAIN would mean that 2^64 - 1 wake-ups wait already.
  return write(wake_.get(), &one, sizeof(one)) == sizeof(one) || errno == EAGAIN;
}

void EventLoop::RunPosted() {
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (Task& task : tasks) task();
}

void EventLoop::Run() {
  while (!stopping_) {
    epoll_event events[16];
    const int n = epoll_wait(epoll_.get(), events, std::size(events), -1);
    for (int i = 0; i < n; ++i) {
      const auto it = watched_.find(events[i].data.fd);
      if (it != watched_.end()) it->second();
    }
    RunPosted();
  }
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  RunPosted();
}

}  // namespace footprint::app
