// SPDX-License-Identifier: Apache-2.0
// The descriptor arguments of the calls, against hand-read manual pages.
#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "data/names.h"

namespace footprint::names {
namespace {

constexpr Abi kAbis[] = {Abi::kX86_64, Abi::kI386, Abi::kX32,
                         Abi::kArm64,  Abi::kArm,  Abi::kRiscv64};

// "0", "0,2", "returns", "pipe", "none"; " ioctl" and "?" (conditional) behind it.
std::string Shape(Abi abi, std::string_view call) {
  const SyscallRow* row = FindSyscall(abi, call);
  if (row == nullptr) return "absent";
  const Descriptors& d = row->descriptors;
  std::string shape = d.returns ? "returns" : d.pipe ? "pipe" : "none";
  if (d.first >= 0) shape = std::to_string(d.first);
  if (d.second >= 0) shape += "," + std::to_string(d.second);
  if (d.ioctl) shape += " ioctl";
  if (d.unless_argument >= 0) shape += "?";
  return shape;
}

}  // namespace

TEST_CASE("data.descriptors.one_way_to_the_object") {
  for (const Abi abi : kAbis) {
    int first = 0, returns = 0;
    for (const SyscallRow& row : Syscalls(abi)) {
      const Descriptors& d = row.descriptors;
      CAPTURE(AbiName(abi), row.name);
      CHECK((d.first >= 0) + d.returns + d.pipe <= 1);
      CHECK((d.second < 0 || d.first >= 0));
      CHECK(d.ioctl == (row.name == "ioctl"));
      CHECK((d.unless_argument >= 0) == (d.unless_mask != 0));
      CHECK(d.first < 6);
      CHECK(d.second < 6);
      first += d.first >= 0;
      returns += d.returns;
    }
    // The oldest and the newest ABI differ by what openat and pipe2 replaced.
    CHECK(first > 80);
    CHECK(returns >= 20);
  }
}

TEST_CASE("data.descriptors.same_on_every_abi") {
  const std::pair<std::string_view, std::string_view> wanted[] = {
      {"read", "0"},
      {"write", "0"},
      {"close", "0"},
      {"preadv2", "0"},
      {"ioctl", "0 ioctl"},
      {"splice", "0,2"},
      {"tee", "0,1"},
      {"copy_file_range", "0,2"},
      {"sendfile", "0,1"},
      {"vmsplice", "0"},
      {"dup", "0"},
      {"dup3", "0"},
      {"epoll_ctl", "0"},
      {"epoll_pwait", "0"},
      {"io_uring_enter", "0?"},
      {"io_uring_setup", "none"},
      {"timerfd_create", "returns"},
      {"inotify_add_watch", "0"},
      {"fanotify_mark", "0"},
      {"finit_module", "0"},
      {"kexec_file_load", "0,1?"},
      {"quotactl_fd", "0"},
      {"fsmount", "0"},
      {"pidfd_getfd", "0"},
      {"accept4", "0"},
      {"openat", "returns"},
      {"signalfd4", "returns"},
      {"landlock_create_ruleset", "returns?"},
      {"pipe2", "pipe"},
      {"socketpair", "none"},
      {"bpf", "none"},
      {"unlinkat", "none"},
      {"execveat", "none"},
      {"close_range", "none"},
      {"move_mount", "none"},
      {"getpid", "none"},
  };
  for (const Abi abi : kAbis) {
    for (const auto& [call, shape] : wanted) {
      CAPTURE(AbiName(abi), call);
      // 32-bit tables lack kexec_file_load; none lacks anything else of the list.
      if (FindSyscall(abi, call) == nullptr && call == "kexec_file_load") continue;
      CHECK(Shape(abi, call) == shape);
    }
  }
}

TEST_CASE("data.descriptors.where_abis_differ") {
  CHECK(Shape(Abi::kX86_64, "mmap") == "4?");
  CHECK(Shape(Abi::kArm64, "mmap") == "4?");
  CHECK(Shape(Abi::kI386, "mmap") == "none");
  CHECK(Shape(Abi::kI386, "mmap2") == "4?");
  CHECK(Shape(Abi::kArm, "mmap2") == "4?");
  CHECK(Shape(Abi::kI386, "socketcall") == "none");
  CHECK(Shape(Abi::kI386, "_llseek") == "0");
  CHECK(Shape(Abi::kI386, "oldfstat") == "0");
  CHECK(Shape(Abi::kArm, "arm_sync_file_range") == "0");
  CHECK(Shape(Abi::kArm, "arm_fadvise64_64") == "0");
  CHECK(Shape(Abi::kArm, "fstatfs64") == "0");
  CHECK(Shape(Abi::kX86_64, "select") == "none");
  CHECK(Shape(Abi::kX86_64, "poll") == "none");

  const Descriptors& map = FindSyscall(Abi::kX86_64, "mmap")->descriptors;
  CHECK(map.unless_argument == 3);
  CHECK(map.unless_mask == 0x20);
  const Descriptors& ring = FindSyscall(Abi::kArm64, "io_uring_register")->descriptors;
  CHECK(ring.unless_argument == 1);
  CHECK(ring.unless_mask == 0x80000000);
}

}  // namespace footprint::names
