// SPDX-License-Identifier: Apache-2.0
// Which calls of each table a kernel really has, by its symbols.
// Ownership: values.   Threads: any.   Failure: said in each Reading; every state is then unknown.
// Source: /proc/kallsyms; kernel/sys_ni.c, arch/*/include/asm/syscall_wrapper.h.
#ifndef FOOTPRINT_DAEMON_SYSTEM_KERNEL_CALLS_H_
#define FOOTPRINT_DAEMON_SYSTEM_KERNEL_CALLS_H_

#include <string>
#include <string_view>
#include <vector>

#include "daemon/system/system.h"

namespace footprint::system {

// One AbiCalls for each ABI that a kernel of this machine (as uname(2) says) may offer; none for a
// machine without a table.
std::vector<AbiCalls> ReadCalls(const std::string& root, std::string_view machine);

}  // namespace footprint::system

#endif  // FOOTPRINT_DAEMON_SYSTEM_KERNEL_CALLS_H_
