// SPDX-License-Identifier: Apache-2.0
#include "daemon/collect/command_set.h"

#include <linux/types.h>

#include <algorithm>
#include <utility>

#include "daemon/model/units.h"

namespace footprint::collect {
namespace {

// A row with its node in the map, strings and counts.
size_t BytesOf(const model::Command& row) {
  constexpr size_t kNode = 160;
  // Most texts are shared with others, which may go before the row does.
  size_t text = 2 * row.comm.size();
  for (const model::SharedText* t :
       {&row.cgroup, &row.exe, &row.script, &row.unit, &row.container}) {
    text += model::BytesOf(*t);
  }
  return kNode + sizeof(model::Command) + text + model::BytesOf(row.counts);
}

// What gives way first: rows of cgroups where nothing runs; then coarse ones, so that a living unit
// keeps its own.
int Rank(const model::CommandName& name, const std::function<bool(const std::string&)>& in_use) {
  if (name.cgroup.str().ends_with(std::string("/") + model::kOther)) return 1;
  return in_use(name.cgroup) ? 2 : 0;
}

bool Tight(const CommandSet& set, const CommandSet::Limits& limits) {
  return !set.Fits({.rows = limits.rows - limits.rows / 8, .bytes = limits.bytes / 8 * 7});
}

// What nobody else holds may be changed where it is; all holders come by it on this thread.
template <typename Value>
std::shared_ptr<Value> ToChange(const std::shared_ptr<const Value>& value) {
  return value.use_count() == 1 ? std::const_pointer_cast<Value>(value)
                                : std::make_shared<Value>(*value);
}

}  // namespace

void CommandSet::DropDetailOf(model::Command& row) {
  model::Counts& counts = row.counts.Change();
  const model::Dropped dropped = model::DropDetail(counts);
  const auto lose = [&](model::Loss cause, uint64_t count) {
    if (count == 0) return;
    if (dropped_ == nullptr) dropped_ = std::make_unique<model::Losses>();
    dropped_->count[static_cast<size_t>(cause)] += count;
    model::Add(counts, model::Counts{.lost = {{static_cast<uint8_t>(cause), count}}});
  };
  lose(model::Loss::kObjectUnknown, dropped.objects);
  lose(model::Loss::kDetailDropped, dropped.errnos);
}

void CommandSet::AddAs(const model::CommandName& name, const model::Command& more) {
  const auto [it, fresh] = rows_.try_emplace(name);
  std::shared_ptr<model::Command> row;
  if (fresh) {
    row = std::make_shared<model::Command>();
    row->cgroup = name.cgroup;
    const bool same = more.cgroup == name.cgroup;
    row->unit = same ? more.unit : model::SharedText(model::UnitOf(name.cgroup));
    row->container = same ? more.container : model::SharedText(model::ContainerOf(name.cgroup));
    row->exe = name.exe;
    row->script = name.script;
    row->comm = name.comm;
    row->observer = name.observer;
    row->counts = more.counts;
  } else {
    bytes_ -= BytesOf(*it->second.row);
    row = ToChange(it->second.row);
    row->counts.Add(more.counts);
  }
  if (model::BytesOf(row->counts) > kMostRowBytes) DropDetailOf(*row);
  row->images += more.images;
  row->cgroup_lost = row->cgroup_lost || more.cgroup_lost;
  row->name_lost = row->name_lost || more.name_lost;
  bytes_ += BytesOf(*row);
  it->second = {.row = std::move(row), .touched = ++additions_};
}

void CommandSet::Add(const model::Command& more) { AddAs(model::NameOf(more), more); }

void CommandSet::Add(const CommandSet& more) {
  for (const auto& [name, entry] : more.rows_) AddAs(name, *entry.row);
}

std::vector<std::shared_ptr<const model::Command>> CommandSet::Rows() const {
  std::vector<std::shared_ptr<const model::Command>> rows;
  rows.reserve(rows_.size());
  for (const auto& [name, entry] : rows_) rows.push_back(entry.row);
  return rows;
}

std::vector<CommandSet::Map::iterator> CommandSet::OldestFirst() {
  std::vector<Map::iterator> order;
  order.reserve(rows_.size());
  for (auto it = rows_.begin(); it != rows_.end(); ++it) order.push_back(it);
  std::sort(order.begin(), order.end(),
            [](const auto& a, const auto& b) { return a->second.touched < b->second.touched; });
  return order;
}

void CommandSet::Shrink(const Limits& limits, const std::function<bool(const std::string&)>& in_use,
                        model::NameSketch& sketch) {
  if (Fits(limits)) return;
  // Each round folds every row that is there by one step at most, until there is room.
  for (bool folded = true; folded && Tight(*this, limits);) {
    folded = false;
    std::vector<Map::iterator> order = OldestFirst();
    std::stable_sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
      return Rank(a->first, in_use) < Rank(b->first, in_use);
    });
    const uint64_t now = additions_;
    for (const auto& it : order) {
      if (!Tight(*this, limits)) break;
      if (it->second.touched > now) continue;  // took rows in just now
      const model::CommandName from = it->first;
      model::CommandName to = from;
      if (!model::Coarsen(to)) continue;
      const std::shared_ptr<const model::Command> row = it->second.row;
      const model::Totals totals = model::Sum(row->counts);
      // A row that has lost calls alone had some, too.
      model::NoteFold(from, to, std::max<uint64_t>(totals.calls + totals.denied, 1), sketch);
      bytes_ -= BytesOf(*row);
      rows_.erase(it);
      AddAs(to, *row);
      folded = true;
    }
  }
}

void CommandSet::ShrinkTo(size_t rows) {
  if (rows_.size() <= rows) return;
  const std::vector<Map::iterator> order = OldestFirst();
  for (size_t i = 0; i + rows < order.size(); ++i) {
    model::CommandName to = order[i]->first;
    bool coarser = false;
    while (model::Coarsen(to)) coarser = true;
    if (!coarser) continue;
    const std::shared_ptr<const model::Command> row = order[i]->second.row;
    bytes_ -= BytesOf(*row);
    rows_.erase(order[i]);
    AddAs(to, *row);
  }
}

}  // namespace footprint::collect
