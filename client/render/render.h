// SPDX-License-Identifier: Apache-2.0
// A footprint in the format asked for.
// Ownership: values.   Threads: any.   Failure: none.
#ifndef FOOTPRINT_CLIENT_RENDER_RENDER_H_
#define FOOTPRINT_CLIENT_RENDER_RENDER_H_

#include <string>

#include "client/render/csv.h"
#include "client/render/json.h"
#include "client/render/report.h"
#include "client/render/table.h"

namespace footprint::client::render {

struct Options {
  Format format = Format::kTable;
  TableOptions table;
};

// Sorts the footprint first.
inline std::string Render(Report& report, const Options& options) {
  Sort(report.footprint);
  switch (options.format) {
    case Format::kJson:
      return FootprintJson(report, false);
    case Format::kCsv:
      return FootprintCsv(report, options.table.by, true, options.table.limit.value_or(0));
    case Format::kTable:
      break;
  }
  return FootprintTable(report, options.table);
}

}  // namespace footprint::client::render

#endif  // FOOTPRINT_CLIENT_RENDER_RENDER_H_
