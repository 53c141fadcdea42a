// SPDX-License-Identifier: Apache-2.0
#include "data/features.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/render/csv.h"
#include "client/render/grid.h"
#include "client/render/json_value.h"
#include "client/render/names.h"
#include "client/text.h"
#include "daemon/system/kernel_config.h"

namespace footprint::client::render {
namespace {

// One feature on one architecture, as text.
struct MatrixRow {
  std::string arch, category, name, status, kconfig, configured, description;
};

std::vector<MatrixRow> RowsOf(const FeatureView& view) {
  std::vector<MatrixRow> rows;
  for (const size_t arch : view.archs) {
    for (size_t i = 0; i < names::Features().size(); ++i) {
      const names::FeatureRow& feature = names::Features()[i];
      rows.push_back({std::string(names::FeatureArchs()[arch]), std::string(feature.category),
                      std::string(feature.name), std::string(names::FeatureStatus(i, arch)),
                      std::string(feature.kconfig), std::string(Configured(view, i, arch)),
                      std::string(feature.description)});
    }
  }
  return rows;
}

std::string Table(const FeatureView& view, const Look& look) {
  std::vector<Grid::Column> columns = {
      {"category"}, {"feature"}, {"status"}, {"this kernel"}, {"Kconfig"}};
  const bool show_arch = view.archs.size() > 1;
  if (show_arch) columns.insert(columns.begin(), {"arch"});
  Grid grid(std::move(columns));
  for (MatrixRow& row : RowsOf(view)) {
    std::vector<std::string> cells = {row.category, row.name, row.status, row.configured,
                                      row.kconfig};
    if (show_arch) cells.insert(cells.begin(), row.arch);
    grid.Add(std::move(cells));
  }
  std::string out = grid.ToString(look);
  const system::Reading& reading = view.config.reading;
  absl::StrAppend(&out, "\nstatus of ", std::string(names::FeatureInputs()), "\n");
  if (!reading.problem.empty()) {
    absl::StrAppend(&out, "this kernel: not known: ", Sanitize(reading.problem), "\n");
  } else {
    absl::StrAppend(&out, "this kernel: arch ", Sanitize(view.own), ", ", Sanitize(reading.source),
                    "\n");
  }
  return out;
}

}  // namespace

std::string_view Configured(const FeatureView& view, size_t feature, size_t arch) {
  if (!view.config.reading.problem.empty() || names::FeatureArchs()[arch] != view.own) {
    return "unknown";
  }
  for (std::string_view rest = names::Features()[feature].kconfig; !rest.empty();) {
    std::string_view option = rest.substr(0, rest.find('|'));
    rest.remove_prefix(std::min(rest.size(), option.size() + 1));
    const bool wanted = !option.starts_with('!');
    if (!wanted) option.remove_prefix(1);
    const std::string name = "CONFIG_" + std::string(option);
    if (!system::ConfigValue(view.config.text, name).empty() == wanted) return "on";
  }
  return "off";
}

std::string Features(const FeatureView& view, Format format, const Look& look) {
  if (format == Format::kTable) return Table(view, look);
  Json list = Json::array();
  std::string csv = "arch,category,name,status,kconfig,this_kernel,description\r\n";
  for (const MatrixRow& row : RowsOf(view)) {
    list.push_back({{"arch", row.arch},
                    {"category", row.category},
                    {"name", row.name},
                    {"status", row.status},
                    {"kconfig", row.kconfig},
                    {"this_kernel", row.configured},
                    {"description", row.description}});
    absl::StrAppend(&csv, CsvText(row.arch), ",", CsvText(row.category), ",", CsvText(row.name),
                    ",", row.status, ",", CsvText(row.kconfig), ",", row.configured, ",",
                    CsvText(row.description), "\r\n");
  }
  if (format == Format::kCsv) return csv;
  const system::Reading& reading = view.config.reading;
  const Json json = {{"matrix", std::string(names::FeatureInputs())},
                     {"this_kernel",
                      {{"arch", Sanitize(view.own)},
                       {"source", Sanitize(reading.source)},
                       {"problem", Sanitize(reading.problem)},
                       {"config_sha256", view.config.sha256}}},
                     {"features", std::move(list)}};
  return json.dump(2) + "\n";
}

}  // namespace footprint::client::render
