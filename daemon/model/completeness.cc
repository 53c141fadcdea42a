// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/completeness.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "daemon/model/minus.h"
#include "daemon/model/units.h"

namespace footprint::model {
namespace {

constexpr auto kName = static_cast<size_t>(Loss::kNameUnknown);
constexpr auto kOrigin = static_cast<size_t>(Loss::kOriginUnknown);
constexpr auto kEvents = static_cast<size_t>(Loss::kEventsDropped);

// Calls of ended processes that a name scope can have lost between `base` and `end`; null: ever.
uint64_t FoldedAway(const Scope& scope, const NameSketch* end, const NameSketch* base) {
  using Kind = NameSketch::Kind;
  if (end == nullptr) return 0;
  if (scope.kind != Scope::Kind::kCommand && scope.kind != Scope::Kind::kUnit) return 0;
  Kind kind = Kind::kCommand;
  std::string name = scope.pattern;
  if (scope.kind == Scope::Kind::kUnit) {
    kind = name.starts_with('/') ? Kind::kPath : Kind::kUnit;
    name = FullUnit(name);
    while (name.size() > 1 && name.ends_with('/')) name.pop_back();
    if (name == "/") return 0;  // every row is below it
  }
  return IsGlob(name) ? end->MostOfAll(kind, base) : end->Most(kind, name, base);
}

void SetConcerned(Footprint& f) {
  f.losses = Sum(f.own, f.unplaced);
  f.overflow_calls = f.losses[Loss::kCallsUnattributed];
}

std::string Counted(const Losses& losses) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < kLossCount; ++i) {
    if (i == kEvents || losses.count[i] == 0) continue;
    parts.push_back(absl::StrCat(losses.count[i], " ", LossName(static_cast<Loss>(i))));
  }
  return absl::StrJoin(parts, ", ");
}

}  // namespace

void Judge(const Snapshot& snapshot, Footprint& f) {
  f.unplaced = snapshot.unplaced;
  f.pending = snapshot.pending;
  f.own = {};
  if (f.scope.kind == Scope::Kind::kSystem) {
    f.own = Difference(snapshot.losses, snapshot.unplaced);
  } else {
    for (const auto& [cause, count] : f.counts.lost) {
      if (cause < kLossCount) f.own.count[cause] = count;
    }
  }
  f.elsewhere = Difference(Difference(snapshot.losses, snapshot.unplaced), f.own);
  if (f.scope.kind == Scope::Kind::kCommand) {
    // The parent is known that it was put down to; the child's program may be any.
    f.unplaced.count[kOrigin] += f.elsewhere.count[kOrigin];
    f.elsewhere.count[kOrigin] = 0;
  }
  f.own.count[kName] = FoldedAway(f.scope, f.folded_names.get(), nullptr);
  f.unplaced.count[kName] = f.unnamed_calls;
  SetConcerned(f);
}

void JudgeWindow(const Footprint& end, const Footprint& base, Footprint& window) {
  window.own = Difference(end.own, base.own);
  // What was pending at the start has been put down to a process, or may be of the window.
  window.unplaced = Difference(end.unplaced, Difference(base.unplaced, base.pending));
  window.elsewhere = Difference(end.elsewhere, base.elsewhere);
  window.own.count[kName] = FoldedAway(end.scope, end.folded_names.get(), base.folded_names.get());
  // A name that became known moved calls of before the window into the scope.
  window.unnamed_calls =
      Minus(end.unnamed_calls, base.unnamed_calls) + Minus(base.unnamed_calls, end.unnamed_calls);
  window.unplaced.count[kName] = window.unnamed_calls;
  SetConcerned(window);
}

std::string WhyIncomplete(const Footprint& f) {
  if (f.losses.Complete()) return "";
  std::vector<std::string> reasons;
  const bool system = f.scope.kind == Scope::Kind::kSystem;
  Losses own = f.own, unplaced = f.unplaced;
  own.count[kName] = unplaced.count[kName] = 0;
  if (const std::string text = Counted(own); !text.empty()) {
    reasons.push_back(absl::StrCat(
        system ? "lost by known processes: " : "lost by processes of this scope: ", text));
  }
  if (const std::string text = Counted(unplaced); !text.empty()) {
    reasons.push_back(absl::StrCat("lost by nobody known, so it may be of this scope: ", text));
  }
  if (const uint64_t calls = f.own.count[kName]; calls != 0) {
    reasons.push_back(absl::StrCat("up to ", calls,
                                   " calls of ended processes of this name are in rows \"",
                                   "(other)", "\" (max_commands)"));
  }
  if (const uint64_t calls = f.unplaced.count[kName]; calls != 0) {
    reasons.push_back(absl::StrCat(calls, " calls of processes whose ",
                                   f.scope.kind == Scope::Kind::kUnit ? "cgroup" : "program",
                                   " is not known"));
  }
  return absl::StrJoin(reasons, "; ");
}

}  // namespace footprint::model
