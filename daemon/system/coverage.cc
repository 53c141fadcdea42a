// SPDX-License-Identifier: Apache-2.0
#include "daemon/system/coverage.h"

#include <map>

namespace footprint::system {
namespace {

using Counted = std::map<int32_t, uint64_t>;  // number: calls

const AbiCalls* Find(const System& system, std::string_view abi) {
  for (const AbiCalls& calls : system.abis) {
    if (calls.abi == abi) return &calls;
  }
  return nullptr;
}

void CoverAbi(names::Abi abi, const AbiCalls* kernel, const Counted& counted,
              std::vector<CoverageRow>& out) {
  std::map<uint8_t, CoverageRow> rows;
  const bool known = kernel != nullptr && kernel->reading.problem.empty();
  const auto row_of = [&](uint8_t subsystem) -> CoverageRow& {
    const auto [place, fresh] = rows.try_emplace(subsystem);
    if (fresh) {
      place->second.abi = std::string(names::AbiName(abi));
      place->second.subsystem = subsystem;
      if (known) place->second.built_in = place->second.used_not_built_in = 0;
    }
    return place->second;
  };
  std::map<int32_t, CallState> states;
  if (known) {
    for (const Call& call : kernel->calls) states[call.number] = call.state;
  }
  for (const names::SyscallRow& call : names::Syscalls(abi)) {
    CoverageRow& row = row_of(call.subsystem);
    ++row.possible;
    if (known) *row.built_in += states[call.number] == CallState::kBuiltIn;
  }
  for (const auto& [number, calls] : counted) {
    CoverageRow& row = row_of(names::OwnerOf(abi, number));
    ++row.used;
    row.calls += calls;
    if (known) *row.used_not_built_in += states[number] != CallState::kBuiltIn;
  }
  for (auto& [subsystem, row] : rows) out.push_back(std::move(row));
}

}  // namespace

std::vector<CoverageRow> Cover(const System& system, std::span<const Use> uses) {
  std::map<names::Abi, Counted> counted;
  for (const Use& use : uses) {
    if (use.calls != 0) counted[use.abi][use.number] += use.calls;
  }
  std::vector<CoverageRow> rows;
  std::map<names::Abi, bool> done;
  for (const AbiCalls& kernel : system.abis) {
    const names::Abi abi = names::AbiFromName(kernel.abi);
    // An ABI that cannot be offered is of interest only where somebody tried.
    const bool may = kernel.offered || !kernel.reading.problem.empty();
    if (!may && !counted.contains(abi)) continue;
    CoverAbi(abi, &kernel, counted[abi], rows);
    done[abi] = true;
  }
  for (const auto& [abi, numbers] : counted) {
    if (!done.contains(abi)) CoverAbi(abi, Find(system, names::AbiName(abi)), numbers, rows);
  }
  return rows;
}

}  // namespace footprint::system
