// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/convert_system.h"

#include <algorithm>
#include <string>
#include <vector>

#include "daemon/rpc/convert.h"
#include "daemon/rpc/text.h"
#include "daemon/system/coverage.h"
#include "data/names.h"

namespace footprint::rpc {
namespace {

void SetReading(const system::Reading& reading, v1::Reading& out) {
  out.set_source(reading.source);
  out.set_problem(Printable(reading.problem));
  out.set_note(Printable(reading.note));
}

v1::CallState ToProto(system::CallState state) {
  switch (state) {
    case system::CallState::kBuiltIn:
      return v1::CALL_STATE_BUILT_IN;
    case system::CallState::kStub:
      return v1::CALL_STATE_STUB;
    case system::CallState::kAbsent:
      return v1::CALL_STATE_ABSENT;
    case system::CallState::kUnknown:
      break;
  }
  return v1::CALL_STATE_UNKNOWN;
}

void SetFacts(const system::System& system, v1::System& out) {
  for (const system::Fact& fact : system.facts) {
    v1::SystemFact& row = *out.add_facts();
    row.set_name(fact.name);
    row.set_value(Printable(fact.value));
    row.set_detail(Printable(fact.detail));
    SetReading(fact.reading, *row.mutable_reading());
  }
}

void SetConfig(const system::Config& config, bool omit_values, v1::KernelConfig& out) {
  SetReading(config.reading, *out.mutable_reading());
  out.set_sha256(config.sha256);
  out.set_options(static_cast<uint32_t>(std::ranges::count(config.text, '\n')));
  if (omit_values) return;
  // Line by line: Printable would escape the ends of lines.
  std::string text;
  for (size_t begin = 0, end; begin < config.text.size(); begin = end + 1) {
    end = std::min(config.text.find('\n', begin), config.text.size());
    text += Printable(std::string_view(config.text).substr(begin, end - begin));
    text += '\n';
  }
  out.set_text(std::move(text));
}

void SetCalls(const system::System& system, v1::System& out) {
  for (const system::AbiCalls& calls : system.abis) {
    v1::AbiCalls& abi = *out.add_abis();
    abi.set_abi(calls.abi);
    abi.set_table(calls.table);
    SetReading(calls.reading, *abi.mutable_reading());
    abi.set_offered(calls.offered);
    for (const system::Call& call : calls.calls) {
      v1::AbiCalls::Call& row = *abi.add_calls();
      row.set_number(call.number);
      row.set_name(call.name);
      row.set_owner(call.owner);
      row.set_state(ToProto(call.state));
    }
  }
}

void SetModules(const system::System& system, v1::System& out) {
  SetReading(system.builtin_modules.reading, *out.mutable_builtin_modules()->mutable_reading());
  for (const system::BuiltinModule& module : system.builtin_modules.rows) {
    v1::BuiltinModules::Module& row = *out.mutable_builtin_modules()->add_modules();
    row.set_name(Printable(module.name));
    row.set_path(Printable(module.path));
  }
  SetReading(system.modules.reading, *out.mutable_modules()->mutable_reading());
  for (const system::LoadedModule& module : system.modules.rows) {
    v1::LoadedModules::Module& row = *out.mutable_modules()->add_modules();
    row.set_name(Printable(module.name));
    row.set_size(module.size);
    row.set_refcount(module.refcount);
    for (const std::string& user : module.users) row.add_users(Printable(user));
    row.set_state(Printable(module.state));
    row.set_taints(Printable(module.taints));
  }
}

void SetRegistered(const system::System& system, v1::System& out) {
  SetReading(system.filesystems.reading, *out.mutable_filesystems()->mutable_reading());
  for (const system::Filesystem& filesystem : system.filesystems.rows) {
    v1::Filesystems::Filesystem& row = *out.mutable_filesystems()->add_filesystems();
    row.set_name(Printable(filesystem.name));
    row.set_device(filesystem.device);
  }
  SetReading(system.protocols.reading, *out.mutable_protocols()->mutable_reading());
  for (const system::Protocol& protocol : system.protocols.rows) {
    v1::Protocols::Protocol& row = *out.mutable_protocols()->add_protocols();
    row.set_name(Printable(protocol.name));
    row.set_module(Printable(protocol.module));
  }
  SetReading(system.tracepoints.reading, *out.mutable_tracepoints()->mutable_reading());
  for (const system::Tracepoint& tracepoint : system.tracepoints.rows) {
    v1::Tracepoints::Tracepoint& row = *out.mutable_tracepoints()->add_tracepoints();
    row.set_name(tracepoint.name);
    row.set_required(tracepoint.required);
    row.set_presence(system::Name(tracepoint.presence));
    row.set_detail(Printable(tracepoint.detail));
  }
}

}  // namespace

void ToProto(const system::System& system, bool omit_config_values, v1::System& out) {
  SetFacts(system, out);
  SetConfig(system.config, omit_config_values, *out.mutable_config());
  SetCalls(system, out);
  SetModules(system, out);
  SetRegistered(system, out);
}

void ToProto(const system::System& system, const model::Footprint& footprint, v1::Coverage& out) {
  std::vector<system::Use> uses;
  for (const auto& [key, stats] : footprint.counts.calls) {
    const auto abi =
        key.abi < names::kAbiCount ? static_cast<names::Abi>(key.abi) : names::Abi::kUnknown;
    uses.push_back({.abi = abi, .number = key.number, .calls = stats.calls});
  }
  for (const system::CoverageRow& cover : system::Cover(system, uses)) {
    v1::Coverage::Row& row = *out.add_rows();
    row.set_abi(cover.abi);
    row.set_subsystem(std::string(names::SubsystemName(cover.subsystem)));
    row.set_title(std::string(names::Subsystems()[cover.subsystem].title));
    row.set_possible(cover.possible);
    row.set_used(cover.used);
    row.set_calls(cover.calls);
    if (cover.built_in) row.set_built_in(*cover.built_in);
    if (cover.used_not_built_in) row.set_used_not_built_in(*cover.used_not_built_in);
  }
  v1::Footprint whole;
  ToProto(footprint, /*omit_processes=*/true, whole);
  out.set_complete(whole.complete());
  *out.mutable_losses() = std::move(*whole.mutable_losses());
  *out.mutable_provenance() = std::move(*whole.mutable_provenance());
}

}  // namespace footprint::rpc
