// SPDX-License-Identifier: Apache-2.0
#include "daemon/features/features.h"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

namespace footprint::features {
namespace {

TEST_CASE("unit.features.findings_are_distinct_and_explain_themselves") {
  const auto findings = Probe();
  std::set<std::string> names;
  for (const Finding& finding : findings) {
    INFO(finding.name);
    CHECK(names.insert(finding.name).second);
    CHECK_FALSE(finding.detail.empty());
    const bool fine = finding.present || finding.importance == Importance::kNotNeeded;
    CHECK(finding.cost.empty() == fine);
    CHECK(finding.remedy.empty() == fine);
  }
  CHECK(names.contains("raw_tp:sys_enter"));
  CHECK(names.contains("btf"));
}

TEST_CASE("unit.features.capabilities_agree_with_the_findings") {
  const auto findings = Probe();
  const bool all = std::all_of(findings.begin(), findings.end(), [](const Finding& f) {
    return !f.name.starts_with("cap_") || f.present;
  });
  CHECK(MissingCapabilities().empty() == all);
}

}  // namespace
}  // namespace footprint::features
