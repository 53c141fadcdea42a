// SPDX-License-Identifier: Apache-2.0
// What was measured, when that changed, and what it cost: model values to messages.
// Ownership: values.   Threads: any.   Failure: none.
#ifndef FOOTPRINT_DAEMON_RPC_CONVERT_TIER_H_
#define FOOTPRINT_DAEMON_RPC_CONVERT_TIER_H_

#include "daemon/model/scope.h"
#include "daemon/model/snapshot.h"
#include "footprint/v1/footprint.pb.h"

namespace footprint::rpc {

void SetTime(int64_t realtime_ns, google::protobuf::Timestamp& out);
// Tier, changes and cost. The footprint has an origin.
void SetTier(const model::Footprint& footprint, v1::Footprint& out);
void SetTier(const model::Snapshot& snapshot, v1::GetStatusResponse& out);
// A note for each of objects, times and errors that was measured in a part of the window alone.
void SetTierNotes(const model::Footprint& footprint, v1::Footprint& out);
void SetCallCost(const model::CallCost& cost, v1::CallCost& out);
// Objects were measured at any time of the window.
bool ObjectsMeasured(const model::Footprint& footprint);

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_CONVERT_TIER_H_
