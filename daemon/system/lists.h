// SPDX-License-Identifier: Apache-2.0
// What is built in, loaded and registered.
// Ownership: values.   Threads: any.   Failure: said in each list's Reading.
// Source: /lib/modules/RELEASE/modules.builtin, /proc/modules, /proc/filesystems,
//   /proc/net/protocols, bpf(2) by daemon/features.
#ifndef FOOTPRINT_DAEMON_SYSTEM_LISTS_H_
#define FOOTPRINT_DAEMON_SYSTEM_LISTS_H_

#include <string>
#include <vector>

#include "daemon/features/features.h"
#include "daemon/system/system.h"

namespace footprint::system {

List<BuiltinModule> ReadBuiltinModules(const std::string& root, const std::string& release);
List<LoadedModule> ReadModules(const std::string& root);
List<Filesystem> ReadFilesystems(const std::string& root);
List<Protocol> ReadProtocols(const std::string& root);
// The hooks among the findings. Without the capabilities to try them, one that is not present is
// unknown.
List<Tracepoint> TracepointsOf(const std::vector<features::Finding>& findings,
                               const std::string& missing_capabilities);

}  // namespace footprint::system

#endif  // FOOTPRINT_DAEMON_SYSTEM_LISTS_H_
