// SPDX-License-Identifier: Apache-2.0
// The sum rules of a footprint, over random work: what the kernel programs would have counted of
// simulated calls, since the attach and in windows that begin and end in the middle of calls.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "daemon/rpc/convert.h"
#include "tests/unit/rpc/numbers.h"

namespace footprint::rpc {
namespace {

using model::CallKey;
using model::CallKind;

constexpr int32_t kNumbers[] = {kRead, kIoctl, kGetpid, kSocket, kOpenat, kPipe2, 9999};
constexpr uint32_t kClasses[] = {0, 5, 6, 7, 99};  // 99 is in no table
constexpr uint32_t kCommand = 0x800001, kAnyCommand = 0x400000;

model::Footprint Empty() {
  auto origin = std::make_shared<model::Origin>();
  origin->tier = "full";
  auto objects = std::make_shared<model::ObjectTable>();
  objects->classes[5] = {.server = "ext4", .driver = "ext4", .subsystem = 1};
  objects->classes[6] = {.server = "ext4", .driver = "ext4", .subsystem = 1};
  objects->classes[7] = {.server = "spidev", .driver = "spidev", .module = "spidev"};
  objects->commands[kCommand] = {.object_class = 7, .command = 0xc0de0001};
  model::Footprint f;
  f.origin = origin;
  f.objects = objects;
  return f;
}

// One thread: a call enters, and leaves some time later.
class Thread {
 public:
  explicit Thread(uint32_t seed) : random_(seed) {}

  void Step() {
    if (busy_) return Leave();
    const int32_t number = kNumbers[Roll(std::size(kNumbers))];
    if (Roll(20) == 0) return Refuse(number);
    const bool made = number == kOpenat || number == kSocket || number == kPipe2;
    const bool object = number == kRead || number == kIoctl;
    uint32_t object_class = object ? kClasses[Roll(std::size(kClasses))] : 0;
    if (number == kIoctl) object_class = Roll(2) == 0 ? kCommand : object_class | kAnyCommand;
    makes_ = made && number != kPipe2;
    key_ = {.abi = 1, .number = number, .object_class = object_class};
    ++calls_[key_].calls;
    busy_ = true;
  }

  model::Counts Counts() const {
    model::Counts counts;
    counts.calls.assign(calls_.begin(), calls_.end());
    counts.errnos.assign(errnos_.begin(), errnos_.end());
    counts.in_flight = busy_;
    return counts;
  }

 private:
  uint32_t Roll(uint32_t sides) { return random_() % sides; }

  void Refuse(int32_t number) {
    const CallKey key{.abi = 1, .number = number};
    ++calls_[key].denied;
    if (Roll(4) != 0) ++errnos_[{.abi = 1, .number = number, .value = 1, .denied = true}];
  }

  void Leave() {
    busy_ = false;
    if (Roll(50) == 0) {
      ++calls_[key_].unfinished;
      return;
    }
    const uint64_t ns = 100 + Roll(1000);
    const bool failed = Roll(3) == 0;
    Took(calls_[key_], ns);
    if (failed) {
      ++calls_[key_].errors;
      ++errnos_[{.abi = 1, .number = key_.number, .value = static_cast<uint16_t>(1 + Roll(3))}];
    } else if (makes_) {
      CallKey made = key_;
      made.kind = CallKind::kMade;
      made.object_class = kClasses[1 + Roll(std::size(kClasses) - 1)];
      ++calls_[made].calls;
      Took(calls_[made], ns);
    }
  }

  static void Took(model::CallStats& stats, uint64_t ns) {
    stats.total_ns += ns;
    stats.max_ns = std::max(stats.max_ns, ns);
  }

  std::mt19937 random_;
  bool busy_ = false, makes_ = false;
  CallKey key_;
  std::map<CallKey, model::CallStats> calls_;
  std::map<model::ErrnoKey, uint64_t> errnos_;
};

struct Column {
  uint64_t calls = 0, errors = 0, total_ns = 0;
  bool operator==(const Column&) const = default;
  template <typename Row>
  void Add(const Row& row) {
    calls += row.calls();
    errors += row.errors();
    total_ns += row.total_ns();
  }
};

void CheckErrnos(const v1::Syscall& row) {
  uint64_t errnos = 0, denied = 0;
  for (const auto& error : row.errnos()) errnos += error.count();
  for (const auto& error : row.denied_errnos()) denied += error.count();
  CHECK(errnos == row.errors());
  CHECK(denied <= row.denied());
}

// Every rule that docs/json.md states.
void CheckSums(const model::Footprint& footprint) {
  v1::Footprint out;
  ToProto(footprint, true, out);
  std::map<std::string, Column> served;
  Column calls, subsystems, ioctls;
  for (const auto& row : out.objects()) served[row.syscall()].Add(row);
  for (const auto& row : out.ioctls()) ioctls.Add(row);
  for (const auto& row : out.subsystems()) subsystems.Add(row);
  uint64_t denied = 0;
  for (const auto& row : out.syscalls()) {
    INFO(row.name());
    CHECK_FALSE(row.name().empty());
    Column own;
    own.Add(row);
    calls.Add(row);
    denied += row.denied();
    CheckErrnos(row);
    if (row.name() != "getpid" && row.name() != "unknown:9999") CHECK(served[row.name()] == own);
    if (row.name() == "ioctl") CHECK(ioctls == own);
  }
  CHECK(calls == subsystems);
  CHECK(calls.calls == out.calls());
  CHECK(calls.errors == out.errors());
  CHECK(denied == out.denied());
  for (const auto& row : out.objects()) {
    INFO(row.syscall() << " " << row.server());
    CHECK(row.max_ns() <= row.total_ns());
    CHECK(row.calls() <= out.calls());  // never below zero
  }
}

model::Counts SumOf(const std::vector<Thread>& threads) {
  model::Counts sum;
  for (const Thread& thread : threads) model::Add(sum, thread.Counts());
  return sum;
}

}  // namespace

TEST_CASE("unit.rpc.sums.hold_for_random_work_and_random_windows") {
  std::mt19937 random(20261128);
  for (int round = 0; round < 200; ++round) {
    INFO("round " << round);
    std::vector<Thread> threads;
    for (uint32_t i = 0; i < 1 + random() % 8; ++i) threads.emplace_back(random());
    const auto work = [&](uint32_t steps) {
      for (uint32_t i = 0; i < steps; ++i) threads[random() % threads.size()].Step();
    };
    model::Footprint base = Empty(), end = Empty();
    work(random() % 300);
    base.counts = SumOf(threads);
    CheckSums(base);
    // Short windows: most of what leaves in them entered before.
    work(random() % (round % 2 == 0 ? 12 : 500));
    end.counts = SumOf(threads);
    CheckSums(end);
    CheckSums(model::Difference(end, base));
  }
}

TEST_CASE("unit.rpc.sums.a_refused_call_hides_no_row") {
  model::Footprint f = Empty();
  const CallKey openat{.abi = 1, .number = kOpenat};
  CallKey made = openat;
  made.kind = CallKind::kMade;
  made.object_class = 5;
  f.counts.calls = {{openat, {.calls = 112, .errors = 100, .denied = 1}}, {made, {.calls = 12}}};
  f.counts.errnos = {{{.abi = 1, .number = kOpenat, .value = 1, .denied = true}, 1},
                     {{.abi = 1, .number = kOpenat, .value = 2}, 100}};
  std::sort(f.counts.errnos.begin(), f.counts.errnos.end());
  CheckSums(f);
}

TEST_CASE("unit.rpc.sums.an_errno_without_its_call_is_no_row") {
  model::Footprint f = Empty();
  f.counts.errnos = {{{.abi = 1, .number = kRead, .value = 9}, 3}};
  CheckSums(f);
  v1::Footprint out;
  ToProto(f, true, out);
  CHECK(out.syscalls_size() == 0);
}

}  // namespace footprint::rpc
