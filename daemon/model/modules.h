// SPDX-License-Identifier: Apache-2.0
// Kernel modules as values: what each was used for since the attach, and in a window.
// Ownership: values; a table shares what did not change with the one before.
// Threads: any, once published.   Failure: none.
#ifndef FOOTPRINT_DAEMON_MODEL_MODULES_H_
#define FOOTPRINT_DAEMON_MODEL_MODULES_H_

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace footprint::model {

// A process as the kernel knew it when something happened. Strings are raw bytes.
struct Actor {
  uint32_t pid = 0;       // tgid; 0: unknown, or a row for ended processes
  uint64_t start_ns = 0;  // boot-time; 0: unknown
  std::string comm;
  std::string unit;
  auto operator<=>(const Actor&) const = default;
};

// Command of the row for callers that no other row has room for; its pid and ip are 0.
inline constexpr char kOtherCallers[] = "(other)";

// A row of who took references, and where in the kernel. pid 0: earlier callers of that name.
struct ModuleCaller {
  Actor actor;
  uint64_t ip = 0;   // call site
  std::string site;  // "chrdev_open+0x4f"; "" where no symbol is known
  uint64_t gets = 0, puts = 0;
};

// How a module came in, or went.
struct ModuleCause {
  int64_t realtime_ns = 0;
  Actor by;                  // who called init_module(2) or delete_module(2)
  std::string command_line;  // of it, blanks between; "" where unknown
  Actor parent;              // who started it; pid 0: unknown
  bool by_kernel = false;    // the parent is the kernel: modprobe for a request
  std::string request;       // the name that was asked for, if this answers a request
  Actor requester;           // who asked; pid 0: nobody
};

enum class ModuleState { kUnloaded, kLoading, kLive, kGoing, kBuiltIn };

// Most references within a pass. The peaks of a window are those of its passes.
struct ModulePeak {
  uint64_t pass = 0;
  int64_t refcount = 0;
};

struct Module {
  std::string name;
  ModuleState state = ModuleState::kUnloaded;
  // By the ledger, in the terms of /proc/modules; unset where the kernel keeps none.
  std::optional<int64_t> refcount;
  std::optional<int64_t> refcount_at_attach;
  bool loaded_at_attach = false;
  // What the ledger and /proc/modules do not agree about; "" when they do.
  std::string difference;
  uint64_t size = 0;               // bytes, /proc/modules
  std::string taints;              // "OE", /proc/modules
  std::vector<std::string> users;  // modules that hold it, /proc/modules
  std::vector<std::string> users_at_attach;
  // Seen since the attach.
  uint64_t loads = 0, unloads = 0, gets = 0, puts = 0;
  std::vector<ModulePeak>
      peaks;  // by pass; refcounts descend, so the first of a window is its most
  std::optional<ModuleCause> last_load, last_free;
  Actor first_user;  // who made the first get of the present generation; pid 0: nobody yet
  std::vector<ModuleCaller> callers;
};

struct ModuleRequest {
  std::string name;
  uint64_t waited = 0, not_waited = 0;
  Actor first;
  std::string site;  // of the first
};

struct ModuleLosses {
  uint64_t counts = 0, callers = 0, requests = 0, events = 0;
  bool operator==(const ModuleLosses&) const = default;
};

struct ModuleTable {
  uint64_t pass = 0;
  bool followed = false;                               // programs are attached
  std::string why_not;                                 // why not, or why less than all
  std::string object;                                  // modules | modules_core
  std::vector<std::shared_ptr<const Module>> modules;  // by name
  std::vector<ModuleRequest> requests;                 // by name
  ModuleLosses losses;
};
using ModuleTablePtr = std::shared_ptr<const ModuleTable>;

// A module in a window.
struct ModuleUse {
  std::shared_ptr<const Module> module;  // as it was at the end
  bool loaded_before = false, loaded_after = false;
  std::optional<int64_t> refcount_before, refcount_after;
  std::optional<int64_t> refcount_most;  // the highest seen in the window, both ends included
  std::vector<std::string> users_before;
  uint64_t loads = 0, unloads = 0, gets = 0, puts = 0;
  std::vector<ModuleCaller> callers;  // of the window

  bool Active() const { return loads + unloads + gets + puts != 0; }
};

// From `base`, or from the attach where that is null, to `end`. Modules that were not loaded at
// any time of it are left out, and built-in ones.
std::vector<ModuleUse> UseOf(const ModuleTable& end, const ModuleTable* base);

ModuleLosses Difference(const ModuleLosses& end, const ModuleLosses& base);

// Of a module event; see Event.
struct ModuleEvent {
  std::string name;  // of the module; of a request the name that was asked for
  bool wait = false;
  std::string site;
  ModuleCause cause;  // of load and free
};

}  // namespace footprint::model

#endif  // FOOTPRINT_DAEMON_MODEL_MODULES_H_
