// SPDX-License-Identifier: Apache-2.0
// The static view: what this kernel is and what it could do, whoever uses it.
// Ownership: values.   Threads: any.
// Failure: none. What cannot be read is part of the answer: its Reading says why, and a list that
//   was not read is empty. A note qualifies what was read.
#ifndef FOOTPRINT_DAEMON_SYSTEM_SYSTEM_H_
#define FOOTPRINT_DAEMON_SYSTEM_SYSTEM_H_

#include <cstdint>
#include <string>
#include <vector>

namespace footprint::system {

struct Reading {
  std::string source;   // "/proc/config.gz", "uname(2)"
  std::string problem;  // why it could not be read; "" when it could
  std::string note;     // what limits the answer; "" when nothing does
};

// One thing about the kernel: kernel_release, kernel_version, build_id, machine, command_line,
// clock_source, lockdown, taint, page_size.
struct Fact {
  std::string name;
  std::string value;   // "" when it could not be read
  std::string detail;  // the value in words, where it needs them
  Reading reading;
};

struct Config {
  Reading reading;
  std::string sha256;  // hexadecimal, of `text`
  // Every option that is set, "CONFIG_BPF=y\n", in the order of bytes.
  std::string text;
};

// Whether a kernel really has a call of its table.
enum class CallState : uint8_t {
  kUnknown = 0,  // no symbols could be read
  kBuiltIn = 1,
  kStub = 2,    // compiled out: the entry is sys_ni_syscall, or a weak stand-in for it
  kAbsent = 3,  // no such entry: an older kernel, another architecture, removed
};

struct Call {
  int32_t number = 0;
  std::string name, owner;  // as data/ has them
  CallState state = CallState::kUnknown;
};

// The calls of one ABI that this machine could offer.
struct AbiCalls {
  std::string abi;
  std::string table;  // what the table was generated from
  Reading reading;
  bool offered = false;     // the kernel has entries of this ABI at all
  std::vector<Call> calls;  // every row of the table, by number
};

struct BuiltinModule {
  std::string name;  // "ext4"
  std::string path;  // "kernel/fs/ext4/ext4.ko"
};

struct LoadedModule {
  std::string name;
  uint64_t size = 0;               // bytes
  int64_t refcount = 0;            // -1: a kernel that unloads no module counts none
  std::vector<std::string> users;  // modules that hold it
  std::string state;               // "Live", "Loading", "Unloading"
  std::string taints;              // "OE"; "" for none
};

struct Filesystem {
  std::string name;
  bool device = false;  // it lives on a block device
};

struct Protocol {
  std::string name;    // "TCPv6", "UNIX"
  std::string module;  // "kernel" for what is built in
};

enum class Presence : uint8_t { kUnknown = 0, kPresent = 1, kMissing = 2 };

struct Tracepoint {
  std::string name;  // "sys_enter"
  bool required = false;
  Presence presence = Presence::kUnknown;
  std::string detail;
};

template <typename Row>
struct List {
  Reading reading;
  std::vector<Row> rows;
};

struct System {
  std::vector<Fact> facts;
  Config config;
  std::vector<AbiCalls> abis;  // the machine's own first
  List<BuiltinModule> builtin_modules;
  List<LoadedModule> modules;
  List<Filesystem> filesystems;
  List<Protocol> protocols;
  List<Tracepoint> tracepoints;
};

// "built_in", "stub", "absent", "unknown"; "present", "missing", "unknown".
const char* Name(CallState state);
const char* Name(Presence presence);

}  // namespace footprint::system

#endif  // FOOTPRINT_DAEMON_SYSTEM_SYSTEM_H_
