// SPDX-License-Identifier: Apache-2.0
// The compiled-in tables: shape, known rows, and the libc headers of this machine.
#include "data/names.h"

#include <asm/errno.h>
#include <linux/types.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <new>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "bpf/abi/footprint.h"

namespace {
std::atomic<uint64_t> allocations = 0;
}  // namespace

// Counts what the look-ups must not do.
void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
// Catch2 uses this one; ASan's own would not match the delete below.
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace footprint::names {
namespace {

constexpr Abi kAll[] = {Abi::kX86_64, Abi::kI386, Abi::kX32, Abi::kArm64, Abi::kArm, Abi::kRiscv64};

std::string Owner(Abi abi, int32_t number) {
  return std::string(SubsystemName(OwnerOf(abi, number)));
}

// Calls `check(name, number)` for each plain "#define __NR_name number" of a header.
template <typename Check>
int ForEachNumber(const std::string& path, Check check) {
  std::ifstream header(path);
  int found = 0;
  for (std::string line; std::getline(header, line);) {
    std::istringstream words(line);
    std::string define, name, number;
    words >> define >> name >> number;
    if (define != "#define" || !name.starts_with("__NR_") || number.empty()) continue;
    if (number.find_first_not_of("0123456789") != std::string::npos) continue;
    check(name.substr(5), std::stoi(number));
    ++found;
  }
  return found;
}

}  // namespace

static_assert(static_cast<int>(Abi::kX86_64) == FP_ABI_X86_64);
static_assert(static_cast<int>(Abi::kI386) == FP_ABI_I386);
static_assert(static_cast<int>(Abi::kX32) == FP_ABI_X32);
static_assert(static_cast<int>(Abi::kArm64) == FP_ABI_ARM64);
static_assert(static_cast<int>(Abi::kArm) == FP_ABI_ARM);
static_assert(static_cast<int>(Abi::kRiscv64) == FP_ABI_RISCV64);
static_assert(kAbiCount <= FP_OWNER_ABIS);

TEST_CASE("data.names.tables_are_sorted_and_owned") {
  for (const Abi abi : kAll) {
    CAPTURE(AbiName(abi));
    const auto rows = Syscalls(abi);
    REQUIRE(rows.size() > 300);
    std::set<std::string_view> names;
    int32_t last = -1;
    for (const SyscallRow& row : rows) {
      CAPTURE(row.number, row.name);
      CHECK(row.number > last);
      last = row.number;
      CHECK(!row.name.empty());
      CHECK(names.insert(row.name).second);
      CHECK(row.subsystem > 0);
      CHECK(row.subsystem < Subsystems().size());
      CHECK((row.definition.empty() || !row.maintainers.empty()));
      CHECK(FindSyscall(abi, row.number) == &row);
      CHECK(FindSyscall(abi, row.name) == &row);
    }
  }
}

// The compiled rules, applied again, give every call its owner: the table and the rules agree.
TEST_CASE("data.names.every_owner_follows_from_a_rule") {
  for (const Abi abi : kAll) {
    CHECK(TableInputs(abi).starts_with("linux-source-"));
    for (const SyscallRow& row : Syscalls(abi)) {
      CAPTURE(AbiName(abi), row.name, row.definition);
      const OwnerRule* rule = RuleOf(row);
      REQUIRE(rule != nullptr);
      CHECK(rule->subsystem == row.subsystem);
    }
  }
  CHECK(TableInputs(Abi::kUnknown).empty());
}

TEST_CASE("data.names.look_ups_allocate_nothing") {
  const uint64_t before = allocations;
  uint64_t found = 0;
  for (int abi = 0; abi < kAbiCount; ++abi) {
    for (int32_t number = -1; number < 600; ++number) {
      const SyscallRow* row = FindSyscall(static_cast<Abi>(abi), number);
      found += row != nullptr;
      found += OwnerOf(static_cast<Abi>(abi), number);
      found += SubsystemName(OwnerOf(static_cast<Abi>(abi), number)).size();
      found += AbiName(static_cast<Abi>(abi)).size();
    }
    found += FindSyscall(static_cast<Abi>(abi), "sched_rr_get_interval") != nullptr;
  }
  CHECK(allocations == before);
  CHECK(found > 0);
}

TEST_CASE("data.names.subsystems") {
  REQUIRE(Subsystems().size() <= FP_SUBSYSTEMS);
  CHECK(SubsystemName(0) == "unknown");
  CHECK(SubsystemName(255) == "unknown");
  std::set<std::string_view> names;
  for (const SubsystemRow& row : Subsystems()) {
    CHECK(names.insert(row.name).second);
    CHECK(!row.title.empty());
  }
  for (const char* name :
       {"filesystem", "memory",   "process", "scheduler",  "signal",   "time",   "futex", "ipc",
        "network",    "security", "keys",    "capability", "io_uring", "bpf",    "perf",  "seccomp",
        "ptrace",     "module",   "block",   "power",      "printk",   "random", "rseq",  "arch"}) {
    CAPTURE(name);
    CHECK(names.contains(name));
  }
}

// A place is an index in recordings and in the kernel's map: it never moves.
TEST_CASE("data.names.subsystem_order_is_append_only") {
  const std::string_view order[] = {
      "unknown", "filesystem", "memory",  "process",  "scheduler", "signal",     "time",
      "futex",   "ipc",        "network", "security", "keys",      "capability", "io_uring",
      "bpf",     "perf",       "seccomp", "ptrace",   "module",    "block",      "power",
      "printk",  "random",     "rseq",    "arch",     "device"};
  REQUIRE(Subsystems().size() >= std::size(order));
  for (size_t i = 0; i < std::size(order); ++i) CHECK(Subsystems()[i].name == order[i]);
}

TEST_CASE("data.names.known_numbers") {
  struct Known {
    Abi abi;
    int32_t number;
    const char* name;
    const char* owner;
  };
  const Known known[] = {
      {Abi::kX86_64, 0, "read", "filesystem"},
      {Abi::kX86_64, 9, "mmap", "memory"},
      {Abi::kX86_64, 39, "getpid", "process"},
      {Abi::kX86_64, 184, "tuxcall", "network"},
      {Abi::kX86_64, 202, "futex", "futex"},
      {Abi::kX86_64, 321, "bpf", "bpf"},
      {Abi::kX86_64, 462, "mseal", "memory"},
      {Abi::kX86_64, 469, "file_setattr", "filesystem"},
      {Abi::kX32, 0, "read", "filesystem"},
      {Abi::kX32, 336, "uprobe", "perf"},
      {Abi::kX32, 512, "rt_sigaction", "signal"},
      {Abi::kX32, 520, "execve", "filesystem"},
      {Abi::kX32, 545, "execveat", "filesystem"},
      {Abi::kI386, 3, "read", "filesystem"},
      {Abi::kI386, 102, "socketcall", "network"},
      {Abi::kI386, 240, "futex", "futex"},
      {Abi::kI386, 403, "clock_gettime64", "time"},
      {Abi::kArm64, 63, "read", "filesystem"},
      {Abi::kArm64, 222, "mmap", "memory"},
      {Abi::kArm, 3, "read", "filesystem"},
      {Abi::kArm, 4, "write", "filesystem"},
      {Abi::kArm, 54, "ioctl", "filesystem"},
      {Abi::kArm, 168, "poll", "filesystem"},
      {Abi::kArm, 240, "futex", "futex"},
      {Abi::kArm, 281, "socket", "network"},
      {Abi::kArm, 983041, "breakpoint", "arch"},
      {Abi::kArm, 983042, "cacheflush", "arch"},
      {Abi::kArm, 983045, "set_tls", "arch"},
      {Abi::kRiscv64, 63, "read", "filesystem"},
      {Abi::kRiscv64, 259, "riscv_flush_icache", "arch"},
  };
  for (const Known& row : known) {
    CAPTURE(AbiName(row.abi), row.number);
    CHECK(SyscallName(row.abi, row.number) == row.name);
    CHECK(Owner(row.abi, row.number) == row.owner);
  }
}

TEST_CASE("data.names.what_belongs_to_another_abi_is_absent") {
  CHECK(FindSyscall(Abi::kX32, 59) == nullptr);      // execve of x86_64; 520 here
  CHECK(FindSyscall(Abi::kX86_64, 520) == nullptr);  // and the other way round
  CHECK(FindSyscall(Abi::kArm, 983040) == nullptr);  // the base itself is no call
  CHECK(FindSyscall(Abi::kArm64, 983045) == nullptr);
  CHECK(FindSyscall(Abi::kArm64, "open") == nullptr);
  CHECK(FindSyscall(Abi::kArm, "time") == nullptr);  // OABI only
}

TEST_CASE("data.names.a_number_in_no_table_is_unknown") {
  for (const Abi abi : kAll) {
    CHECK(SyscallName(abi, -1) == "unknown:-1");
    CHECK(SyscallName(abi, 100000) == "unknown:100000");
    CHECK(OwnerOf(abi, 100000) == 0);
    CHECK(FindSyscall(abi, "no_such_call") == nullptr);
  }
  CHECK(SyscallName(Abi::kUnknown, 0) == "unknown:0");
  CHECK(Syscalls(Abi::kUnknown).empty());
  CHECK(Syscalls(static_cast<Abi>(63)).empty());
  CHECK(SyscallName(static_cast<Abi>(63), 1) == "unknown:1");
}

TEST_CASE("data.names.traits") {
  for (const Abi abi : kAll) {
    CAPTURE(AbiName(abi));
    for (const SyscallRow& row : Syscalls(abi)) {
      CAPTURE(row.name);
      // What a user-space probe returns is the probed function's; a uid of 32 bits may look like
      // one.
      const std::set<std::string_view> never = {"rt_sigreturn", "sigreturn", "uprobe",
                                                "uretprobe",    "getuid32",  "geteuid32",
                                                "getgid32",     "getegid32"};
      const bool exit = row.name == "exit" || row.name == "exit_group";
      const bool exec = row.name == "execve" || row.name == "execveat";
      const CallTrait wanted = never.contains(row.name)   ? CallTrait::kNeverError
                               : exit                     ? CallTrait::kNoReturn
                               : exec                     ? CallTrait::kExec
                               : row.name == "modify_ldt" ? CallTrait::kIntResult
                                                          : CallTrait::kNone;
      CHECK(row.trait == wanted);
    }
    CHECK(FindSyscall(abi, "exit_group") != nullptr);
    CHECK(FindSyscall(abi, "execveat") != nullptr);
    CHECK(FindSyscall(abi, "rt_sigreturn") != nullptr);
  }
}

TEST_CASE("data.names.definitions") {
  const SyscallRow* read = FindSyscall(Abi::kX86_64, "read");
  REQUIRE(read != nullptr);
  CHECK(read->entry == "sys_read");
  CHECK(read->definition.starts_with("fs/read_write.c:"));
  CHECK(read->maintainers == "FILESYSTEMS (VFS and infrastructure)");
  CHECK(read->compat.empty());
  const SyscallRow* ioctl = FindSyscall(Abi::kI386, "ioctl");
  REQUIRE(ioctl != nullptr);
  CHECK(ioctl->compat == "compat_sys_ioctl");
}

TEST_CASE("data.names.abi_names") {
  for (const Abi abi : kAll) CHECK(AbiFromName(AbiName(abi)) == abi);
  CHECK(AbiFromName("sparc") == Abi::kUnknown);
  CHECK(AbiFromName("") == Abi::kUnknown);
}

// An installed header that is newer than the tables fails here: regenerate them.
TEST_CASE("data.names.headers_of_this_machine_agree") {
  const std::pair<Abi, const char*> headers[] = {{Abi::kX86_64, "asm/unistd_64.h"},
                                                 {Abi::kI386, "asm/unistd_32.h"}};
  for (const auto& [abi, header] : headers) {
    int found = 0;
    for (const char* root : {"/usr/include/x86_64-linux-gnu/", "/usr/include/"}) {
      const std::string path = std::string(root) + header;
      CAPTURE(path);
      const int names = ForEachNumber(path, [abi = abi](const std::string& name, int32_t number) {
        CAPTURE(name);
        CHECK(SyscallName(abi, number) == name);
      });
      CHECK((names == 0 || names > 300));
      found += names;
    }
    if (found == 0) WARN("no " << header << " on this machine: not compared");
  }
}

TEST_CASE("data.names.errnos") {
  CHECK(ErrnoName(EPERM) == "EPERM");
  CHECK(ErrnoName(EAGAIN) == "EAGAIN");
  CHECK(ErrnoName(EDEADLK) == "EDEADLK");
  CHECK(ErrnoName(EHWPOISON) == "EHWPOISON");
  CHECK(ErrnoName(512) == "ERESTARTSYS");
  CHECK(ErrnoName(513) == "ERESTARTNOINTR");
  CHECK(ErrnoName(514) == "ERESTARTNOHAND");
  CHECK(ErrnoName(516) == "ERESTART_RESTARTBLOCK");
  // Others are counted as one, see daemon/collect/counts_builder.cc.
  for (int value = 1; value <= 4095; ++value) {
    const bool named = !ErrnoName(value).starts_with("errno:");
    if (named) CHECK((value < 134 || (value >= 512 && value < 532)));
  }
  CHECK(ErrnoName(0) == "errno:0");
  CHECK(ErrnoName(511) == "errno:511");
  CHECK(ErrnoName(4095) == "errno:4095");
  CHECK(ErrnoName(-1) == "errno:-1");
}

}  // namespace footprint::names
