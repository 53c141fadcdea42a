// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/scope.h"

#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"

namespace footprint::model {
namespace {

// Collects what a scope selects. Many small Counts are added at the end, pairwise, so
// that a system of thousands of processes is not merged one by one into a long vector.
class Selection {
 public:
  void Take(const std::shared_ptr<const Life>& life, const std::shared_ptr<const Image>& image) {
    if (image->counts == nullptr) return;
    parts_.push_back(image->counts);
    rows_.push_back(
        {.life = life, .image = image, .command = nullptr, .totals = Sum(*image->counts)});
  }
  // Lives of a tree may each have folded the same command: one row.
  void Take(const std::shared_ptr<const Command>& command) {
    parts_.push_back(command->counts);
    const Totals more = Sum(*command->counts);
    const auto key = std::tie(command->unit, command->exe, command->comm);
    const auto [it, fresh] = folded_.emplace(key, rows_.size());
    if (fresh) {
      rows_.push_back({.life = nullptr, .image = nullptr, .command = command, .totals = {}});
    }
    Row& row = rows_[it->second];
    row.folded += command->images;
    row.totals.calls += more.calls;
    row.totals.errors += more.errors;
    row.totals.denied += more.denied;
    row.totals.unfinished += more.unfinished;
    row.totals.total_ns += more.total_ns;
  }

  Footprint Finish(const Snapshot& snapshot) && {
    Footprint f;
    f.counts = AddUp(0, parts_.size());
    std::stable_sort(rows_.begin(), rows_.end(),
                     [](const Row& a, const Row& b) { return a.totals.calls > b.totals.calls; });
    f.rows = std::move(rows_);
    f.losses = snapshot.losses;
    f.overflow_calls = snapshot.losses[Loss::kCallsUnattributed];
    f.origin = snapshot.origin;
    f.objects = snapshot.objects;
    f.modules = snapshot.modules;
    f.tiers = snapshot.tiers;
    f.cost = snapshot.cost;
    if (f.origin != nullptr) {
      f.start_realtime_ns = f.origin->attached_realtime_ns;
      f.start_boottime_ns = f.origin->attached_boottime_ns;
    }
    f.end_realtime_ns = snapshot.realtime_ns;
    f.end_boottime_ns = snapshot.boottime_ns;
    return f;
  }

 private:
  Counts AddUp(size_t begin, size_t end) const {
    if (begin == end) return {};
    if (end - begin == 1) return *parts_[begin];
    const size_t middle = begin + (end - begin) / 2;
    Counts sum = AddUp(begin, middle);
    Add(sum, AddUp(middle, end));
    return sum;
  }

  std::map<std::tuple<std::string, std::string, std::string>, size_t> folded_;
  std::vector<std::shared_ptr<const Counts>> parts_;
  std::vector<Row> rows_;
};

bool Matches(const std::string& pattern, const std::string& comm, const std::string& exe) {
  auto glob = [&](const std::string& text) {
    return !text.empty() && fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
  };
  const size_t slash = exe.rfind('/');
  return glob(comm) || glob(exe) || (slash != std::string::npos && glob(exe.substr(slash + 1)));
}

bool InUnit(const std::string& wanted, const std::string& unit, const std::string& cgroup) {
  return unit == wanted || (!cgroup.empty() && cgroup == wanted);
}

const std::shared_ptr<const Life>* Find(const Snapshot& snapshot, const LifeId& id) {
  auto it =
      std::lower_bound(snapshot.lives.begin(), snapshot.lives.end(), id,
                       [](const auto& life, const LifeId& wanted) { return life->id < wanted; });
  return it != snapshot.lives.end() && (*it)->id == id ? &*it : nullptr;
}

// The root and everything below it.
std::set<LifeId> Descendants(const Snapshot& snapshot, const LifeId& root) {
  std::multimap<LifeId, LifeId> children;
  for (const auto& life : snapshot.lives) children.emplace(life->parent, life->id);
  std::set<LifeId> members{root};
  std::vector<LifeId> open{root};
  while (!open.empty()) {
    const auto [first, last] = children.equal_range(open.back());
    open.pop_back();
    for (auto it = first; it != last; ++it) {
      if (members.insert(it->second).second) open.push_back(it->second);
    }
  }
  return members;
}

absl::StatusOr<Footprint> EvaluateLives(const Snapshot& snapshot, const Scope& scope) {
  LifeId root;
  if (scope.life.has_value()) {
    root = *scope.life;
  } else {
    auto resolved = Resolve(snapshot, scope.pid);
    if (!resolved.ok()) return resolved.status();
    root = *resolved;
  }
  const bool tree = scope.kind == Scope::Kind::kTree;
  const std::set<LifeId> members = tree ? Descendants(snapshot, root) : std::set<LifeId>{root};
  Selection selection;
  bool found = false;
  for (const LifeId& id : members) {
    const auto* life = Find(snapshot, id);
    if (life == nullptr) continue;
    found = true;
    for (const auto& image : (*life)->images) {
      const bool skip = id == root && scope.skip_root_images_through.has_value() &&
                        image->number <= *scope.skip_root_images_through;
      if (!skip) selection.Take(*life, image);
    }
    for (const auto& command : (*life)->folded_images) selection.Take(command);
    if (!tree) continue;
    for (const auto& command : (*life)->folded_descendants) selection.Take(command);
  }
  if (!found) return absl::NotFoundError(absl::StrCat("no process ", root.pid, " is known"));
  return std::move(selection).Finish(snapshot);
}

absl::StatusOr<Footprint> EvaluateNames(const Snapshot& snapshot, const Scope& scope) {
  const bool by_command = scope.kind == Scope::Kind::kCommand;
  Selection selection;
  bool found = false;
  for (const auto& life : snapshot.lives) {
    for (const auto& image : life->images) {
      if (by_command ? Matches(scope.pattern, image->comm, image->exe)
                     : InUnit(scope.pattern, image->unit, image->cgroup)) {
        found = true;
        selection.Take(life, image);
      }
    }
  }
  for (const auto& command : snapshot.commands) {
    if (by_command ? Matches(scope.pattern, command->comm, command->exe)
                   : InUnit(scope.pattern, command->unit, "")) {
      found = true;
      selection.Take(command);
    }
  }
  if (!found) {
    return absl::NotFoundError(
        absl::StrCat("no ", by_command ? "command" : "unit", " matches \"", scope.pattern, "\""));
  }
  return std::move(selection).Finish(snapshot);
}

Footprint EvaluateSystem(const Snapshot& snapshot) {
  Selection selection;
  uint64_t observer_calls = 0;
  for (const auto& life : snapshot.lives) {
    for (const auto& image : life->images) {
      if (life->observer) {
        if (image->counts != nullptr) observer_calls += Sum(*image->counts).calls;
      } else {
        selection.Take(life, image);
      }
    }
  }
  for (const auto& command : snapshot.commands) {
    if (command->observer) {
      observer_calls += Sum(*command->counts).calls;
    } else {
      selection.Take(command);
    }
  }
  Footprint f = std::move(selection).Finish(snapshot);
  f.observer_calls = observer_calls;
  return f;
}

using RowId = std::tuple<LifeId, uint32_t, std::string, std::string, std::string>;

RowId FoldedId(const std::string& unit, const std::string& exe, const std::string& comm) {
  return {LifeId{}, 0, unit, exe, comm};
}

RowId IdOf(const Row& row) {
  if (row.life != nullptr) return {row.life->id, row.image->number, "", "", ""};
  return FoldedId(row.command->unit, row.command->exe, row.command->comm);
}

void Subtract(Row& row, const Row& base) {
  row.totals.calls -= base.totals.calls;
  row.totals.errors -= base.totals.errors;
  row.totals.denied -= base.totals.denied;
  row.totals.unfinished -= base.totals.unfinished;
  row.totals.total_ns -= base.totals.total_ns;
  row.folded -= base.folded;
}

// Rows of the window. What was a process at its start may have been folded by its end;
// then its earlier calls are taken from the folded row.
std::vector<Row> WindowRows(const Footprint& end, const Footprint& base) {
  std::map<RowId, Row> rows;
  for (const Row& row : end.rows) rows.emplace(IdOf(row), row);
  for (const Row& row : base.rows) {
    auto it = rows.find(IdOf(row));
    if (it == rows.end() && row.image != nullptr) {
      it = rows.find(FoldedId(row.image->unit, row.image->exe, row.image->comm));
    }
    if (it != rows.end() && it->second.totals.calls >= row.totals.calls) Subtract(it->second, row);
  }
  std::vector<Row> window;
  for (auto& [id, row] : rows) {
    if (row.totals.calls != 0 || row.totals.denied != 0) window.push_back(std::move(row));
  }
  std::stable_sort(window.begin(), window.end(),
                   [](const Row& a, const Row& b) { return a.totals.calls > b.totals.calls; });
  return window;
}

}  // namespace

absl::StatusOr<LifeId> Resolve(const Snapshot& snapshot, uint32_t pid) {
  const Life* best = nullptr;
  for (auto it = std::lower_bound(snapshot.lives.begin(), snapshot.lives.end(), LifeId{pid, 0},
                                  [](const auto&life, const LifeId&id) { return life->id < id; });
       it != snapshot.lives.end() && (*it)->id.pid == pid; ++it) {
    // Lives of one pid are in order of birth: a living one is the last.
    best = it->get();
  }
  if (best == nullptr) return absl::NotFoundError(absl::StrCat("no process ", pid, " is known"));
  return best->id;
}

absl::StatusOr<Footprint> Evaluate(const Snapshot& snapshot, const Scope& scope) {
  switch (scope.kind) {
    case Scope::Kind::kSystem:
      return EvaluateSystem(snapshot);
    case Scope::Kind::kPid:
    case Scope::Kind::kTree:
      return EvaluateLives(snapshot, scope);
    case Scope::Kind::kCommand:
    case Scope::Kind::kUnit:
      return EvaluateNames(snapshot, scope);
  }
  return absl::InvalidArgumentError("no such scope");
}

Footprint Difference(const Footprint& end, const Footprint& base) {
  Footprint d = end;
  d.counts = Difference(end.counts, base.counts);
  d.losses = Difference(end.losses, base.losses);
  d.observer_calls = end.observer_calls - base.observer_calls;
  d.overflow_calls = end.overflow_calls - base.overflow_calls;
  d.start_realtime_ns = base.end_realtime_ns;
  d.start_boottime_ns = base.end_boottime_ns;
  d.modules_base = base.modules;
  d.tier_changes_base = base.tiers == nullptr ? 0 : base.tiers->total;
  d.cost = Difference(end.cost, base.cost);
  d.rows = WindowRows(end, base);
  return d;
}

}  // namespace footprint::model
