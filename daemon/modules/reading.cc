// SPDX-License-Identifier: Apache-2.0
#include "daemon/modules/reading.h"

#include <algorithm>

#include "daemon/modules/chronicle.h"

namespace footprint::modules {

int64_t Held(const fp_module_counts& counts, int64_t base) {
  return base + static_cast<int64_t>(counts.gets) - static_cast<int64_t>(counts.puts);
}

bool Unloaded(const fp_module_counts& counts) { return counts.unloads != 0; }

const ProcModule* Reading::Find(const std::string& name) const {
  const auto it = proc.find(name);
  return it == proc.end() ? nullptr : &it->second;
}

bool Reading::LoadSeen(const std::string& name) const {
  for (auto it = counts.lower_bound({name, 0}); it != counts.end() && it->first.first == name;
       ++it) {
    if (it->second.loads != 0 && !Unloaded(it->second)) return true;
  }
  return false;
}

Reading ReadOnce(kernel::ModuleSource* source, const Reader& read_modules) {
  Reading reading;
  const uint64_t before = source == nullptr ? 0 : source->Changes();
  if (auto proc = read_modules(); proc.ok()) {
    reading.told = true;
    for (ProcModule& module : *proc) reading.proc.emplace(module.name, std::move(module));
  }
  if (source == nullptr) {
    reading.counted = reading.quiet = true;
    return reading;
  }
  const absl::Status walked =
      source->WalkModules([&](const fp_module_key& key, const fp_module_counts& counts) {
        reading.counts[{Text(key.name), key.loaded_ns}] = counts;
      });
  reading.counted = walked.ok();
  reading.quiet = walked.ok() && source->Changes() == before;
  return reading;
}

}  // namespace footprint::modules
