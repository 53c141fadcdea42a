// SPDX-License-Identifier: Apache-2.0
// The module ledger put together: programs, ledger, and what the ledger asks of the system.
// Ownership: owns probe and ledger; borrows clock, procfs, symbols and event log.
// Threads: collector thread only.
// Failure: none; without programs /proc/modules alone is told, and the reason with it.
#ifndef FOOTPRINT_DAEMON_APP_MODULE_ROOM_H_
#define FOOTPRINT_DAEMON_APP_MODULE_ROOM_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/collect/procfs.h"
#include "daemon/kernel/module_probe.h"
#include "daemon/modules/ledger.h"
#include "daemon/objects/symbols.h"
#include "daemon/store/store.h"

namespace footprint::app {

class ModuleRoom {
 public:
  // Path of a cgroup by its id; "" where it is not known.
  using PathOf = std::function<std::string(uint64_t)>;

  // On a kernel that cannot load modules nothing is loaded, and the hooks say so.
  static std::unique_ptr<ModuleRoom> Create(kernel::ObjectChoice choice, const base::Clock& clock,
                                            const collect::Procfs& procfs,
                                            const objects::Symbols& symbols,
                                            const std::string& release, store::EventLog& events,
                                            PathOf path_of);

  // Readable when events wait; -1: never.
  int event_fd() const { return probe_ == nullptr ? -1 : probe_->event_fd(); }
  void Drain() { ledger_->Drain(); }
  // Adds the ledger's table and its hooks.
  void Complete(model::Snapshot& snapshot);

 private:
  ModuleRoom(const collect::Procfs& procfs, const objects::Symbols& symbols, PathOf path_of)
      : procfs_(procfs), symbols_(symbols), path_of_(std::move(path_of)) {}
  void Load(kernel::ObjectChoice choice, modules::Ledger::Facts& facts);
  modules::World MakeWorld();
  std::string UnitOf(uint64_t cgroup);
  std::vector<modules::Symbol> Symbols(std::span<const uint64_t> addresses);

  const collect::Procfs& procfs_;
  const objects::Symbols& symbols_;
  bool symbols_shown_ = true;
  const PathOf path_of_;
  std::vector<kernel::HookState> no_hooks_;
  uint64_t kernel_bytes_ = 0;
  std::unique_ptr<kernel::ModuleProbe> probe_;
  std::unique_ptr<modules::Ledger> ledger_;
};

}  // namespace footprint::app

#endif  // FOOTPRINT_DAEMON_APP_MODULE_ROOM_H_
