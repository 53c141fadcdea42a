// SPDX-License-Identifier: Apache-2.0
// The static view as the daemon sent it, in the form that a local reading has.
// Ownership: values.   Threads: any.   Failure: none; an unknown word or number is kUnknown.
#ifndef FOOTPRINT_CLIENT_SYSTEM_VIEW_H_
#define FOOTPRINT_CLIENT_SYSTEM_VIEW_H_

#include "daemon/system/system.h"
#include "footprint/v1/footprint.pb.h"

namespace footprint::client {

system::System FromProto(const v1::System& message);

}  // namespace footprint::client

#endif  // FOOTPRINT_CLIENT_SYSTEM_VIEW_H_
