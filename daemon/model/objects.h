// SPDX-License-Identifier: Apache-2.0
// What stood behind descriptors, by the class ids that calls are counted under.
// Ownership: plain values.   Threads: any, once published.   Failure: an unknown id has no row.
#ifndef FOOTPRINT_DAEMON_MODEL_OBJECTS_H_
#define FOOTPRINT_DAEMON_MODEL_OBJECTS_H_

#include <cstdint>
#include <map>
#include <string>

namespace footprint::model {

// The names of one class: see daemon/objects/class_facts.h.
struct ObjectClass {
  std::string server, driver, fops_symbol, module;
  uint8_t subsystem = 0;  // index into names::Subsystems(); 0: no rule knows
  std::string ioctls;     // contexts of its ioctl commands
  std::string fs_type;
  std::string device;  // "1:3" of a character or block device
  std::string why;     // what was missing for a full answer
};

struct ObjectCommand {
  uint32_t object_class = 0;
  uint32_t command = 0;  // second argument of ioctl(2)
};

struct ObjectTable {
  std::map<uint32_t, ObjectClass> classes;
  std::map<uint32_t, ObjectCommand> commands;
};

}  // namespace footprint::model

#endif  // FOOTPRINT_DAEMON_MODEL_OBJECTS_H_
