// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/owners.h"

#include <algorithm>
#include <bit>

#include "data/names.h"

namespace footprint::app {
namespace {

uint32_t Flag(names::CallTrait trait) {
  switch (trait) {
    case names::CallTrait::kNone:
      return 0;
    case names::CallTrait::kIntResult:
      return FP_OWNER_INT_RESULT;
    case names::CallTrait::kNeverError:
      return FP_OWNER_NEVER_ERROR;
    case names::CallTrait::kNoReturn:
      return FP_OWNER_NO_RETURN;
    case names::CallTrait::kExec:
      return FP_OWNER_EXEC;
  }
  return 0;
}

// The FP_OWNER_ bits about descriptors.
uint32_t DescriptorBits(const names::Descriptors& d) {
  uint32_t bits = (d.first + 1) << FP_OWNER_FD_SHIFT | (d.second + 1) << FP_OWNER_FD2_SHIFT;
  if (d.ioctl) bits |= FP_OWNER_IOCTL;
  if (d.returns) bits |= FP_OWNER_MAKES_FD;
  if (d.unless_argument < 0) return bits;
  // One bit, or any: what the tables say so far, and a test holds them to.
  const uint32_t bit =
      std::has_single_bit(d.unless_mask) ? std::countr_zero(d.unless_mask) : FP_OWNER_ANY_BIT;
  return bits | (d.unless_argument + 1) << FP_OWNER_UNLESS_SHIFT | bit << FP_OWNER_BIT_SHIFT;
}

// As owner_of() in bpf/lib/call.bpf.h finds it; -1: not in the table.
int ColumnOf(names::Abi abi, int32_t number) {
  if (abi == names::Abi::kArm && number >= FP_ARM_PRIVATE) {
    number = number - FP_ARM_PRIVATE + FP_ARM_PRIVATE_ROW;
  }
  return number >= 0 && number < FP_OWNER_NUMBERS ? number : -1;
}

}  // namespace

std::unique_ptr<kernel::OwnerTable> MakeOwnerTable(const std::vector<std::string>& ignored) {
  auto table = std::make_unique<kernel::OwnerTable>();
  for (int abi = 1; abi < names::kAbiCount; ++abi) {
    for (const names::SyscallRow& row : names::Syscalls(static_cast<names::Abi>(abi))) {
      const int column = ColumnOf(static_cast<names::Abi>(abi), row.number);
      if (column < 0) continue;
      (*table)[abi][column] =
          (row.subsystem & FP_OWNER_MASK) | Flag(row.trait) | DescriptorBits(row.descriptors);
      if (std::find(ignored.begin(), ignored.end(), row.name) != ignored.end()) {
        (*table)[abi][column] |= FP_OWNER_IGNORE;
      }
    }
  }
  return table;
}

}  // namespace footprint::app
