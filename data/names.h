// SPDX-License-Identifier: Apache-2.0
// Names of syscalls, subsystems and errnos as constant tables.
// Ownership: everything returned points into static storage.   Threads: any.
// Failure: a look-up of what no table holds answers nullptr or "unknown".
// Source: data/syscalls/*.tsv, data/subsystems.tsv; see data/README.md.
#ifndef FOOTPRINT_DATA_NAMES_H_
#define FOOTPRINT_DATA_NAMES_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace footprint::names {

// Values equal enum fp_abi in bpf/abi/footprint.h.
enum class Abi : uint8_t {
  kUnknown = 0,
  kX86_64 = 1,
  kI386 = 2,
  kX32 = 3,
  kArm64 = 4,
  kArm = 5,
  kRiscv64 = 6,
};
inline constexpr int kAbiCount = 7;

// What the kernel programs must know of a call beside its owner.
enum class CallTrait : uint8_t {
  kNone = 0,
  kNeverError = 1,
  kNoReturn = 2,
  kExec = 3,
  kIntResult = 4
};

// Which arguments of a call hold a descriptor, zero-based in the ABI's own order of arguments.
// At most one of {first, returns, pipe} is set, so a call has one way to its object:
//   first    known at enter. accept and dup too: the object is the one that was given.
//   returns  at exit, where the return value is not an error it is a new descriptor.
//   pipe     the new descriptors are written to memory; they are pipes by definition.
// `unless_argument`: with any bit of `unless_mask` in the low 32 bits of that argument the number
// is not a descriptor (mmap with MAP_ANONYMOUS), and the call has no object.
struct Descriptors {
  int8_t first = -1;
  int8_t second = -1;  // splice, tee, copy_file_range, sendfile, kexec_file_load
  bool returns = false;
  bool ioctl = false;  // argument 1 is an ioctl command
  bool pipe = false;
  int8_t unless_argument = -1;
  uint32_t unless_mask = 0;
};

struct SyscallRow {
  int32_t number;
  std::string_view name;
  uint8_t subsystem;  // index into Subsystems()
  CallTrait trait;
  std::string_view entry;        // "sys_read"; "" where unknown
  std::string_view definition;   // "fs/read_write.c:722"; "" where unknown
  std::string_view maintainers;  // MAINTAINERS title(s), "; " between
  std::string_view compat;       // what a 64-bit kernel enters for a 32-bit call; "": as entry
  std::string_view since;        // "2.6.16", the kernel that brought it; "" where unknown
  Descriptors descriptors;
};

struct SubsystemRow {
  std::string_view name;   // "filesystem"
  std::string_view title;  // "Filesystems"
};

// A row of owners.rules: why calls belong to a subsystem.
struct OwnerRule {
  bool call;              // an override by name; else a prefix of the definition's path
  std::string_view what;  // "kernel/sched/", or "mmap"
  uint8_t subsystem;      // index into Subsystems()
  std::string_view reason;
};

// The number that calls in no table share beyond a few: FP_NUMBER_OTHER of bpf/abi/footprint.h.
inline constexpr int32_t kOtherNumbers = 0x7fffffff;

// Index 0 is "unknown". At most 32 rows (FP_SUBSYSTEMS).
std::span<const SubsystemRow> Subsystems();
std::string_view SubsystemName(uint8_t index);

// In the order of the file: paths, then overrides.
std::span<const OwnerRule> OwnerRules();
// The rule that makes `row` belong to its owner, applied as data/generate does: the longest path
// that fits, unless a call rule says something else. nullptr where none does.
const OwnerRule* RuleOf(const SyscallRow& row);

// Rows of one ABI by ascending number; empty for kUnknown or an ABI without a table.
std::span<const SyscallRow> Syscalls(Abi abi);
const SyscallRow* FindSyscall(Abi abi, int32_t number);
const SyscallRow* FindSyscall(Abi abi, std::string_view name);
// What the table of an ABI was generated from: packages, versions, sha256, "; " between.
std::string_view TableInputs(Abi abi);
// "read", or "unknown:<number>".
std::string SyscallName(Abi abi, int32_t number);
// Index into Subsystems(); 0 for a number in no table.
uint8_t OwnerOf(Abi abi, int32_t number);

std::string_view AbiName(Abi abi);
Abi AbiFromName(std::string_view name);
// "EAGAIN"; "errno:<n>" otherwise. Knows the kernel's internal restart codes 512..531 too.
std::string ErrnoName(int value);

}  // namespace footprint::names

#endif  // FOOTPRINT_DATA_NAMES_H_
