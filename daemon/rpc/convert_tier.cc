// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/convert_tier.h"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/rpc/text.h"

namespace footprint::rpc {
namespace {

template <typename Out>
void SetWords(const std::vector<std::string>& words, Out& out) {
  out.Assign(words.begin(), words.end());
}

// Of the window, those that are kept.
std::span<const model::TierChange> ChangesSince(const model::TierHistory& history, uint64_t base) {
  const uint64_t inside = std::min<uint64_t>(history.total - base, history.changes.size());
  return std::span(history.changes).last(inside);
}

template <typename Out>
void SetChanges(const model::TierHistory& history, uint64_t base, Out& out) {
  const auto changes = ChangesSince(history, base);
  for (const model::TierChange& change : changes) {
    v1::TierChange& row = *out.add_tier_changes();
    SetTime(change.realtime_ns, *row.mutable_time());
    row.set_boottime_ns(change.boottime_ns);
    row.set_from_tier(change.from.tier);
    SetWords(change.from.shed, *row.mutable_from_shed());
    row.set_to_tier(change.to.tier);
    SetWords(change.to.shed, *row.mutable_to_shed());
    row.set_reason(Printable(change.reason));
  }
  out.set_tier_changes_older(history.total - base - changes.size());
  out.set_tier(history.now.tier);
  SetWords(history.now.shed, *out.mutable_shed());
}

double Percent(uint64_t part_ns, uint64_t window_ns) {
  return window_ns == 0 ? 0 : 100.0 * static_cast<double>(part_ns) / static_cast<double>(window_ns);
}

void SetCost(const model::Cost& cost, uint64_t window_ns, v1::OwnCost& out) {
  if (cost.known) SetCallCost(cost.call, *out.mutable_call());
  out.set_calls(cost.calls);
  out.set_descriptor_calls(cost.descriptor_calls);
  out.set_kernel_ns(cost.kernel_ns);
  out.set_kernel_percent_of_core(Percent(cost.kernel_ns, window_ns));
  out.set_own_cpu_ns(cost.own_cpu_ns);
  out.set_own_percent_of_core(Percent(cost.own_cpu_ns, window_ns));
}

bool Measures(const model::TierState& state, const std::string& what) {
  if (state.tier == "calls") return false;
  if (what == "errors") return true;
  if (state.tier == "errors" || (what == "objects" && state.tier != "full")) return false;
  return std::find(state.shed.begin(), state.shed.end(), what) == state.shed.end();
}

bool WithObjects(const model::TierState& state) { return Measures(state, "objects"); }

struct Part {
  const char* what;  // as in TierState::shed
  const char* note;  // where it was measured in a part of the window alone
};
constexpr Part kParts[] = {
    {"objects",
     "objects: not measured in a part of this window; calls made then are among those with no "
     "object"},
    {"latency", "times: not measured in a part of this window; calls made then have none"},
    {"errors",
     "errors: not measured in a part of this window; calls made then count as calls alone"},
};

}  // namespace

void SetTime(int64_t realtime_ns, google::protobuf::Timestamp& out) {
  out.set_seconds(realtime_ns / 1'000'000'000);
  out.set_nanos(static_cast<int32_t>(realtime_ns % 1'000'000'000));
}

void SetTier(const model::Footprint& footprint, v1::Footprint& out) {
  out.set_tier(footprint.origin->tier);
  if (footprint.tiers != nullptr) SetChanges(*footprint.tiers, footprint.tier_changes_base, out);
  SetCost(footprint.cost, footprint.end_boottime_ns - footprint.start_boottime_ns,
          *out.mutable_cost());
}

void SetTier(const model::Snapshot& snapshot, v1::GetStatusResponse& out) {
  out.set_tier(snapshot.origin->tier);
  if (snapshot.tiers != nullptr) {
    SetChanges(*snapshot.tiers, 0, out);
    SetWords(snapshot.tiers->measured, *out.mutable_measured());
  }
  SetCost(snapshot.cost, snapshot.boottime_ns - snapshot.origin->attached_boottime_ns,
          *out.mutable_cost());
  for (const model::CallCost& cost : snapshot.call_costs) SetCallCost(cost, *out.add_call_costs());
}

void SetCallCost(const model::CallCost& cost, v1::CallCost& out) {
  SetWords(cost.measured, *out.mutable_measured());
  out.set_plain_ns(cost.plain_ns);
  out.set_descriptor_ns(cost.descriptor_ns);
  out.set_bare_plain_ns(cost.bare_plain_ns);
  out.set_bare_descriptor_ns(cost.bare_descriptor_ns);
}

void SetTierNotes(const model::Footprint& footprint, v1::Footprint& out) {
  if (footprint.tiers == nullptr) return;
  const model::TierHistory& history = *footprint.tiers;
  const auto changes = ChangesSince(history, footprint.tier_changes_base);
  for (const Part& part : kParts) {
    const auto then = [&](const model::TierChange& change) {
      return Measures(change.from, part.what);
    };
    const bool now = Measures(history.now, part.what);
    // What never changed is what the tier says.
    if (std::any_of(changes.begin(), changes.end(),
                    [&](const model::TierChange& change) { return then(change) != now; })) {
      out.add_notes(part.note);
    }
  }
  const uint64_t older = history.total - footprint.tier_changes_base - changes.size();
  if (older == 0) return;
  out.add_notes(absl::StrCat("tiers: ", older,
                             " earlier changes of this window are kept no more; what was not "
                             "measured before them is not known"));
}

bool ObjectsMeasured(const model::Footprint& footprint) {
  if (footprint.tiers == nullptr) {
    return footprint.origin != nullptr && footprint.origin->tier == "full";
  }
  const model::TierHistory& history = *footprint.tiers;
  if (WithObjects(history.now)) return true;
  const auto changes = ChangesSince(history, footprint.tier_changes_base);
  // What is kept no more may have been anything.
  if (changes.size() < history.total - footprint.tier_changes_base) return true;
  return std::any_of(changes.begin(), changes.end(),
                     [](const model::TierChange& change) { return WithObjects(change.from); });
}

}  // namespace footprint::rpc
