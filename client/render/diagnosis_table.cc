// SPDX-License-Identifier: Apache-2.0
// The tables of `status` and `doctor`: what the daemon and the kernel say of themselves.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/render/diagnosis.h"
#include "client/render/table.h"
#include "client/render/tier.h"
#include "client/text.h"

namespace footprint::client::render {
namespace {

constexpr size_t kIndent = 16;  // of values

struct Marks {
  explicit Marks(bool colour)
      : good(colour ? "\x1b[32m" : ""),
        bad(colour ? "\x1b[1;31m" : ""),
        plain(colour ? "\x1b[0m" : "") {}
  std::string good, bad, plain;
};

std::string Field(const std::string& name, const std::string& value) {
  return absl::StrCat(FitLeft(name, kIndent), Sanitize(value), "\n");
}

std::string Used(const v1::Capacity& capacity) {
  return absl::StrCat(capacity.used(), " of ", capacity.total());
}

std::string Hooks(const v1::GetStatusResponse& status, const Marks& marks) {
  std::string out;
  for (const auto& hook : status.hooks()) {
    absl::StrAppend(&out, "  ", hook.attached() ? marks.good + "attached" : marks.bad + "MISSING ",
                    marks.plain, "  ", Sanitize(hook.name()));
    if (!hook.reason().empty()) absl::StrAppend(&out, ": ", Sanitize(hook.reason()));
    if (hook.missed() != 0) absl::StrAppend(&out, " (", hook.missed(), " runs missed)");
    out += "\n";
  }
  return out;
}

}  // namespace

double OwnCpuPercent(const v1::GetStatusResponse& status) {
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
                        bool colour) {
  const Marks marks(colour);
  const v1::Provenance& origin = status.provenance();
  std::string out = Field("daemon", absl::StrCat("footprintd ", status.version(), " at ", target));
  out += Field("running on", absl::StrCat(origin.hostname(), ", kernel ", origin.kernel_release(),
                                          " ", origin.machine()));
  out += Field("tier", absl::StrCat(TierWords(status.tier(), status.shed()), ", ",
                                    status.bpf_object(), " object"));
  out += TierChanges(status.tier_changes(), status.tier_changes_older(), kIndent);
  if (origin.ignored_size() != 0) out += Field("ignored", absl::StrJoin(origin.ignored(), ", "));
  if (!status.degraded_because().empty()) out += Field("degraded", status.degraded_because());
  out += Field("attached", absl::StrCat("since ", LocalTime(status.attached_time().seconds()), ", ",
                                        HumanDuration(DurationNs(status.uptime())), " ago"));
  out += absl::StrCat(FitLeft("footprints", 16), status.complete() ? marks.good : marks.bad,
                      Stamp(status.complete(), status.losses()), marks.plain, "\n");
  out += Field("calls seen", absl::StrCat(status.calls()));
  out += Field("own CPU", absl::StrFormat("%.3f %% of one core (%s)", OwnCpuPercent(status),
                                          HumanDuration(status.own_cpu_ns())));
  if (status.has_cost()) {
    out += Field("cost", CostWords(status.cost()));
    for (const v1::CallCost& cost : status.call_costs()) {
      out +=
          Field("", absl::StrCat(absl::StrJoin(cost.measured(), ", "), ": ", CallCostWords(cost)));
    }
  }
  out += Field("own memory", HumanBytes(status.resident_bytes()));
  out += Field("kernel memory", HumanBytes(status.kernel_bytes()));
  out += Field("slots", Used(status.slots()));
  out += Field("spill", Used(status.spill()));
  out += Field("events dropped", absl::StrCat(status.events_dropped()));
  out += Field("processes", absl::StrCat(status.processes(), ", and ", status.retired_commands(),
                                         " commands of ended ones"));
  out += Field("recordings", absl::StrCat(status.recordings()));
  out += Field("connections",
               absl::StrCat(status.connections(), ", refused ", status.connections_refused()));
  out += "hooks\n" + Hooks(status, marks);
  out += "losses\n";
  for (const auto& cause : status.losses().causes()) {
    absl::StrAppend(&out, "  ", FitLeft(Sanitize(cause.name()), 20), cause.count(), "\n");
  }
  return out;
}

std::string DoctorTable(const std::vector<features::Finding>& findings,
                        const std::string& missing_capabilities, bool colour) {
  const Marks marks(colour);
  size_t width = 0;
  for (const auto& finding : findings) width = std::max(width, DisplayWidth(finding.name));
  std::string out;
  for (const auto& finding : findings) {
    const bool required = finding.importance == features::Importance::kRequired;
    absl::StrAppend(&out, finding.present ? marks.good + "present" : marks.bad + "MISSING",
                    marks.plain, "  ", FitLeft(Sanitize(finding.name), width), "  ",
                    required ? "required" : "optional");
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
      return out + marks.good + "footprintd can run here." + marks.plain + "\n";
    case Verdict::kNotPermitted:
      return absl::StrCat(out, marks.bad, "footprintd may not run here: missing ",
                          Sanitize(missing_capabilities), ".", marks.plain, "\n");
    case Verdict::kUnavailable:
      break;
  }
  return out + marks.bad + "footprintd cannot run here." + marks.plain + "\n";
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
