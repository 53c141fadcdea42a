// SPDX-License-Identifier: Apache-2.0
#include "data/names.h"

#include <algorithm>
#include <iterator>

namespace footprint::names {
namespace {

struct ErrnoRow {
  int value;
  std::string_view name;
};

#include "data/tables.inc"

struct AbiRow {
  std::string_view name;
  std::span<const SyscallRow> rows;
  std::string_view inputs;
};

// By value of Abi.
constexpr AbiRow kAbis[kAbiCount] = {
    {"unknown", {}, {}},
    {"x86_64", kSyscalls_x86_64, kInputs_x86_64},
    {"i386", kSyscalls_i386, kInputs_i386},
    {"x32", kSyscalls_x32, kInputs_x32},
    {"arm64", kSyscalls_arm64, kInputs_arm64},
    {"arm", kSyscalls_arm, kInputs_arm},
    {"riscv64", kSyscalls_riscv64, kInputs_riscv64},
};

static_assert(std::size(kSubsystems) <= 32, "FP_SUBSYSTEMS of bpf/abi/footprint.h");
static_assert(kSubsystems[0].name == "unknown");

const AbiRow& RowOf(Abi abi) {
  const auto index = static_cast<size_t>(abi);
  return kAbis[index < std::size(kAbis) ? index : 0];
}

}  // namespace

std::span<const SubsystemRow> Subsystems() { return kSubsystems; }

std::string_view SubsystemName(uint8_t index) {
  return kSubsystems[index < std::size(kSubsystems) ? index : 0].name;
}

std::span<const OwnerRule> OwnerRules() { return kOwnerRules; }

const OwnerRule* RuleOf(const SyscallRow& row) {
  const OwnerRule* chosen = nullptr;
  for (const OwnerRule& rule : kOwnerRules) {
    if (rule.call || row.definition.empty() || !row.definition.starts_with(rule.what)) continue;
    if (chosen == nullptr || rule.what.size() > chosen->what.size()) chosen = &rule;
  }
  for (const OwnerRule& rule : kOwnerRules) {
    if (!rule.call || rule.what != row.name) continue;
    if (chosen == nullptr || rule.subsystem != chosen->subsystem) chosen = &rule;
  }
  return chosen;
}

std::string_view TableInputs(Abi abi) { return RowOf(abi).inputs; }

std::span<const SyscallRow> Syscalls(Abi abi) { return RowOf(abi).rows; }

const SyscallRow* FindSyscall(Abi abi, int32_t number) {
  const auto rows = Syscalls(abi);
  const auto row = std::ranges::lower_bound(rows, number, {}, &SyscallRow::number);
  return row != rows.end() && row->number == number ? &*row : nullptr;
}

const SyscallRow* FindSyscall(Abi abi, std::string_view name) {
  const auto rows = Syscalls(abi);
  const auto row = std::ranges::find(rows, name, &SyscallRow::name);
  return row != rows.end() ? &*row : nullptr;
}

std::string SyscallName(Abi abi, int32_t number) {
  const SyscallRow* row = FindSyscall(abi, number);
  if (row != nullptr) return std::string(row->name);
  return number == kOtherNumbers ? "unknown" : "unknown:" + std::to_string(number);
}

uint8_t OwnerOf(Abi abi, int32_t number) {
  const SyscallRow* row = FindSyscall(abi, number);
  return row != nullptr ? row->subsystem : 0;
}

std::string_view AbiName(Abi abi) { return RowOf(abi).name; }

Abi AbiFromName(std::string_view name) {
  const auto* row = std::ranges::find(kAbis, name, &AbiRow::name);
  return row != std::end(kAbis) ? static_cast<Abi>(row - kAbis) : Abi::kUnknown;
}

std::string ErrnoName(int value) {
  const auto* row = std::ranges::lower_bound(kErrnos, value, {}, &ErrnoRow::value);
  if (row != std::end(kErrnos) && row->value == value) return std::string(row->name);
  return "errno:" + std::to_string(value);
}

}  // namespace footprint::names
