// SPDX-License-Identifier: Apache-2.0
#include "daemon/modules/caller_table.h"

#include <algorithm>

namespace footprint::modules {

void CallerTable::Add(std::map<Id, Row>& rows, const model::ModuleCaller& caller) {
  const model::Actor& actor = caller.actor;
  Row& row = rows[{actor.pid, actor.start_ns, actor.comm, caller.ip}];
  if (row.unit.empty()) row.unit = actor.unit;
  if (row.site.empty()) row.site = caller.site;
  row.gets += caller.gets;
  row.puts += caller.puts;
  row.age = ++clock_;
}

void CallerTable::AddPresent(const model::ModuleCaller& caller) { Add(present_, caller); }

void CallerTable::AddFinal(const model::ModuleCaller& caller) {
  Add(processes_, caller);
  if (processes_.size() > kProcesses) MakeRoom();
}

void CallerTable::FoldInto(const Id& command, const Row& row) {
  auto it = commands_.find(command);
  if (it == commands_.end() && commands_.size() < kCommands) {
    it = commands_.try_emplace(command).first;
  }
  Row& to = it != commands_.end() ? it->second : commands_[{0, 0, model::kOtherCallers, 0}];
  if (it != commands_.end() && to.site.empty()) to.site = row.site;
  to.gets += row.gets;
  to.puts += row.puts;
}

// The older half moves, so that this is rare.
void CallerTable::MakeRoom() {
  std::vector<uint64_t> ages;
  for (const auto& [id, row] : processes_) ages.push_back(row.age);
  const auto middle = ages.begin() + ages.size() / 2;
  std::nth_element(ages.begin(), middle, ages.end());
  std::erase_if(processes_, [&](const auto& entry) {
    const auto& [id, row] = entry;
    if (row.age >= *middle) return false;
    FoldInto({0, 0, std::get<2>(id), std::get<3>(id)}, row);
    return true;
  });
}

std::vector<model::ModuleCaller> CallerTable::Rows() const {
  std::map<Id, Row> all = processes_;
  for (const auto* rows : {&present_, &commands_}) {
    for (const auto& [id, row] : *rows) {
      Row& sum = all[id];
      if (sum.unit.empty()) sum.unit = row.unit;
      if (sum.site.empty()) sum.site = row.site;
      sum.gets += row.gets;
      sum.puts += row.puts;
    }
  }
  std::vector<model::ModuleCaller> out;
  for (const auto& [id, row] : all) {
    const auto& [pid, start_ns, comm, ip] = id;
    out.push_back({.actor = {.pid = pid, .start_ns = start_ns, .comm = comm, .unit = row.unit},
                   .ip = ip,
                   .site = row.site,
                   .gets = row.gets,
                   .puts = row.puts});
  }
  return out;
}

}  // namespace footprint::modules
