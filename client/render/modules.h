// SPDX-License-Identifier: Apache-2.0
// The module ledger for people and programs: the list, a recording's table, events.
// Ownership: values.   Threads: any.
// Failure: none, but ParseRecording's: DATA_LOSS for a file that is no footprint.
#ifndef FOOTPRINT_CLIENT_RENDER_MODULES_H_
#define FOOTPRINT_CLIENT_RENDER_MODULES_H_

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/render/report.h"

namespace footprint::client::render {

// A module in a window, whether it came in a message or out of a file.
struct ModuleRow {
  std::string name;
  bool loaded_before = false, loaded_after = false;
  std::optional<int64_t> before, most, after;  // references; unset where unknown
  std::vector<std::string> users;              // modules that held it at the end, else before
  uint64_t loads = 0, unloads = 0, gets = 0, puts = 0;
  std::string by;  // who loaded it, else who used it most

  bool Used() const { return loads + unloads + gets + puts != 0; }
};
struct ModuleRecording {
  std::string label;  // of the recording; "" without
  bool complete = true;
  std::vector<ModuleRow> rows;
};

ModuleRecording ToRecording(const v1::Footprint& footprint, const std::string& label);
// Of the JSON that `footprint run` writes. Errors: DATA_LOSS for anything else.
absl::StatusOr<ModuleRecording> ParseRecording(std::string_view json);

// "modprobe[7], asked for net-pf-31 by sh[5]", "insmod[7], started by sh[5]".
std::string Describe(const v1::ModuleCause& cause);

// Who loaded it in the window, else who used it most; "" where nobody did.
std::string ByWhom(const v1::ModuleUse& use);

// One recording: module, usage count before, during, after, loads, unloads, by whom. `all` keeps
// modules that nobody used.
std::string ModuleUseTable(const ModuleRecording& recording, bool all, const Look& look);
// Two, in the columns of ELISA's table: module, usage count with the workload, and in the
// baseline. `all` keeps modules that do not differ.
std::string ModuleComparison(const ModuleRecording& workload, const ModuleRecording& baseline,
                             bool all, const Look& look);

std::string ModulesTable(const v1::ListModulesResponse& list, const Look& look);
std::string ModulesJson(const v1::ListModulesResponse& list);
std::string ModulesCsv(const v1::ListModulesResponse& list);

// The `modules` of a footprint's document.
nlohmann::ordered_json ModuleUsesJson(const v1::Footprint& footprint);

// The `load` and `unload` of a document: see docs/json.md.
nlohmann::ordered_json CauseJson(const v1::ModuleCause& cause);

}  // namespace footprint::client::render

#endif  // FOOTPRINT_CLIENT_RENDER_MODULES_H_
