// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/owners.h"

#include "data/names.h"

namespace footprint::app {
namespace {

uint8_t Flag(names::CallTrait trait) {
  switch (trait) {
    case names::CallTrait::kNone:
      return 0;
    case names::CallTrait::kNeverError:
      return FP_OWNER_NEVER_ERROR;
    case names::CallTrait::kNoReturn:
      return FP_OWNER_NO_RETURN;
    case names::CallTrait::kExec:
      return FP_OWNER_EXEC;
  }
  return 0;
}

// As owner_of() in bpf/lib/call.bpf.h finds it; -1: not in the table.
int ColumnOf(names::Abi abi, int32_t number) {
  if (abi == names::Abi::kArm && number >= FP_ARM_PRIVATE) {
    number = number - FP_ARM_PRIVATE + FP_ARM_PRIVATE_ROW;
  }
  return number >= 0 && number < FP_OWNER_NUMBERS ? number : -1;
}

}  // namespace

std::unique_ptr<kernel::OwnerTable> MakeOwnerTable() {
  auto table = std::make_unique<kernel::OwnerTable>();
  for (int abi = 1; abi < names::kAbiCount; ++abi) {
    for (const names::SyscallRow& row : names::Syscalls(static_cast<names::Abi>(abi))) {
      const int column = ColumnOf(static_cast<names::Abi>(abi), row.number);
      if (column < 0) continue;
      (*table)[abi][column] = (row.subsystem & FP_OWNER_MASK) | Flag(row.trait);
    }
  }
  return table;
}

}  // namespace footprint::app
