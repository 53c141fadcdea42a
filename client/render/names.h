// SPDX-License-Identifier: Apache-2.0
// The tables of data/ in the format asked for: calls, the rules of their owners, features.
// Ownership: values.   Threads: any.   Failure: none.
#ifndef FOOTPRINT_CLIENT_RENDER_NAMES_H_
#define FOOTPRINT_CLIENT_RENDER_NAMES_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/lookup.h"
#include "client/render/report.h"
#include "daemon/system/system.h"

namespace footprint::client::render {

std::string Calls(std::span<const FoundCall> calls, Format format, const Look& look);
// owners.rules as a reviewer reads it: what, owner, how many calls it decides, why.
std::string Rules(Format format, const Look& look);

// The matrix for some architectures, beside one kernel's configuration.
struct FeatureView {
  std::vector<size_t> archs;  // indexes into names::FeatureArchs()
  std::string own;            // architecture of the running kernel; "" where the matrix has none
  system::Config config;      // of the running kernel
};
// "on", "off", or "unknown" where the configuration cannot be read or is of another architecture.
std::string_view Configured(const FeatureView& view, size_t feature, size_t arch);
std::string Features(const FeatureView& view, Format format, const Look& look);

}  // namespace footprint::client::render

#endif  // FOOTPRINT_CLIENT_RENDER_NAMES_H_
