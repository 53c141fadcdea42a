// SPDX-License-Identifier: Apache-2.0
// Who took and gave back the references of one module: exact sums in a bounded number of rows.
// Ownership: owns its rows.   Threads: collector thread only.
// Failure: none; what finds no row of its own becomes part of "(other)", never lost.
#ifndef FOOTPRINT_DAEMON_MODULES_CALLER_TABLE_H_
#define FOOTPRINT_DAEMON_MODULES_CALLER_TABLE_H_

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "daemon/model/modules.h"

namespace footprint::modules {

class CallerTable {
 public:
  static constexpr size_t kProcesses = 256;  // rows of processes; older ones become their command's
  static constexpr size_t kCommands = 256;   // rows of commands, and of call sites of each

  // A new reading of the kernel's map begins: what was counted as present is forgotten.
  void BeginPresent() { present_.clear(); }
  // Of an entry that may still change: stands until the next BeginPresent.
  void AddPresent(const model::ModuleCaller& caller);
  // Of an entry that is final.
  void AddFinal(const model::ModuleCaller& caller);

  // All rows, by process.
  std::vector<model::ModuleCaller> Rows() const;

 private:
  using Id = std::tuple<uint32_t, uint64_t, std::string, uint64_t>;  // pid, start, comm, ip
  struct Row {
    std::string unit, site;  // as first known
    uint64_t gets = 0, puts = 0;
    uint64_t age = 0;  // when it was added to last
  };
  void Add(std::map<Id, Row>& rows, const model::ModuleCaller& caller);
  void MakeRoom();
  void FoldInto(const Id& command, const Row& row);

  std::map<Id, Row> present_;
  std::map<Id, Row> processes_;
  std::map<Id, Row> commands_;  // pid and start are 0
  uint64_t clock_ = 0;
};

}  // namespace footprint::modules

#endif  // FOOTPRINT_DAEMON_MODULES_CALLER_TABLE_H_
