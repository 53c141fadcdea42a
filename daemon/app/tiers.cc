// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/tiers.h"

#include <linux/types.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "bpf/abi/footprint.h"

namespace footprint::app {
namespace {

constexpr size_t kChangesKept = 256;

struct Tier {
  const char* name;
  uint32_t measured;
};
constexpr Tier kTiers[] = {{"calls", 0},
                           {"errors", FP_MEASURE_ERRORS},
                           {"latency", FP_MEASURE_ERRORS | FP_MEASURE_LATENCY},
                           {"full", FP_MEASURE_ALL}};

model::TierState StateOf(uint32_t asked, uint32_t measured) {
  model::TierState state{.tier = TierWithin(asked), .shed = {}};
  const uint32_t missing = asked & ~measured;
  if (missing & FP_MEASURE_LATENCY) state.shed.push_back("latency");
  if (missing & FP_MEASURE_OBJECTS) state.shed.push_back("objects");
  return state;
}

}  // namespace

std::optional<uint32_t> MeasureOf(const std::string& tier) {
  for (const Tier& row : kTiers) {
    if (tier == row.name) return row.measured;
  }
  return std::nullopt;
}

std::string TierWithin(uint32_t measured) {
  std::string name;
  for (const Tier& row : kTiers) {
    if ((row.measured & ~measured) == 0) name = row.name;
  }
  return name;
}

std::vector<std::string> MeasuredWords(uint32_t measured) {
  std::vector<std::string> words = {"calls"};
  if (measured & FP_MEASURE_ERRORS) words.push_back("errors");
  if (measured & FP_MEASURE_LATENCY) words.push_back("latency");
  if (measured & FP_MEASURE_OBJECTS) words.push_back("objects");
  return words;
}

std::string Words(const model::TierState& state) {
  if (state.shed.empty()) return state.tier;
  return absl::StrCat(state.tier, " without ", absl::StrJoin(state.shed, " and "));
}

Tiers::Tiers(uint32_t measured, uint32_t possible, Measure measure, const base::Clock& clock)
    : possible_(possible),
      measure_(std::move(measure)),
      clock_(clock),
      asked_(measured),
      measured_(measured) {
  model::TierHistory history;
  history.now = StateOf(measured, measured);
  history.measured = MeasuredWords(measured);
  history_ = std::make_shared<model::TierHistory>(std::move(history));
}

absl::Status Tiers::Ask(const std::string& tier, const std::string& reason) {
  const std::optional<uint32_t> wanted = MeasureOf(tier);
  if (!wanted) {
    return absl::InvalidArgumentError(
        absl::StrCat("no tier \"", tier, "\"; one of calls, errors, latency, full"));
  }
  if ((*wanted & ~possible_) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("tier ", tier, " is not possible here; ", TierWithin(possible_), " is"));
  }
  return Change(*wanted, *wanted, reason);
}

absl::Status Tiers::Shed(uint32_t measured, const std::string& reason) {
  return Change(asked_, measured & asked_, reason);
}

absl::Status Tiers::Change(uint32_t asked, uint32_t measured, const std::string& reason) {
  if (asked == asked_ && measured == measured_) return absl::OkStatus();
  model::TierChange change{.realtime_ns = clock_.RealtimeNs(),
                           .boottime_ns = clock_.BoottimeNs(),
                           .from = history_->now,
                           .to = StateOf(asked, measured),
                           .reason = reason};
  if (measured != measured_) {
    if (absl::Status status = measure_(measured); !status.ok()) return status;
  }
  asked_ = asked;
  measured_ = measured;
  history_ = std::make_shared<model::TierHistory>(
      model::Changed(*history_, std::move(change), MeasuredWords(measured), kChangesKept));
  return absl::OkStatus();
}

}  // namespace footprint::app
