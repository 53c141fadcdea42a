// SPDX-License-Identifier: Apache-2.0
// The JSON that docs/json.md describes. Keys are stable; numbers are JSON numbers.
// Ownership: values.   Threads: any.   Failure: none; foreign names are escaped as in tables.
#ifndef FOOTPRINT_CLIENT_RENDER_JSON_H_
#define FOOTPRINT_CLIENT_RENDER_JSON_H_

#include <string>
#include <vector>

#include "client/render/report.h"
#include "daemon/features/features.h"
#include "footprint/v1/footprint.pb.h"

namespace footprint::client::render {

// With `one_line`, a document without line breaks; both end in a newline.
std::string FootprintJson(const Report& report, bool one_line);
std::string StatusJson(const v1::GetStatusResponse& status, const std::string& target);
std::string DoctorJson(const std::vector<features::Finding>& findings,
                       const std::string& missing_capabilities);

}  // namespace footprint::client::render

#endif  // FOOTPRINT_CLIENT_RENDER_JSON_H_
