// SPDX-License-Identifier: Apache-2.0
// The daemon's settings. Every key is documented in packaging/footprintd.toml.
// Ownership: values.   Threads: read once, at start.
// Failure: INVALID_ARGUMENT that names file, line and key.
#ifndef FOOTPRINT_DAEMON_APP_CONFIG_H_
#define FOOTPRINT_DAEMON_APP_CONFIG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace footprint::app {

struct Config {
  std::string listen = "unix:/run/footprintd/query.sock";
  std::string tier = "full";    // calls | errors | latency | full
  std::string object = "auto";  // auto | core | full | plain
  double cpu_budget = 0;        // percent of one core; 0: nothing is ever shed
  bool calibrate = true;
  int64_t interval_ms = 1000;
  int64_t slots = 0;            // 0: as many as slot_memory_mib allows
  int64_t slot_memory_mib = 0;  // 0: from the memory of the machine and the daemon's limit
  int64_t spill_entries = 2048;
  int64_t object_classes = 0;  // 0: from the machine's memory
  int64_t ring_kib = 256;
  int64_t max_dead_images = 512;
  int64_t max_commands = 4096;
  int64_t max_recordings = 64;
  int64_t max_connections = 128;
  std::vector<std::string> disable_hooks;
  std::vector<std::string> ignore_syscalls, ignore_commands, ignore_units;
  std::string log_level = "info";
  std::string log_to = "auto";
};

// Errors: INVALID_ARGUMENT for a file that cannot be read (a directory cannot), a malformed file,
// an unknown key, a value of the wrong type or out of range.
absl::StatusOr<Config> LoadConfig(const std::string& path);

}  // namespace footprint::app

#endif  // FOOTPRINT_DAEMON_APP_CONFIG_H_
