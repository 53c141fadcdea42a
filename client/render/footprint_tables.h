// SPDX-License-Identifier: Apache-2.0
// The tables of a footprint, one function each: "" where there is no row.
// Ownership: values.   Threads: any.   Failure: none; foreign names are escaped.
#ifndef FOOTPRINT_CLIENT_RENDER_FOOTPRINT_TABLES_H_
#define FOOTPRINT_CLIENT_RENDER_FOOTPRINT_TABLES_H_

#include <string>

#include "client/look.h"
#include "footprint/v1/footprint.pb.h"

namespace footprint::client::render {

// At most `limit` rows, 0 for all; a last line says how many more there are.
std::string SubsystemTable(const v1::Footprint& footprint, size_t limit, const Look& look);
std::string SyscallTable(const v1::Footprint& footprint, size_t limit, const Look& look);
std::string DriverTable(const v1::Footprint& footprint, size_t limit, const Look& look);
std::string ObjectTable(const v1::Footprint& footprint, size_t limit, const Look& look);
std::string IoctlTable(const v1::Footprint& footprint, size_t limit, const Look& look);
std::string ServingModuleTable(const v1::Footprint& footprint, size_t limit, const Look& look);
std::string ProcessTable(const v1::Footprint& footprint, size_t limit, const Look& look);

// What a tier does not measure is "-", not 0.
std::string ErrorsCell(const v1::Footprint& footprint, uint64_t count);

}  // namespace footprint::client::render

#endif  // FOOTPRINT_CLIENT_RENDER_FOOTPRINT_TABLES_H_
