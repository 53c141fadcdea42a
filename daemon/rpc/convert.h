// SPDX-License-Identifier: Apache-2.0
// Model values to and from messages. Names come from data/.
// Ownership: values.   Threads: any.
// Failure: INVALID_ARGUMENT for a request that makes no sense.
#ifndef FOOTPRINT_DAEMON_RPC_CONVERT_H_
#define FOOTPRINT_DAEMON_RPC_CONVERT_H_

#include <grpcpp/support/status.h>

#include "absl/status/statusor.h"
#include "daemon/model/scope.h"
#include "daemon/model/snapshot.h"
#include "footprint/v1/footprint.pb.h"

namespace footprint::rpc {

// Rows of a reply's `processes`; totals do not depend on it.
inline constexpr int kMaxProcessRows = 2000;
// Bytes of a page of them: names are arbitrary, and gRPC clients take 4 MiB by default.
inline constexpr size_t kMaxProcessBytes = 2 << 20;

absl::StatusOr<model::Scope> ToScope(const v1::Scope& scope);
void ToProto(const model::Footprint& footprint, bool omit_processes, v1::Footprint& out);
// One image of a life.
void ToProto(const model::Life& life, const model::Image& image, v1::Process& out);
void ToProto(const model::Event& event, v1::WatchEventsResponse& out);
void ToProto(const model::Snapshot& snapshot, v1::GetStatusResponse& out);
// Of the module ledger, in modules.cc: what a footprint, an event, a status and a list say of it.
void SetModules(const model::Footprint& footprint, v1::Footprint& out);
void SetModule(const model::Event& event, v1::WatchEventsResponse& out);
void SetModules(const model::ModuleTable& table, v1::ModuleFollowing& out);
// Into `losses` and `complete`, as a footprint of the system has them.
void SetModuleLosses(const model::ModuleTable& table, v1::GetStatusResponse& out);
void SetModules(const model::ModuleTable& table, bool include_builtin,
                v1::ListModulesResponse& out);
// Codes are the same numbers on both sides. The text may repeat what the client sent, so
// it is made printable.
grpc::Status ToGrpc(const absl::Status& status);

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_CONVERT_H_
