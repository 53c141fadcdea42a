// SPDX-License-Identifier: Apache-2.0
// What was measured, since when, and what that took from the system, for people and programs.
// Ownership: values.   Threads: any.   Failure: none.
#ifndef FOOTPRINT_CLIENT_RENDER_TIER_H_
#define FOOTPRINT_CLIENT_RENDER_TIER_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "client/render/report.h"
#include "footprint/v1/footprint.pb.h"

namespace footprint::client::render {

// "full", "full without latency and objects".
std::string TierWords(const std::string& tier,
                      const google::protobuf::RepeatedPtrField<std::string>& shed);
// Lines for the latest changes, each behind so many blanks, and how many more there were; "" for
// none.
std::string TierChanges(const google::protobuf::RepeatedPtrField<v1::TierChange>& changes,
                        uint64_t older, size_t indent);
// "0.81 % of one core in 35112 calls of the system, at 92 ns a call and 151 ns with a descriptor".
// The shortest window that a share of a core is told of.
inline constexpr uint64_t kShortestWindowNs = 1'000'000'000;
// Shares of one core; of a window of less than a second the times themselves.
std::string CostWords(const v1::OwnCost& cost, uint64_t window_ns);
// "92 ns a call, 151 ns with a descriptor".
std::string CallCostWords(const v1::CallCost& cost);

// Which columns mean something: a time at any moment of the window.
bool ErrorsMeasured(const v1::Footprint& footprint);
bool LatencyMeasured(const v1::Footprint& footprint);
bool ObjectsMeasured(const v1::Footprint& footprint);

nlohmann::ordered_json WordsJson(const google::protobuf::RepeatedPtrField<std::string>& words);
nlohmann::ordered_json TierChangesJson(
    const google::protobuf::RepeatedPtrField<v1::TierChange>& changes);
nlohmann::ordered_json CallCostJson(const v1::CallCost& cost);
nlohmann::ordered_json CostJson(const v1::OwnCost& cost);

// The answer of `footprint tier`.
std::string TierJson(const v1::SetTierResponse& tier);
std::string TierTable(const v1::SetTierResponse& tier);

}  // namespace footprint::client::render

#endif  // FOOTPRINT_CLIENT_RENDER_TIER_H_
