// SPDX-License-Identifier: Apache-2.0
#include "client/render/tier.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/render/json_value.h"
#include "client/text.h"

namespace footprint::client::render {
namespace {

using Strings = google::protobuf::RepeatedPtrField<std::string>;

constexpr int kChangesShown = 4;

Json StateJson(const std::string& tier, const Strings& shed) {
  return {{"tier", Sanitize(tier)}, {"shed", WordsJson(shed)}};
}

bool Measures(const std::string& tier, const Strings& shed, const std::string& what) {
  if (tier == "calls") return false;
  if (what == "errors") return true;
  if (what == "objects" && tier != "full") return false;
  return tier != "errors" && std::find(shed.begin(), shed.end(), what) == shed.end();
}

// At the end of the window, or before one of its changes.
bool MeasuredInWindow(const v1::Footprint& footprint, const std::string& what) {
  if (Measures(footprint.tier(), footprint.shed(), what)) return true;
  if (footprint.tier_changes_older() != 0) return true;  // may have been
  return std::any_of(footprint.tier_changes().begin(), footprint.tier_changes().end(),
                     [&](const v1::TierChange& change) {
                       return Measures(change.from_tier(), change.from_shed(), what);
                     });
}

}  // namespace

Json WordsJson(const Strings& words) {
  Json json = Json::array();
  for (const std::string& word : words) json.push_back(Sanitize(word));
  return json;
}

std::string TierWords(const std::string& tier, const Strings& shed) {
  if (shed.empty()) return Sanitize(tier);
  return Sanitize(absl::StrCat(tier, " without ", absl::StrJoin(shed, " and ")));
}

std::string TierChanges(const google::protobuf::RepeatedPtrField<v1::TierChange>& changes,
                        uint64_t older, size_t indent) {
  const int first = std::max(changes.size() - kChangesShown, 0);
  const uint64_t hidden = older + static_cast<uint64_t>(first);
  const std::string blanks(indent, ' ');
  std::string out;
  if (hidden != 0) out = absl::StrCat(blanks, hidden, " earlier changes\n");
  for (int i = first; i < changes.size(); ++i) {
    const v1::TierChange& change = changes[i];
    absl::StrAppend(&out, blanks, LocalTime(change.time().seconds()), " ",
                    TierWords(change.from_tier(), change.from_shed()), " -> ",
                    TierWords(change.to_tier(), change.to_shed()), " (", Sanitize(change.reason()),
                    ")\n");
  }
  return out;
}

std::string CallCostWords(const v1::CallCost& cost) {
  return absl::StrFormat("%.0f ns a call, %.0f ns with a descriptor", cost.plain_ns(),
                         cost.descriptor_ns());
}

std::string CostWords(const v1::OwnCost& cost, uint64_t window_ns) {
  // Of a window that is hardly longer than a harvest a share says nothing: the harvest is most
  // of it.
  const bool shares = window_ns >= kShortestWindowNs;
  const auto share = [&](double percent, uint64_t ns) {
    return shares ? HumanPercent(percent) + " % of one core" : HumanDuration(ns) + " of CPU time";
  };
  const std::string own = "daemon " + share(cost.own_percent_of_core(), cost.own_cpu_ns());
  if (!cost.has_call()) {
    return absl::StrCat(
        own,
        "; per call not known: nothing was measured at the daemon's start, see calibrate in "
        "its configuration (",
        cost.calls(), " calls of the system)");
  }
  return absl::StrCat(share(cost.kernel_percent_of_core(), cost.kernel_ns()), " (",
                      CallCostWords(cost.call()), "; ", cost.calls(), " calls of the system), ",
                      own);
}

bool ErrorsMeasured(const v1::Footprint& footprint) {
  return MeasuredInWindow(footprint, "errors");
}
bool LatencyMeasured(const v1::Footprint& footprint) {
  return MeasuredInWindow(footprint, "latency");
}
bool ObjectsMeasured(const v1::Footprint& footprint) {
  return MeasuredInWindow(footprint, "objects");
}

Json TierChangesJson(const google::protobuf::RepeatedPtrField<v1::TierChange>& changes) {
  Json json = Json::array();
  for (const v1::TierChange& change : changes) {
    json.push_back({{"time", Rfc3339(change.time().seconds(), change.time().nanos())},
                    {"boottime_ns", change.boottime_ns()},
                    {"from", StateJson(change.from_tier(), change.from_shed())},
                    {"to", StateJson(change.to_tier(), change.to_shed())},
                    {"reason", Sanitize(change.reason())}});
  }
  return json;
}

Json CallCostJson(const v1::CallCost& cost) {
  return {{"measured", WordsJson(cost.measured())},
          {"plain_ns", cost.plain_ns()},
          {"descriptor_ns", cost.descriptor_ns()},
          {"bare_plain_ns", cost.bare_plain_ns()},
          {"bare_descriptor_ns", cost.bare_descriptor_ns()}};
}

Json CostJson(const v1::OwnCost& cost) {
  return {{"call", cost.has_call() ? CallCostJson(cost.call()) : Json()},
          {"calls", cost.calls()},
          {"descriptor_calls", cost.descriptor_calls()},
          {"kernel_ns", cost.kernel_ns()},
          {"kernel_percent_of_core", cost.kernel_percent_of_core()},
          {"own_cpu_ns", cost.own_cpu_ns()},
          {"own_percent_of_core", cost.own_percent_of_core()}};
}

std::string TierJson(const v1::SetTierResponse& tier) {
  Json json = StateJson(tier.tier(), tier.shed());
  json["measured"] = WordsJson(tier.measured());
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string TierTable(const v1::SetTierResponse& tier) {
  return absl::StrCat("tier      ", TierWords(tier.tier(), tier.shed()), "\n", "measured  ",
                      Sanitize(absl::StrJoin(tier.measured(), ", ")), "\n");
}

}  // namespace footprint::client::render
