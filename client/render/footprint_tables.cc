// SPDX-License-Identifier: Apache-2.0
#include "client/render/footprint_tables.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/render/grid.h"
#include "client/render/objects.h"
#include "client/render/table.h"
#include "client/render/tier.h"
#include "client/text.h"

namespace footprint::client::render {
namespace {

using Align = Grid::Align;
using Column = Grid::Column;

// Columns of numbers: what a narrow terminal loses, the largest `drop` first.
Column Number(const char* title, int drop) { return {title, Align::kRight, 0, drop}; }
Column Text(const char* title, size_t least, int drop) {
  return {title, Align::kLeft, least, drop};
}

struct Measured {
  explicit Measured(const v1::Footprint& footprint)
      : errors(ErrorsMeasured(footprint)), latency(LatencyMeasured(footprint)) {}
  std::string Errors(uint64_t count) const { return errors ? absl::StrCat(count) : "-"; }
  // 0: no call came back, as of exit_group, or all were made while times were not measured.
  std::string Time(uint64_t ns) const { return latency && ns != 0 ? HumanDuration(ns) : "-"; }
  bool errors;
  bool latency;
};

// Seldom anything is denied: the column is there when it has something to tell.
template <typename Rows>
bool AnyDenied(const Rows& rows) {
  return std::any_of(rows.begin(), rows.end(), [](const auto& row) { return row.denied() != 0; });
}

// Adds rows up to a limit, and says what it left out.
class Limited {
 public:
  Limited(std::vector<Column> columns, size_t limit) : grid_(std::move(columns)), limit_(limit) {}

  void Add(std::vector<std::string> cells) {
    ++rows_;
    if (limit_ == 0 || rows_ <= limit_) grid_.Add(std::move(cells));
  }
  std::string ToString(const Look& look) const {
    std::string out = grid_.ToString(look);
    if (limit_ != 0 && rows_ > limit_) {
      absl::StrAppend(&out, "... and ", rows_ - limit_, " more (--limit 0)\n");
    }
    return out;
  }

 private:
  Grid grid_;
  const size_t limit_;
  size_t rows_ = 0;
};

// "fs/read_write.c" of "fs/read_write.c:722".
std::string FileOf(const std::string& definition) {
  return definition.substr(0, definition.find(':'));
}

}  // namespace

std::string ErrorsCell(const v1::Footprint& footprint, uint64_t count) {
  return Measured(footprint).Errors(count);
}

std::string SubsystemTable(const v1::Footprint& footprint, size_t limit, const Look& look) {
  const Measured measured(footprint);
  const bool denied = AnyDenied(footprint.subsystems());
  std::vector<Column> columns = {Text("subsystem", 9, 0), Number("calls", 0), Number("errors", 2)};
  if (denied) columns.push_back(Number("denied", 1));
  for (const auto& [title, drop] : {std::pair("total", 3), {"p50 <", 5}, {"p99 <", 4}}) {
    columns.push_back(Number(title, drop));
  }
  Limited grid(std::move(columns), limit);
  for (const auto& row : footprint.subsystems()) {
    std::vector<std::string> cells = {row.name(), absl::StrCat(row.calls()),
                                      measured.Errors(row.errors())};
    if (denied) cells.push_back(absl::StrCat(row.denied()));
    for (const uint64_t ns : {row.total_ns(), Quantile(row, 0.50), Quantile(row, 0.99)}) {
      cells.push_back(measured.Time(ns));
    }
    grid.Add(std::move(cells));
  }
  return grid.ToString(look);
}

std::string SyscallTable(const v1::Footprint& footprint, size_t limit, const Look& look) {
  const Measured measured(footprint);
  std::set<std::string> abis;
  bool served = false;
  for (const auto& row : footprint.syscalls()) {
    abis.insert(row.abi());
    served = served || row.served_by_size() != 0;  // tiers below full do not tell
  }
  const bool show_abi = abis.size() > 1;
  const bool denied = AnyDenied(footprint.syscalls());
  std::vector<Column> columns = {Text("system call", 0, 0)};
  if (show_abi) columns.push_back(Text("abi", 0, 4));
  columns.push_back(Number("calls", 0));
  columns.push_back(Number("errors", 2));
  if (denied) columns.push_back(Number("denied", 1));
  columns.push_back(Number("total", 3));
  columns.push_back(Text("owner", 0, 5));
  if (served) columns.push_back(Text("served by", 9, 6));
  columns.push_back(Text("definition", 0, 7));
  Limited grid(std::move(columns), limit);
  for (const auto& row : footprint.syscalls()) {
    std::vector<std::string> cells = {row.name()};
    if (show_abi) cells.push_back(row.abi());
    cells.insert(cells.end(), {absl::StrCat(row.calls()), measured.Errors(row.errors())});
    if (denied) cells.push_back(absl::StrCat(row.denied()));
    cells.insert(cells.end(), {measured.Time(row.total_ns()), row.owner()});
    if (served) cells.push_back(ServedBy(row));
    cells.push_back(FileOf(row.definition()));
    grid.Add(std::move(cells));
  }
  return grid.ToString(look);
}

std::string DriverTable(const v1::Footprint& footprint, size_t limit, const Look& look) {
  const Measured measured(footprint);
  Limited grid(
      {Text("served by", 9, 0), Text("driver", 8, 4), Text("module", 6, 5), Number("calls", 0),
       Number("errors", 1), Number("total", 2), Number("max", 6), Text("subsystem", 0, 3)},
      limit);
  for (const Served& row : ByDriver(footprint)) {
    const std::string device = row.device.empty() ? "" : absl::StrCat(" ", row.device);
    grid.Add({absl::StrCat(row.server, device), row.driver, row.module, absl::StrCat(row.calls),
              absl::StrCat(row.errors), measured.Time(row.total_ns), measured.Time(row.max_ns),
              row.subsystem});
  }
  return grid.ToString(look);
}

std::string ObjectTable(const v1::Footprint& footprint, size_t limit, const Look& look) {
  const Measured measured(footprint);
  Limited grid({Text("system call", 11, 0), Text("served by", 9, 0), Text("driver", 8, 4),
                Text("module", 6, 5), Number("calls", 0), Number("errors", 1), Number("total", 2),
                Text("subsystem", 0, 3)},
               limit);
  for (const auto& row : footprint.objects()) {
    grid.Add({row.syscall(), row.server(), row.driver(), row.module(), absl::StrCat(row.calls()),
              absl::StrCat(row.errors()), measured.Time(row.total_ns()), row.subsystem()});
  }
  return grid.ToString(look);
}

std::string IoctlTable(const v1::Footprint& footprint, size_t limit, const Look& look) {
  const Measured measured(footprint);
  Limited grid(
      {Text("ioctl", 12, 0), Text("command", 0, 3), Number("calls", 0), Number("errors", 1),
       Number("total", 4), Text("served by", 9, 2), Text("module", 6, 5)},
      limit);
  for (const auto& row : footprint.ioctls()) {
    grid.Add({row.foreign() ? absl::StrCat(row.name(), " (foreign)") : row.name(), row.command(),
              absl::StrCat(row.calls()), absl::StrCat(row.errors()), measured.Time(row.total_ns()),
              row.server(), row.module()});
  }
  return grid.ToString(look);
}

std::string ServingModuleTable(const v1::Footprint& footprint, size_t limit, const Look& look) {
  const Measured measured(footprint);
  Limited grid({Text("module", 10, 0), Number("calls", 0), Number("errors", 1), Number("total", 2)},
               limit);
  for (const Served& row : ByModule(footprint)) {
    grid.Add({row.module.empty() ? "(built in)" : row.module, absl::StrCat(row.calls),
              absl::StrCat(row.errors), measured.Time(row.total_ns)});
  }
  return grid.ToString(look);
}

std::string ProcessTable(const v1::Footprint& footprint, size_t limit, const Look& look) {
  const Measured measured(footprint);
  const bool denied = AnyDenied(footprint.processes());
  std::vector<Column> columns = {Number("pid", 0), Text("command", 8, 0), Number("calls", 0),
                                 Number("errors", 2)};
  if (denied) columns.push_back(Number("denied", 1));
  columns.push_back(Number("total", 3));
  columns.push_back(Text("unit", 12, 4));
  Limited grid(std::move(columns), limit);
  for (const auto& row : footprint.processes()) {
    std::string pid =
        row.pid() == 0 ? absl::StrCat(row.folded(), " ended") : absl::StrCat(row.pid());
    std::string name = row.comm();
    if (row.observer()) name += " (observer)";
    std::vector<std::string> cells = {std::move(pid), std::move(name), absl::StrCat(row.calls()),
                                      measured.Errors(row.errors())};
    if (denied) cells.push_back(absl::StrCat(row.denied()));
    cells.insert(cells.end(), {measured.Time(row.total_ns()), row.unit()});
    grid.Add(std::move(cells));
  }
  std::string out = grid.ToString(look);
  if (footprint.processes_truncated()) {
    out +=
        Field("", "The daemon cut this list at the limit of a reply; the totals are not affected.",
              0, look.width);
  }
  return out;
}

}  // namespace footprint::client::render
