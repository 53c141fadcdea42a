// SPDX-License-Identifier: Apache-2.0
// Tables by RFC 4180: a header line, CRLF, quotes where needed.
// Text that a spreadsheet would run as a formula (= + - @, also after a tab or CR) gets a
// leading apostrophe; numbers are written as they are.
// Ownership: values.   Threads: any.   Failure: none; foreign names are escaped as in tables.
#ifndef FOOTPRINT_CLIENT_RENDER_CSV_H_
#define FOOTPRINT_CLIENT_RENDER_CSV_H_

#include <string>
#include <string_view>
#include <vector>

#include "client/render/report.h"
#include "daemon/features/features.h"
#include "footprint/v1/footprint.pb.h"

namespace footprint::client::render {

// One cell of text: escaped, guarded, quoted.
std::string CsvText(std::string_view text);

// Columns for By: syscall (the default), subsystem or process. Every row ends in whether
// the footprint is complete; rows of a watch begin with its sequence number. At most `limit` rows,
// 0 for all.
std::string FootprintCsv(const Report& report, By by, bool with_header, size_t limit = 0);
// Rows of name, value.
std::string StatusCsv(const v1::GetStatusResponse& status, const std::string& target);
std::string DoctorCsv(const std::vector<features::Finding>& findings);

}  // namespace footprint::client::render

#endif  // FOOTPRINT_CLIENT_RENDER_CSV_H_
