// SPDX-License-Identifier: Apache-2.0
// What the kernel announces once about a class of objects, and what user space makes of it.
// Ownership: plain values.   Threads: any.
// Failure: what was not announced is 0 or "".
#ifndef FOOTPRINT_DAEMON_OBJECTS_CLASS_FACTS_H_
#define FOOTPRINT_DAEMON_OBJECTS_CLASS_FACTS_H_

#include <array>
#include <cstdint>
#include <string>

namespace footprint::objects {

// Order of ClassFacts::functions.
enum class Operation : uint8_t {
  kRead,
  kReadIter,
  kWrite,
  kWriteIter,
  kUnlockedIoctl,
  kPoll,
  kMmap,
  kOpen,
  kRelease,
  kIterateShared,
};
inline constexpr int kOperations = 10;

struct ClassFacts {
  uint64_t fops = 0;                              // address of the file_operations
  std::array<uint64_t, kOperations> functions{};  // their addresses; 0: not there
  std::string module;                             // f_op->owner; "" built in or not said
  std::string fs_type;                            // s_type->name
  std::string fs_module;                          // s_type->owner
  uint16_t mode = 0;                              // S_IFMT bits of i_mode; 0 for anonymous files
  uint32_t rdev = 0;                              // major << 20 | minor of a device
  bool socket = false;                            // the four below are valid
  uint16_t family = 0, type = 0, protocol = 0;    // sk_family, sk_type, sk_protocol
  std::string socket_module;                      // sock->ops->owner or sk_prot->owner
  std::string protocol_name;                      // sk_prot->name: "TCP", "UNIX-STREAM"
  std::string anon_name;                          // dentry of an anonymous file: "[eventfd]"
};

struct ObjectName {
  std::string server;       // "ext4", "pipe", "tcp", "spidev"; never empty
  std::string driver;       // from the functions: the same with and without CONFIG_KALLSYMS_ALL
  std::string fops_symbol;  // "ext4_file_operations"; "" where the kernel does not know it
  std::string module;       // "" for what is built in
  uint8_t subsystem = 0;    // index into names::Subsystems(); 0 where no rule knows
  std::string ioctls;       // context for names::IoctlName()
  std::string why;          // what was missing for a full answer; "" if nothing was
};

}  // namespace footprint::objects

#endif  // FOOTPRINT_DAEMON_OBJECTS_CLASS_FACTS_H_
