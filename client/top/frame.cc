// SPDX-License-Identifier: Apache-2.0
#include "client/top/frame.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/render/objects.h"
#include "client/render/report.h"
#include "client/render/tier.h"
#include "client/text.h"

namespace footprint::client::top {
namespace {

// Columns of the list, the ones that a narrow screen loses first at the end.
struct Column {
  const char* title;
  size_t width;
  bool left;
  std::string (*cell)(const ProcessRow&);
  SortBy sort;
  bool sorts;
  bool (*wanted)(const ProcessRow&) = nullptr;  // the column is there when a row wants it
};

std::string PidCell(const ProcessRow& row) {
  return row.key.pid == 0 ? "ended" : absl::StrCat(row.key.pid);
}

// In parentheses when the process has ended, but has a row of its own yet.
std::string CommandCell(const ProcessRow& row) {
  return row.alive || row.key.pid == 0 ? row.comm : absl::StrCat("(", row.comm, ")");
}

const Column kColumns[] = {
    {"PID", 7, false, PidCell, SortBy::kPid, true},
    {"CALLS/S", 9, false, [](const ProcessRow& row) { return HumanRate(row.calls_rate); },
     SortBy::kCalls, true},
    {"COMMAND", 16, true, CommandCell, SortBy::kCalls, false},
    {"ERR/S", 8, false, [](const ProcessRow& row) { return HumanRate(row.errors_rate); },
     SortBy::kErrors, true},
    {"DENIED", 8, false, [](const ProcessRow& row) { return absl::StrCat(row.denied); },
     SortBy::kCalls, false, [](const ProcessRow& row) { return row.denied != 0; }},
    {"TIME/S", 8, false,
     [](const ProcessRow& row) { return HumanDuration(std::llround(row.time_rate_ns)); },
     SortBy::kTime, true},
    {"CALLS", 12, false, [](const ProcessRow& row) { return absl::StrCat(row.calls); },
     SortBy::kCalls, false},
    {"UNIT", 14, true, [](const ProcessRow& row) { return row.unit; }, SortBy::kCalls, false},
};

std::vector<const Column*> ColumnsThatFit(const std::vector<ProcessRow>& rows, size_t width) {
  std::vector<const Column*> columns;
  size_t used = 0;
  for (const Column& column : kColumns) {
    if (column.wanted != nullptr && std::none_of(rows.begin(), rows.end(), column.wanted)) continue;
    used += column.width + (columns.empty() ? 0 : 1);
    if (used > width && !columns.empty()) break;
    columns.push_back(&column);
  }
  return columns;
}

std::string RowText(const std::vector<const Column*>& columns, size_t width,
                    const std::function<std::string(const Column&)>& cell) {
  std::string text;
  for (const Column* column : columns) {
    if (column != columns.front()) text += ' ';
    // The last one has the rest of the line.
    const bool rest = column == columns.back() && column->left;
    const size_t own = rest ? width - DisplayWidth(text) : column->width;
    text += column->left ? FitLeft(cell(*column), own) : FitRight(cell(*column), own);
  }
  return text;
}

// Rows are of ended processes, too.
size_t Living(const std::vector<ProcessRow>& rows) {
  return static_cast<size_t>(std::ranges::count_if(rows, &ProcessRow::alive));
}

std::vector<Line> Header(const Model& model, const std::string& target) {
  std::vector<Line> lines;
  if (!model.has_data()) {
    lines.push_back({absl::StrCat("footprint top  ", Sanitize(target)), Style::kTitle});
  } else {
    const v1::Footprint& footprint = model.latest();
    lines.push_back(
        {absl::StrCat("footprint top  ", HumanRate(model.calls_rate()), " calls/s  ",
                      HumanRate(model.errors_rate()), " errors/s  ", Living(model.rows()),
                      " processes  tier ", render::TierWords(footprint.tier(), footprint.shed())),
         Style::kTitle});
  }
  if (!model.error().empty()) {
    lines.push_back({absl::StrCat(Sanitize(model.error()), " - retrying"), Style::kBad});
  } else if (model.has_data()) {
    const v1::Footprint& footprint = model.latest();
    std::string stamp = render::Stamp(footprint.complete(), footprint.losses());
    if (footprint.processes_truncated()) stamp += "  (list of processes cut by the daemon)";
    lines.push_back({stamp, footprint.complete() ? Style::kGood : Style::kBad});
  } else {
    lines.push_back({"waiting for the first footprint", Style::kDim});
  }
  return lines;
}

Line Footer(const Model& model) {
  if (model.typing()) return {absl::StrCat("filter: ", model.filter(), "_"), Style::kTitle};
  if (!model.notice().empty()) return {model.notice(), Style::kTitle};
  if (model.open_pid() != 0) return {"Esc back  arrows scroll  h help", Style::kDim};
  std::string keys = "q quit  Enter open  / filter  h help  sort: c calls e errors t time p pid";
  if (!model.filter().empty()) keys = absl::StrCat("filter: ", model.filter(), " (Esc)  ", keys);
  return {keys, Style::kDim};
}

std::vector<Line> List(Model& model, size_t width, size_t height) {
  std::vector<Line> lines;
  const std::vector<const Column*> columns = ColumnsThatFit(model.rows(), width);
  lines.push_back({RowText(columns, width,
                           [&](const Column& column) -> std::string {
                             return column.sorts && column.sort == model.sort()
                                        ? absl::StrCat("*", column.title)
                                        : column.title;
                           }),
                   Style::kTitle});
  const size_t room = height > 1 ? height - 1 : 0;
  model.SetPage(room, 0);
  if (room == 0) return lines;
  const auto& rows = model.rows();
  // The page that holds the cursor.
  const size_t first = model.selected() / room * room;
  for (size_t i = first; i < std::min(rows.size(), first + room); ++i) {
    lines.push_back(
        {RowText(columns, width, [&](const Column& column) { return column.cell(rows[i]); }),
         i == model.selected() ? Style::kSelected : Style::kPlain});
  }
  return lines;
}

std::string DetailRow(size_t width, const std::string& name, const std::string& rate,
                      const std::string& calls, const std::string& errors, const std::string& total,
                      const std::string& last) {
  const size_t name_width = width >= 76 ? 24 : 16;
  return absl::StrCat(FitLeft(name, name_width), FitRight(rate, 9), FitRight(calls, 13),
                      FitRight(errors, 10), FitRight(total, 10), "  ", last);
}

// Who served the process, since it began or the daemon did.
void AddServers(const v1::Footprint& footprint, size_t width, std::vector<Line>& lines) {
  const std::vector<render::Served> drivers = render::ByDriver(footprint);
  if (drivers.empty()) return;
  lines.push_back({"", Style::kPlain});
  lines.push_back(
      {DetailRow(width, "SERVED BY", "DEVICE", "CALLS", "ERRORS", "TOTAL", "DRIVER, MODULE"),
       Style::kTitle});
  for (const render::Served& row : drivers) {
    const std::string driver =
        row.module.empty() ? row.driver : absl::StrCat(row.driver, ", ", row.module);
    lines.push_back(
        {DetailRow(width, Sanitize(row.server), Sanitize(row.device), absl::StrCat(row.calls),
                   absl::StrCat(row.errors), HumanDuration(row.total_ns), Sanitize(driver)),
         Style::kPlain});
  }
}

std::vector<Line> DetailBody(const Model& model, size_t width) {
  std::vector<Line> lines;
  if (!model.detail_error().empty()) lines.push_back({Sanitize(model.detail_error()), Style::kBad});
  if (!model.has_detail()) {
    if (lines.empty()) lines.push_back({"asking...", Style::kDim});
    return lines;
  }
  if (model.detail_calls().empty()) {
    lines.push_back({"no call yet", Style::kDim});
    return lines;
  }
  lines.push_back(
      {DetailRow(width, "SUBSYSTEM", "CALLS/S", "CALLS", "ERRORS", "TOTAL", ""), Style::kTitle});
  for (const SubsystemRow& row : model.detail_subsystems()) {
    lines.push_back({DetailRow(width, row.name, HumanRate(row.calls_rate), absl::StrCat(row.calls),
                               absl::StrCat(row.errors), HumanDuration(row.total_ns), ""),
                     Style::kPlain});
  }
  lines.push_back({"", Style::kPlain});
  lines.push_back(
      {DetailRow(width, "SYSTEM CALL", "CALLS/S", "CALLS", "ERRORS", "TOTAL", "OWNER, SERVED BY"),
       Style::kTitle});
  for (const CallRow& row : model.detail_calls()) {
    lines.push_back(
        {DetailRow(
             width, row.name, HumanRate(row.calls_rate), absl::StrCat(row.calls),
             absl::StrCat(row.errors), HumanDuration(row.total_ns),
             row.served_by.empty() ? row.owner : absl::StrCat(row.owner, ", ", row.served_by)),
         Style::kPlain});
  }
  AddServers(model.detail(), width, lines);
  return lines;
}

std::vector<Line> Detail(Model& model, size_t width, size_t height) {
  const ProcessRow* row = model.open_row();
  std::string title = absl::StrCat("pid ", model.open_pid());
  if (row != nullptr) {
    absl::StrAppend(&title, "  ", row->comm, "  ", row->exe, "  ", row->unit);
    if (!row->alive) title += "  (ended)";
  }
  std::vector<Line> lines = {{title, Style::kTitle}};
  const std::vector<Line> body = DetailBody(model, width);
  const size_t room = height > 1 ? height - 1 : 0;
  model.SetPage(room, body.size());
  for (size_t i = model.first_line(); i < std::min(body.size(), model.first_line() + room); ++i) {
    lines.push_back(body[i]);
  }
  return lines;
}

}  // namespace

std::vector<Line> Draw(Model& model, const std::string& target, size_t width, size_t height) {
  std::vector<Line> lines = Header(model, target);
  const size_t frame = lines.size() + 1;
  const size_t room = height > frame ? height - frame : 0;
  std::vector<Line> body =
      model.open_pid() != 0 ? Detail(model, width, room) : List(model, width, room);
  body.resize(room);
  lines.insert(lines.end(), body.begin(), body.end());
  lines.push_back(Footer(model));
  lines.resize(height);
  for (Line& line : lines) {
    // The bar of the cursor reaches across the screen.
    const bool full = line.style == Style::kSelected || DisplayWidth(line.text) > width;
    if (full) line.text = FitLeft(line.text, width);
  }
  return lines;
}

}  // namespace footprint::client::top
