// SPDX-License-Identifier: Apache-2.0
// Footprints, the daemon's status and the kernel's features as text for people.
// Ownership: values.   Threads: any.   Failure: none; foreign names are escaped.
#ifndef FOOTPRINT_CLIENT_RENDER_TABLE_H_
#define FOOTPRINT_CLIENT_RENDER_TABLE_H_

#include <optional>
#include <string>
#include <vector>

#include "client/look.h"
#include "client/render/report.h"
#include "daemon/features/features.h"
#include "footprint/v1/footprint.pb.h"

namespace footprint::client::render {

struct TableOptions {
  By by = By::kDefault;
  // Rows of each table, 0 for all. Unset: all, of a report with all tables 20 processes.
  std::optional<size_t> limit;
  Look look;
};

// Expects a sorted footprint.
std::string FootprintTable(const Report& report, const TableOptions& options);
std::string StatusTable(const v1::GetStatusResponse& status, const std::string& target,
                        const Look& look);
std::string DoctorTable(const std::vector<features::Finding>& findings,
                        const std::string& missing_capabilities, const Look& look);

// Upper bound of the bucket in which the given share (0..1) of calls is reached; 0: no calls.
uint64_t Quantile(const v1::Subsystem& subsystem, double share);

}  // namespace footprint::client::render

#endif  // FOOTPRINT_CLIENT_RENDER_TABLE_H_
