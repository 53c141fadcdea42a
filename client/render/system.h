// SPDX-License-Identifier: Apache-2.0
// The static view and the coverage in the format asked for.
// Ownership: values.   Threads: any.   Failure: none; what was not read is shown with its reason.
#ifndef FOOTPRINT_CLIENT_RENDER_SYSTEM_H_
#define FOOTPRINT_CLIENT_RENDER_SYSTEM_H_

#include <cstddef>
#include <optional>
#include <string>

#include "client/render/report.h"
#include "daemon/system/system.h"
#include "footprint/v1/footprint.pb.h"

namespace footprint::client::render {

struct SystemReport {
  system::System system;
  std::string read_by;  // "footprintd at unix:...", "this program"
  size_t config_options = 0;
  std::string scope;  // of the coverage, as Describe() words it
  std::optional<v1::Coverage> coverage;
};

std::string SystemTable(const SystemReport& report, const Look& look);
std::string SystemJson(const SystemReport& report);
// section,abi,name,value,source,problem: a line for each thing read, or not read.
std::string SystemCsv(const SystemReport& report);

}  // namespace footprint::client::render

#endif  // FOOTPRINT_CLIENT_RENDER_SYSTEM_H_
