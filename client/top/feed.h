// SPDX-License-Identifier: Apache-2.0
// Asks the daemon at an interval, in the background, so that a daemon that hangs or is gone
// never holds up the screen.
// Ownership: owns its thread and connection; the destructor ends both at once.
// Threads: one of its own; every public function from any.
// Failure: a failed request is an Answer with a status; the next one is tried as usual.
#ifndef FOOTPRINT_CLIENT_TOP_FEED_H_
#define FOOTPRINT_CLIENT_TOP_FEED_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "client/connection.h"

namespace footprint::client::top {

struct Answer {
  uint32_t pid = 0;  // 0: of the whole system
  absl::StatusOr<v1::Footprint> footprint;
};

class Feed {
 public:
  Feed(std::unique_ptr<Connection> connection, std::chrono::milliseconds interval);
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;
  ~Feed();

  // Also asks for this process, from now on and at once; 0: no longer.
  void Follow(uint32_t pid);
  // The answers since the last call, oldest first.
  std::vector<Answer> Take();

 private:
  void Run();
  // Keeps only the latest answers when nobody takes them.
  void Put(Answer answer);

  const std::unique_ptr<Connection> connection_;
  const std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;            // guarded by mutex_
  uint32_t pid_ = 0;             // guarded by mutex_
  bool changed_ = false;         // guarded by mutex_: pid_ is new
  std::vector<Answer> answers_;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace footprint::client::top

#endif  // FOOTPRINT_CLIENT_TOP_FEED_H_
