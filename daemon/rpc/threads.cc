// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/threads.h"

#include <cstring>
#include <future>
#include <system_error>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace footprint::rpc {

absl::Status NoThread(int error) {
  return absl::ResourceExhaustedError(
      absl::StrCat("no thread can be started: ", std::strerror(error),
                   "; raise TasksMax of the unit, pids.max of its cgroup, or the user's limit"));
}

absl::Status TryThreads(int count) {
  std::promise<void> all;
  const std::shared_future<void> there = all.get_future().share();
  std::vector<std::jthread> threads;
  absl::Status status;
  try {
    for (int i = 0; i < count; ++i) threads.emplace_back([there] { there.wait(); });
  } catch (const std::system_error& error) {  // the library's only way to report
    status = NoThread(error.code().value());
  }
  all.set_value();
  return status;
}

}  // namespace footprint::rpc
