// SPDX-License-Identifier: Apache-2.0
// The ledger of kernel modules: what the programs counted, settled with /proc/modules.
//
// A reference count by the ledger is what was there at the attach (by /proc/modules) or at the
// load (one, which the kernel gives back when the module has initialised), plus gets, less puts.
// At each pass it is compared with /proc/modules; a difference that stays is told, not hidden.
// Ownership: borrows source and clock.   Threads: collector thread only.
// Failure: what cannot be read in one pass is read in a later one; counts are cumulative.
#ifndef FOOTPRINT_DAEMON_MODULES_LEDGER_H_
#define FOOTPRINT_DAEMON_MODULES_LEDGER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/kernel/module_source.h"
#include "daemon/model/snapshot.h"
#include "daemon/modules/caller_table.h"
#include "daemon/modules/chronicle.h"
#include "daemon/modules/reading.h"

namespace footprint::modules {

class Ledger {
 public:
  struct Facts {
    bool has_modules = true;  // the kernel can load modules at all
    std::string object;       // that was loaded; "" when there is none
    std::string why_not;      // see model::ModuleTable
    std::vector<std::string> built_in;
  };
  struct EventSink {
    std::function<void(model::Event)> append;
    std::function<void(uint64_t)> lost;
  };

  // `source` may be null: then /proc/modules alone is told.
  Ledger(kernel::ModuleSource* source, const base::Clock& clock, Facts facts, Reader read_modules,
         World world, EventSink events);

  // Tells what happened since the last time, for when events wait. An event whose call site has no
  // known name waits for the next pass: looking names up costs a pass through all symbols.
  void Drain();
  // Reads and settles, if anything changed or a minute has passed.
  model::ModuleTablePtr Pass();

 private:
  struct Entry {
    model::Module info;  // sums and callers are filled in by Publish
    std::map<uint64_t, fp_module_counts> generations;
    uint64_t ended_loads = 0, ended_unloads = 0, ended_gets = 0, ended_puts = 0;
    // References of generation 0 that its gets and puts do not explain; unset until known.
    std::optional<int64_t> base;
    CallerTable callers;
    std::shared_ptr<const model::Module> published;
  };
  struct Request {
    model::ModuleRequest ended, all;
  };

  struct Waiting {
    model::Event event;
    std::shared_ptr<model::ModuleEvent> module;  // that of `event`
    uint64_t ip = 0;
  };
  using CallerEntry = std::pair<fp_module_caller_key, fp_module_caller>;
  using RequestEntry = std::pair<fp_request_key, fp_request>;

  void OnEvent(const fp_module_event& event);
  void TellKnown();
  Reading ReadSettled();
  std::map<std::string, int64_t> BasesOf(const Reading& reading) const;
  bool Agrees(const Reading& reading) const;
  void TakeCounts(const Reading& reading, uint32_t epoch);
  void TakeProc(const Reading& reading);
  void Compare(Entry& entry, const ProcModule* proc);
  void FoldFreed(const Reading& reading);
  void TakeDetail(uint32_t epoch);
  void TakeCaller(const CallerEntry& entry, bool final);
  void TakeRequest(const RequestEntry& entry, bool final);
  void NotePeak(Entry& entry, const fp_module_counts& counts, int64_t base, uint32_t epoch);
  Entry& EntryOf(const std::string& name);
  std::shared_ptr<const model::Module> Publish(Entry& entry);
  void Account(model::ModuleTable& table) const;

  kernel::ModuleSource* const source_;
  const base::Clock& clock_;
  const Facts facts_;
  const Reader read_modules_;
  Chronicle chronicle_;
  const EventSink events_;

  std::map<std::string, Entry> entries_;
  std::map<std::string, Request> requests_;
  std::deque<Waiting> waiting_;
  std::set<GenerationId> freed_;  // seen freed by the previous pass
  model::ModuleTablePtr table_;
  bool load_hook_ = true, reference_hooks_ = true;
  bool unsettled_ = false;  // a difference was found, or things moved: look again at the next pass
  uint64_t pass_ = 0, changes_ = 0, settled_ns_ = 0, events_dropped_ = 0;
};

}  // namespace footprint::modules

#endif  // FOOTPRINT_DAEMON_MODULES_LEDGER_H_
