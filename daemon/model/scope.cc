// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/scope.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/model/command_name.h"
#include "daemon/model/selection.h"
#include "daemon/model/units.h"

namespace footprint::model {
namespace {

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
  return std::move(selection).Finish(snapshot, scope);
}

// Units of that name that a manager runs, which the name alone does not mean.
// A process that has named itself is found by what it began as, so that it is in the same scopes at
// the end of a window as at its start.
std::string HintOfCommand(const Snapshot& snapshot, const Scope& scope) {
  for (const auto& life : snapshot.lives) {
    for (const auto& image : life->images) {
      if (!image->name.empty() && CommandMatches(scope.pattern, image->name, "", "")) {
        return absl::StrCat("; what calls itself \"", image->name.str(), "\" began as \"",
                            image->comm, "\"");
      }
    }
  }
  return "";
}

std::string Hint(const Snapshot& snapshot, const Scope& scope) {
  if (scope.kind == Scope::Kind::kCommand) return HintOfCommand(snapshot, scope);
  if (scope.kind != Scope::Kind::kUnit || scope.pattern.starts_with('/')) return "";
  if (snapshot.units_unknown_because != nullptr && !snapshot.units_unknown_because->empty()) {
    return absl::StrCat(": ", *snapshot.units_unknown_because);
  }
  const std::string below = absl::StrCat("/", FullUnit(scope.pattern));
  std::set<std::string> units;
  for (const auto& life : snapshot.lives) {
    for (const auto& image : life->images) {
      const std::string& unit = image->unit;
      if (unit.ends_with(below) && !unit.starts_with('/')) units.insert(unit);
    }
  }
  return units.empty() ? "" : absl::StrCat("; there is \"", *units.begin(), "\"");
}

bool Matches(const Scope& scope, const std::string& unit, const std::string& cgroup,
             const std::string& comm, const std::string& exe, const std::string& script) {
  return scope.kind == Scope::Kind::kCommand ? CommandMatches(scope.pattern, comm, exe, script)
                                             : UnitMatches(scope.pattern, unit, cgroup);
}

void SelectNames(const Snapshot& snapshot, const Scope& scope, Selection& selection) {
  const bool by_unit = scope.kind == Scope::Kind::kUnit;
  for (const auto& life : snapshot.lives) {
    for (const auto& image : life->images) {
      if (Matches(scope, image->unit, image->cgroup, image->comm, image->exe, image->script)) {
        selection.Take(life, image);
      } else if (image->counts != nullptr &&
                 (by_unit ? image->cgroup.empty() && image->cgroup_id != 0 : NameUnknown(*image))) {
        selection.MissName(Sum(*image->counts));
      }
    }
  }
  for (const auto& command : snapshot.commands) {
    if (Matches(scope, command->unit, command->cgroup, command->comm, command->exe,
                command->script)) {
      selection.Take(command);
    } else if (by_unit ? command->cgroup.empty() && command->cgroup_lost : command->name_lost) {
      selection.MissName(Sum(command->counts));
    }
  }
}

absl::StatusOr<Footprint> EvaluateNames(const Snapshot& snapshot, const Scope& scope) {
  const bool by_unit = scope.kind == Scope::Kind::kUnit;
  Selection selection;
  SelectNames(snapshot, scope, selection);
  const bool found = !selection.empty();
  Footprint f = std::move(selection).Finish(snapshot, scope);
  // Nothing is left under that name: there were such processes, or there may have been.
  if (found || (!IsGlob(scope.pattern) && f.losses[Loss::kNameUnknown] != 0)) return f;
  return absl::NotFoundError(absl::StrCat("no ", by_unit ? "unit" : "command", " matches \"",
                                          scope.pattern, "\"", Hint(snapshot, scope)));
}

Footprint EvaluateSystem(const Snapshot& snapshot, const Scope& scope) {
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
      observer_calls += Sum(command->counts).calls;
    } else {
      selection.Take(command);
    }
  }
  Footprint f = std::move(selection).Finish(snapshot, scope);
  f.observer_calls = observer_calls;
  return f;
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
      return EvaluateSystem(snapshot, scope);
    case Scope::Kind::kPid:
    case Scope::Kind::kTree:
      return EvaluateLives(snapshot, scope);
    case Scope::Kind::kCommand:
    case Scope::Kind::kUnit:
      return EvaluateNames(snapshot, scope);
  }
  return absl::InvalidArgumentError("no such scope");
}

Footprint Nothing(const Snapshot& snapshot, const Scope& scope) {
  Selection selection;
  const bool by_name = scope.kind == Scope::Kind::kUnit || scope.kind == Scope::Kind::kCommand;
  // Nothing has the name; what may have it is noted, to be compared with what has it later.
  if (by_name) SelectNames(snapshot, scope, selection);
  return std::move(selection).Finish(snapshot, scope);
}

}  // namespace footprint::model
