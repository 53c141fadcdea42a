// SPDX-License-Identifier: Apache-2.0
// From the facts of a class to the names that a footprint shows.
// Ownership: values; ObjectNamer owns its two sources.   Threads: any, one call at a time.
// Failure: never; ObjectName::why says what was missing.
#ifndef FOOTPRINT_DAEMON_OBJECTS_OBJECT_NAMER_H_
#define FOOTPRINT_DAEMON_OBJECTS_OBJECT_NAMER_H_

#include <array>
#include <span>
#include <string>
#include <vector>

#include "daemon/objects/class_facts.h"
#include "daemon/objects/devices.h"
#include "daemon/objects/symbols.h"

namespace footprint::objects {

// The addresses of a class, resolved.
struct ClassSymbols {
  Symbol fops;
  std::array<Symbol, kOperations> functions;
  std::string missing;  // why there are no names; "" if there are
};

// Pure. `device` matters for character and block devices only.
ObjectName Derive(const ClassFacts& facts, const ClassSymbols& symbols, const DeviceName& device);

class ObjectNamer {
 public:
  // `symbols` is borrowed.
  ObjectNamer(const Symbols& symbols, Devices devices);

  // One answer a class, in their order; one question to the symbols for all.
  // The caller caches: an address means something else once its module went, so resolve a class
  // when it is announced, and drop its answer when its module is freed.
  std::vector<ObjectName> Name(std::span<const ClassFacts> classes) const;

 private:
  const Symbols& symbols_;
  Devices devices_;
};

}  // namespace footprint::objects

#endif  // FOOTPRINT_DAEMON_OBJECTS_OBJECT_NAMER_H_
