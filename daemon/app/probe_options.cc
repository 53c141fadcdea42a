// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/probe_options.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "daemon/app/measuring.h"
#include "daemon/app/origin.h"
#include "daemon/app/tiers.h"
#include "data/ioctls.h"

namespace footprint::app {
namespace {

// The most slots that there may be. What does not fit into the daemon's own limit is said.
uint32_t MostSlots(const Config& config) {
  const uint64_t limit = MemoryLimit("");
  const uint64_t asked = static_cast<uint64_t>(config.slot_memory_mib) << 20;
  const uint32_t slots = config.slots != 0
                             ? config.slots
                             : SlotsWithin(asked != 0 ? asked : SlotBudget(MemoryBytes(), limit));
  const uint64_t bytes = uint64_t{slots} * sizeof(fp_slot);
  if (limit != kNoLimit && bytes > limit / 4 * 3) {
    spdlog::warn(
        "{} slots take up to {} MiB, and this service may take {} MiB in all: lower slots or "
        "slot_memory_mib, or raise MemoryHigh and MemoryMax of the unit",
        slots, bytes >> 20, limit >> 20);
  }
  return slots;
}

}  // namespace

kernel::ObjectChoice ChoiceOf(const Config& config) {
  if (config.object == "core") return kernel::ObjectChoice::kCore;
  if (config.object == "plain") return kernel::ObjectChoice::kPlain;
  return config.object == "full" ? kernel::ObjectChoice::kFull : kernel::ObjectChoice::kAuto;
}

kernel::Options ProbeOptions(const Config& config, const kernel::OwnerTable& owners) {
  kernel::Options options;
  options.object = ChoiceOf(config);
  options.measure = MeasureOf(config.tier).value_or(FP_MEASURE_ALL);
  options.slots = MostSlots(config);
  options.spill_entries = config.spill_entries;
  options.classes =
      config.object_classes != 0 ? config.object_classes : DefaultClasses(MemoryBytes());
  options.commands = 2 * options.classes;
  options.class_commands = options.classes / 2;
  // A ring is a whole number of pages, which may be 64 KiB.
  options.ring_bytes = std::max<int64_t>(config.ring_kib * 1024, sysconf(_SC_PAGESIZE));
  options.disable_hooks = config.disable_hooks;
  options.ignore_commands = config.ignore_commands;
  options.owners = &owners;
  options.known_commands = names::IoctlCommands();
  return options;
}

}  // namespace footprint::app
