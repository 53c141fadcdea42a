// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/calibration.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <semaphore>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "daemon/base/unique_fd.h"

namespace footprint::app {
namespace {

constexpr int kRounds = 9;  // of each kind
constexpr int kLeastRounds = 3;
constexpr int kCalls = 1000;  // of a round
// A slow machine makes fewer rounds.
constexpr uint64_t kEnoughNs = 15'000'000;
// Between rounds, so that what takes the processor for some milliseconds does not meet them all: a
// hypervisor that does is in no thread's clock.
constexpr timespec kPause = {.tv_sec = 0, .tv_nsec = 1'000'000};

uint64_t ThreadCpuNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return uint64_t{1'000'000'000} * now.tv_sec + now.tv_nsec;
}

// Of a call. The lower quartile of the rounds: whatever disturbs makes them longer, never shorter.
double TypicalOf(std::vector<uint64_t>& rounds) {
  const auto quartile = rounds.begin() + static_cast<ptrdiff_t>(rounds.size() / 4);
  std::nth_element(rounds.begin(), quartile, rounds.end());
  return static_cast<double>(*quartile) / kCalls;
}

}  // namespace

absl::StatusOr<Loop> CallLoop() {
  auto zero = std::make_shared<base::UniqueFd>(open("/dev/zero", O_RDONLY | O_CLOEXEC));
  if (!zero->valid()) return absl::ErrnoToStatus(errno, "open /dev/zero");
  return [zero = std::move(zero)](CallOf kind, int calls) {
    const int fd = zero->get();
    const uint64_t begin = ThreadCpuNs();
    if (kind == CallOf::kPlain) {
      for (int i = 0; i < calls; ++i) syscall(SYS_getppid);
    } else {
      for (int i = 0; i < calls; ++i) syscall(SYS_lseek, fd, 0, SEEK_CUR);
    }
    return ThreadCpuNs() - begin;
  };
}

Calibration::Calibration(Loop loop) : loop_(std::move(loop)), bare_(Run()) {}

Calibration::Times Calibration::Run() const {
  // With one thread alone the kernel takes no reference to a file for the time of a call
  // (fs/file.c, fdget): a second one makes the calls before the daemon's threads begin cost what
  // they cost later.
  std::binary_semaphore done{0};
  std::jthread companion;
  try {
    companion = std::jthread([&done] { done.acquire(); });
  } catch (const std::system_error&) {
    // No more threads: the daemon has others by now, or it does not start.
  }
  // First calls are others: the thread may have to be given its slot, the object its class.
  loop_(CallOf::kPlain, kCalls / 10);
  loop_(CallOf::kDescriptor, kCalls / 10);
  std::vector<uint64_t> plain, descriptor;
  uint64_t total = 0;
  for (int i = 0; i < kRounds && (i < kLeastRounds || total < kEnoughNs); ++i) {
    plain.push_back(loop_(CallOf::kPlain, kCalls));
    descriptor.push_back(loop_(CallOf::kDescriptor, kCalls));
    total += plain.back() + descriptor.back();
    nanosleep(&kPause, nullptr);
  }
  done.release();
  return {.plain_ns = TypicalOf(plain), .descriptor_ns = TypicalOf(descriptor)};
}

absl::StatusOr<model::CallCost> Calibration::Measure(std::vector<std::string> measured) const {
  const Times now = Run();
  if (now.plain_ns <= bare_.plain_ns || now.descriptor_ns <= bare_.descriptor_ns) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "a call takes %.0f ns, and %.0f ns before the attach: what made it slow then has gone; "
        "costs can be measured after a restart",
        now.plain_ns, bare_.plain_ns));
  }
  return model::CallCost{.measured = std::move(measured),
                         .plain_ns = now.plain_ns - bare_.plain_ns,
                         .descriptor_ns = now.descriptor_ns - bare_.descriptor_ns,
                         .bare_plain_ns = bare_.plain_ns,
                         .bare_descriptor_ns = bare_.descriptor_ns};
}

}  // namespace footprint::app
