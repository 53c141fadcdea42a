// SPDX-License-Identifier: Apache-2.0
// From the programs' events to what happened and why: who loaded a module, on whose behalf, and
// which call site asked.
// Ownership: owns a short memory of requests and of symbols; borrows nothing.
// Threads: collector thread only.
// Failure: what cannot be found out is empty, never guessed.
#ifndef FOOTPRINT_DAEMON_MODULES_CHRONICLE_H_
#define FOOTPRINT_DAEMON_MODULES_CHRONICLE_H_

#include <linux/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "bpf/abi/modules.h"
#include "daemon/model/modules.h"

namespace footprint::modules {

struct Symbol {
  std::string name;    // "chrdev_open"; "" where none is known
  std::string module;  // that holds it; "" for the kernel itself
  uint64_t offset = 0;
};

// What is asked of the system besides the programs.
struct World {
  std::function<std::string(uint64_t cgroup)> unit_of;    // "" where unknown
  std::function<std::string(uint32_t pid)> command_line;  // "" when it is gone
  // One answer for each address, in their order.
  std::function<std::vector<Symbol>(std::span<const uint64_t>)> symbols;
};

class Chronicle {
 public:
  explicit Chronicle(World world) : world_(std::move(world)) {}

  model::Actor ActorOf(const fp_module_event& event) const;
  // Of a load or a free.
  model::ModuleCause CauseOf(const fp_module_event& event, int64_t realtime_ns) const;
  // Remembers a request: the load that answers it follows.
  void NoteRequest(const fp_module_event& event);

  std::string UnitOf(uint64_t cgroup) const { return world_.unit_of(cgroup); }

  // Looks up those that are not known yet: one pass through the kernel's symbols for all.
  void Learn(std::span<const uint64_t> addresses);
  // 0, which has no symbol, is known.
  bool Knows(uint64_t address) const { return address == 0 || symbols_.contains(address); }
  // "chrdev_open+0x4f [module]"; "" where no symbol is known.
  std::string SiteOf(uint64_t address) const;
  // Its addresses may belong to another module soon.
  void ForgetSymbolsOf(const std::string& module);

 private:
  struct Request {
    std::string name;
    uint64_t when = 0;
    model::Actor by;
  };
  World world_;
  std::deque<Request> requests_;  // the latest
  std::map<uint64_t, Symbol> symbols_;
};

// Text of a char array that may lack its NUL.
template <size_t N>
std::string Text(const char (&array)[N]) {
  std::string text(array, N);
  text.resize(std::min(text.size(), text.find('\0')));
  return text;
}

}  // namespace footprint::modules

#endif  // FOOTPRINT_DAEMON_MODULES_CHRONICLE_H_
