// SPDX-License-Identifier: Apache-2.0
// The static view as messages.
// Ownership: values.   Threads: any.   Failure: none.
#ifndef FOOTPRINT_DAEMON_RPC_CONVERT_SYSTEM_H_
#define FOOTPRINT_DAEMON_RPC_CONVERT_SYSTEM_H_

#include "daemon/model/scope.h"
#include "daemon/system/system.h"
#include "footprint/v1/footprint.pb.h"

namespace footprint::rpc {

void ToProto(const system::System& system, bool omit_config_values, v1::System& out);
// What of `system` a footprint used.
void ToProto(const system::System& system, const model::Footprint& footprint, v1::Coverage& out);

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_CONVERT_SYSTEM_H_
