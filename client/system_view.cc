// SPDX-License-Identifier: Apache-2.0
#include "client/system_view.h"

namespace footprint::client {
namespace {

system::Reading FromProto(const v1::Reading& reading) {
  return {.source = reading.source(), .problem = reading.problem(), .note = reading.note()};
}

system::CallState FromProto(v1::CallState state) {
  switch (state) {
    case v1::CALL_STATE_BUILT_IN:
      return system::CallState::kBuiltIn;
    case v1::CALL_STATE_STUB:
      return system::CallState::kStub;
    case v1::CALL_STATE_ABSENT:
      return system::CallState::kAbsent;
    default:
      return system::CallState::kUnknown;
  }
}

system::Presence PresenceOf(const std::string& word) {
  for (const system::Presence presence : {system::Presence::kPresent, system::Presence::kMissing}) {
    if (word == system::Name(presence)) return presence;
  }
  return system::Presence::kUnknown;
}

system::AbiCalls FromProto(const v1::AbiCalls& message) {
  system::AbiCalls abi{.abi = message.abi(),
                       .table = message.table(),
                       .reading = FromProto(message.reading()),
                       .offered = message.offered()};
  for (const auto& call : message.calls()) {
    abi.calls.push_back({.number = call.number(),
                         .name = call.name(),
                         .owner = call.owner(),
                         .state = FromProto(call.state())});
  }
  return abi;
}

system::List<system::LoadedModule> FromProto(const v1::LoadedModules& message) {
  system::List<system::LoadedModule> list{.reading = FromProto(message.reading())};
  for (const auto& module : message.modules()) {
    list.rows.push_back({.name = module.name(),
                         .size = module.size(),
                         .refcount = module.refcount(),
                         .users = {module.users().begin(), module.users().end()},
                         .state = module.state(),
                         .taints = module.taints()});
  }
  return list;
}

}  // namespace

system::System FromProto(const v1::System& message) {
  system::System out;
  for (const auto& fact : message.facts()) {
    out.facts.push_back({.name = fact.name(),
                         .value = fact.value(),
                         .detail = fact.detail(),
                         .reading = FromProto(fact.reading())});
  }
  out.config = {.reading = FromProto(message.config().reading()),
                .sha256 = message.config().sha256(),
                .text = message.config().text()};
  for (const auto& abi : message.abis()) out.abis.push_back(FromProto(abi));
  out.builtin_modules.reading = FromProto(message.builtin_modules().reading());
  for (const auto& module : message.builtin_modules().modules()) {
    out.builtin_modules.rows.push_back({.name = module.name(), .path = module.path()});
  }
  out.modules = FromProto(message.modules());
  out.filesystems.reading = FromProto(message.filesystems().reading());
  for (const auto& filesystem : message.filesystems().filesystems()) {
    out.filesystems.rows.push_back({.name = filesystem.name(), .device = filesystem.device()});
  }
  out.protocols.reading = FromProto(message.protocols().reading());
  for (const auto& protocol : message.protocols().protocols()) {
    out.protocols.rows.push_back({.name = protocol.name(), .module = protocol.module()});
  }
  out.tracepoints.reading = FromProto(message.tracepoints().reading());
  for (const auto& tracepoint : message.tracepoints().tracepoints()) {
    out.tracepoints.rows.push_back({.name = tracepoint.name(),
                                    .required = tracepoint.required(),
                                    .presence = PresenceOf(tracepoint.presence()),
                                    .detail = tracepoint.detail()});
  }
  return out;
}

}  // namespace footprint::client
