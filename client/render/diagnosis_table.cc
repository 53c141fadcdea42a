// SPDX-License-Identifier: Apache-2.0
// The tables of `status` and `doctor`: what the daemon and the kernel say of themselves.
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/render/diagnosis.h"
#include "client/render/table.h"
#include "client/render/tier.h"
#include "client/text.h"

namespace footprint::client::render {
namespace {

constexpr size_t kIndent = 16;                 // of values
constexpr char kNotNeeded[] = "not needed: ";  // of a hook's reason, see Hook in the proto

std::string Used(const v1::Capacity& capacity) {
  return absl::StrCat(capacity.used(), " of ", capacity.total());
}

std::string Hooks(const v1::GetStatusResponse& status, const Look& look) {
  std::string out;
  std::vector<v1::Hook> hooks(status.hooks().begin(), status.hooks().end());
  std::ranges::sort(hooks, {}, [](const v1::Hook& hook) { return hook.name(); });
  for (const v1::Hook& hook : hooks) {
    const bool needed = !absl::StartsWith(hook.reason(), kNotNeeded);
    absl::StrAppend(&out, "  ",
                    hook.attached() ? absl::StrCat(look.Good(), "attached", look.Plain())
                    : needed        ? absl::StrCat(look.Bad(), "MISSING ", look.Plain())
                                    : std::string("absent  "),
                    "  ", Sanitize(hook.name()));
    if (!hook.reason().empty()) absl::StrAppend(&out, ": ", Sanitize(hook.reason()));
    if (hook.missed() != 0) absl::StrAppend(&out, " (", hook.missed(), " runs missed)");
    out += "\n";
  }
  return out;
}

std::string OwnCpuWords(const v1::GetStatusResponse& status) {
  const std::string all = HumanDuration(status.own_cpu_ns()) + " since its start, loading included";
  // A share of a moment is the share of what happened to be in it.
  if (DurationNs(status.uptime()) < kShortestWindowNs) return all;
  return absl::StrCat(HumanPercent(OwnCpuPercent(status)), " % of one core (", all, ")");
}

}  // namespace

double OwnCpuPercent(const v1::GetStatusResponse& status) {
  // Since the attach. Loading and calibrating came before it, and would be all of a young daemon.
  if (status.has_cost()) return status.cost().own_percent_of_core();
  const uint64_t uptime = DurationNs(status.uptime());
  if (uptime == 0) return 0;
  return 100.0 * static_cast<double>(status.own_cpu_ns()) / static_cast<double>(uptime);
}

uint64_t DurationNs(const google::protobuf::Duration& duration) {
  if (duration.seconds() < 0 || duration.nanos() < 0) return 0;
  return static_cast<uint64_t>(duration.seconds()) * 1'000'000'000 +
         static_cast<uint64_t>(duration.nanos());
}

std::string StatusTable(const v1::GetStatusResponse& status, const std::string& target,
                        const Look& look) {
  const v1::Provenance& origin = status.provenance();
  std::string out;
  const auto add = [&](const char* name, const std::string& value) {
    out += Field(name, value, kIndent, look.width);
  };
  add("daemon", absl::StrCat("footprintd ", status.version(), " at ", target));
  add("running on",
      absl::StrCat(origin.hostname(), ", kernel ", origin.kernel_release(), " ", origin.machine()));
  add("tier",
      absl::StrCat(TierWords(status.tier(), status.shed()), ", ", status.bpf_object(), " object"));
  out += TierChanges(status.tier_changes(), status.tier_changes_older(), kIndent);
  if (origin.ignored_size() != 0) add("ignored", absl::StrJoin(origin.ignored(), ", "));
  if (!status.degraded_because().empty()) add("degraded", status.degraded_because());
  if (!status.units_unknown_because().empty()) add("units", status.units_unknown_because());
  add("attached", absl::StrCat("since ", LocalTime(status.attached_time().seconds()), ", ",
                               HumanDuration(DurationNs(status.uptime())), " ago"));
  out += absl::StrCat(FitLeft("footprints", 16), status.complete() ? look.Good() : look.Bad(),
                      Stamp(status.complete(), status.losses()), look.Plain(), "\n");
  add("calls seen", absl::StrCat(status.calls()));
  add("own CPU", OwnCpuWords(status));
  if (status.has_cost()) {
    add("cost", CostWords(status.cost(), DurationNs(status.uptime())));
    for (const v1::CallCost& cost : status.call_costs()) {
      add("", absl::StrCat(absl::StrJoin(cost.measured(), ", "), ": ", CallCostWords(cost)));
    }
  }
  add("own memory", HumanBytes(status.resident_bytes()));
  add("kernel memory", HumanBytes(status.kernel_bytes()));
  add("slots", Used(status.slots()));
  add("spill", Used(status.spill()));
  add("events dropped", absl::StrCat(status.events_dropped()));
  if (status.names_lost() != 0) add("names lost", absl::StrCat(status.names_lost()));
  add("processes", absl::StrCat(status.processes(), ", and ", status.retired_commands(),
                                " commands of ended ones"));
  add("recordings", absl::StrCat(status.recordings()));
  add("connections", absl::StrCat(status.connections(), ", refused ", status.connections_refused(),
                                  ", cut off ", status.connections_cut()));
  out += "hooks\n" + Hooks(status, look);
  out += "losses\n";
  size_t width = 0;
  for (const auto& cause : status.losses().causes()) {
    width = std::max(width, DisplayWidth(Sanitize(cause.name())));
  }
  for (const auto& cause : status.losses().causes()) {
    absl::StrAppend(&out, "  ", FitLeft(Sanitize(cause.name()), width + 2), cause.count(), "\n");
  }
  return out;
}

std::string DoctorTable(const std::vector<features::Finding>& findings,
                        const std::string& missing_capabilities, const Look& look) {
  size_t width = 0;
  for (const auto& finding : findings) width = std::max(width, DisplayWidth(finding.name));
  std::string out;
  for (const auto& finding : findings) {
    const bool required = finding.importance == features::Importance::kRequired;
    const bool needed = finding.importance != features::Importance::kNotNeeded;
    absl::StrAppend(&out,
                    finding.present   ? absl::StrCat(look.Good(), "present", look.Plain())
                    : finding.unknown ? std::string("unknown")
                    : needed          ? absl::StrCat(look.Bad(), "MISSING", look.Plain())
                                      : std::string("absent "),
                    "  ", FitLeft(Sanitize(finding.name), width), "  ",
                    required ? "required  "
                    : needed ? "optional  "
                             : "not needed");
    if (!finding.detail.empty()) absl::StrAppend(&out, "  ", Sanitize(finding.detail));
    out += "\n";
    if (finding.present) continue;
    if (!finding.cost.empty())
      absl::StrAppend(&out, "         cost: ", Sanitize(finding.cost), "\n");
    if (!finding.remedy.empty()) {
      absl::StrAppend(&out, "         remedy: ", Sanitize(finding.remedy), "\n");
    }
  }
  switch (Judge(findings, missing_capabilities)) {
    case Verdict::kGood:
      return absl::StrCat(out, look.Good(), "footprintd can run here.", look.Plain(), "\n");
    case Verdict::kNotPermitted:
      return absl::StrCat(out, look.Bad(), "footprintd may not run here: missing ",
                          Sanitize(missing_capabilities), ".", look.Plain(), "\n");
    case Verdict::kUnavailable:
      break;
  }
  return absl::StrCat(out, look.Bad(), "footprintd cannot run here.", look.Plain(), "\n");
}

Verdict Judge(const std::vector<features::Finding>& findings,
              const std::string& missing_capabilities) {
  const bool lacking = std::any_of(findings.begin(), findings.end(), [](const auto& finding) {
    return finding.importance == features::Importance::kRequired && !finding.present;
  });
  if (!lacking) return Verdict::kGood;
  return missing_capabilities.empty() ? Verdict::kUnavailable : Verdict::kNotPermitted;
}

}  // namespace footprint::client::render
