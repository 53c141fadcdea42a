// SPDX-License-Identifier: Apache-2.0
// What the answers of `status` and `doctor` come to, whatever the format.
// Ownership: values.   Threads: any.   Failure: none.
#ifndef FOOTPRINT_CLIENT_RENDER_DIAGNOSIS_H_
#define FOOTPRINT_CLIENT_RENDER_DIAGNOSIS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/features/features.h"
#include "footprint/v1/footprint.pb.h"

namespace footprint::client::render {

// Of one core, average since the daemon started counting.
double OwnCpuPercent(const v1::GetStatusResponse& status);
uint64_t DurationNs(const google::protobuf::Duration& duration);

enum class Verdict { kGood, kNotPermitted, kUnavailable };
// Not permitted: something required is missing, and so are capabilities.
Verdict Judge(const std::vector<features::Finding>& findings,
              const std::string& missing_capabilities);

}  // namespace footprint::client::render

#endif  // FOOTPRINT_CLIENT_RENDER_DIAGNOSIS_H_
