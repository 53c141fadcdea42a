// SPDX-License-Identifier: Apache-2.0
// The collector thread's loop: descriptors and posted tasks, one after the other.
// Ownership: owns its epoll and wake-up descriptors; watched ones are borrowed.
// Threads: Post from any; the rest from the loop's thread.
// Failure: Create reports what the kernel refused.
#ifndef FOOTPRINT_DAEMON_APP_EVENT_LOOP_H_
#define FOOTPRINT_DAEMON_APP_EVENT_LOOP_H_

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/base/unique_fd.h"

namespace footprint::app {

class EventLoop {
 public:
  using Task = std::function<void()>;
  static absl::StatusOr<std::unique_ptr<EventLoop>> Create();

  // Runs `ready` whenever fd is readable.
  absl::Status Watch(int fd, Task ready);
  // Runs `task` on the loop's thread. False once the loop has ended: it will not run.
  bool Post(Task task);
  // Until Stop. Tasks posted before it ends are run.
  void Run();
  void Stop() { stopping_ = true; }

 private:
  EventLoop(base::UniqueFd epoll, base::UniqueFd wake)
      : epoll_(std::move(epoll)), wake_(std::move(wake)) {}
  void RunPosted();

  base::UniqueFd epoll_, wake_;
  std::map<int, Task> watched_;
  bool stopping_ = false;
  std::mutex mutex_;
  bool ended_ = false;        // guarded by mutex_
  std::vector<Task> posted_;  // guarded by mutex_
};

}  // namespace footprint::app

#endif  // FOOTPRINT_DAEMON_APP_EVENT_LOOP_H_
