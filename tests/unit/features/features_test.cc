// SPDX-License-Identifier: Apache-2.0
#include "daemon/features/features.h"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

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

TEST_CASE("unit.features.lockdown_that_cannot_be_read_is_unknown") {
  const std::string root =
      std::filesystem::temp_directory_path() / ("footprint_features_" + std::to_string(getpid()));
  std::filesystem::create_directories(root + "/sys/kernel/security");
  const auto judge = [&](const char* config) { return JudgeLockdown(root, config); };
  for (const char* config : {"", "CONFIG_SMP=y\nCONFIG_SECURITY_LOCKDOWN_LSM=y\n"}) {
    const Finding unknown = judge(config);
    CHECK(std::string(State(unknown)) == "unknown");
    CHECK_FALSE(unknown.present);
    CHECK(unknown.remedy.starts_with("mount -t securityfs"));
  }
  const Finding without = judge("CONFIG_SMP=y\n");
  CHECK(std::string(State(without)) == "present");
  CHECK(without.cost.empty());
  const std::string file = root + "/sys/kernel/security/lockdown";
  std::ofstream(file) << "none [integrity] confidentiality\n";
  CHECK(std::string(State(judge(""))) == "present");
  std::ofstream(file) << "none integrity [confidentiality]\n";
  CHECK(std::string(State(judge(""))) == "missing");
  CHECK(judge("").remedy == "boot without lockdown=confidentiality");
  std::filesystem::remove_all(root);
}

TEST_CASE("unit.features.missing_rights_are_no_fact_of_the_kernel") {
  std::vector<Finding> findings = {
      {"raw_tp:sys_exit", Importance::kOptional, false, "attach: EPERM", "no errors", "a kernel"},
      {"ring buffer", Importance::kRequired, false, "create: EPERM", "x", "Linux 5.8 or later"},
      {"mmapable array", Importance::kRequired, true, "ok", "", ""},
      {"raw_tp:module_get", Importance::kNotNeeded, false, "no modules", "", ""},
      {"btf", Importance::kOptional, false, "/sys/kernel/btf/vmlinux", "x", "a kernel"}};
  ForgiveMissingRights("", findings);
  CHECK(std::string(State(findings[0])) == "missing");
  ForgiveMissingRights("CAP_BPF", findings);
  std::vector<std::string> states;
  for (const Finding& finding : findings) states.emplace_back(State(finding));
  CHECK(states ==
        std::vector<std::string>{"unknown", "unknown", "present", "not needed", "missing"});
  CHECK(findings[1].detail == "cannot be tried without CAP_BPF");
  CHECK(findings[1].remedy == "run as root, to know");
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
