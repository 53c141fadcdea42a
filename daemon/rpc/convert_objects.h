// SPDX-License-Identifier: Apache-2.0
// What stood behind descriptors, from class ids to the rows of a reply.
// Ownership: values.   Threads: any.   Failure: an id that no table knows is the server "unknown".
#ifndef FOOTPRINT_DAEMON_RPC_CONVERT_OBJECTS_H_
#define FOOTPRINT_DAEMON_RPC_CONVERT_OBJECTS_H_

#include "daemon/model/scope.h"
#include "data/names.h"
#include "footprint/v1/footprint.pb.h"

namespace footprint::rpc {

// Of a key as the kernel side numbers it.
inline names::Abi AbiOf(uint8_t abi) {
  return abi < names::kAbiCount ? static_cast<names::Abi>(abi) : names::Abi::kUnknown;
}

// Fills objects, second_objects, ioctls and notes; nothing below tier full.
// For each call that takes or makes a descriptor the rows of `objects` add up to its calls.
void SetNames(const model::ObjectClass& object, v1::Object& out);
// Syscall.served_by from `objects`.
void SetServedBy(v1::Footprint& out);
void SetObjects(const model::Footprint& footprint, v1::Footprint& out);

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_CONVERT_OBJECTS_H_
