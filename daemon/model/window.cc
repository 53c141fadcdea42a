// SPDX-License-Identifier: Apache-2.0
// The difference of two footprints of one scope.
#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "daemon/model/command_name.h"
#include "daemon/model/completeness.h"
#include "daemon/model/minus.h"
#include "daemon/model/scope.h"

namespace footprint::model {
namespace {

// A life's image in one cgroup; of a folded row the name.
using RowId = std::tuple<LifeId, uint32_t, uint64_t, CommandName>;

RowId IdOf(const Row& row) {
  if (row.life == nullptr) return {LifeId{}, 0, 0, NameOf(*row.command)};
  return {row.life->id, row.image->number, row.image->cgroup_id, CommandName{}};
}

// Takes `base` from a row as far as that has so much, and from what is left of `base` as well.
void Subtract(Row& row, Row& base) {
  const auto take = [](uint64_t& from, uint64_t& what) {
    const uint64_t taken = std::min(from, what);
    from -= taken;
    what -= taken;
  };
  take(row.totals.calls, base.totals.calls);
  take(row.totals.errors, base.totals.errors);
  take(row.totals.denied, base.totals.denied);
  take(row.totals.unfinished, base.totals.unfinished);
  take(row.totals.total_ns, base.totals.total_ns);
  take(row.folded, base.folded);
}

bool Empty(const Totals& totals) { return totals.calls == 0 && totals.denied == 0; }

// Rows of the window. What was a process at its start may have been folded by its end, and what was
// a row of ended processes may have become part of a coarser one: its calls are taken from there.
std::vector<Row> WindowRows(const Footprint& end, const Footprint& base) {
  std::map<RowId, Row> rows;
  for (const Row& row : end.rows) rows.emplace(IdOf(row), row);
  for (Row left : base.rows) {
    if (const auto it = rows.find(IdOf(left)); it != rows.end()) Subtract(it->second, left);
    CommandName name =
        left.image != nullptr ? NameOf(*left.image, left.life->observer) : NameOf(*left.command);
    bool more = left.image != nullptr || Coarsen(name);
    for (; more && !Empty(left.totals); more = Coarsen(name)) {
      const auto it = rows.find({LifeId{}, 0, 0, name});
      if (it != rows.end()) Subtract(it->second, left);
    }
  }
  std::vector<Row> window;
  for (auto& [id, row] : rows) {
    if (!Empty(row.totals)) window.push_back(std::move(row));
  }
  std::stable_sort(window.begin(), window.end(),
                   [](const Row& a, const Row& b) { return a.totals.calls > b.totals.calls; });
  return window;
}

}  // namespace

Footprint Difference(const Footprint& end, const Footprint& base) {
  Footprint d = end;
  d.counts = Difference(end.counts, base.counts);
  JudgeWindow(end, base, d);
  d.observer_calls = Minus(end.observer_calls, base.observer_calls);
  d.start_realtime_ns = base.end_realtime_ns;
  d.start_boottime_ns = base.end_boottime_ns;
  d.modules_base = base.modules;
  d.tier_changes_base = base.tiers == nullptr ? 0 : base.tiers->total;
  d.cost = Difference(end.cost, base.cost);
  d.rows = WindowRows(end, base);
  return d;
}

}  // namespace footprint::model
