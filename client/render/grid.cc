// SPDX-License-Identifier: Apache-2.0
#include "client/render/grid.h"

#include <algorithm>

#include "client/text.h"

namespace footprint::client::render {
namespace {

constexpr size_t kGap = 2;  // between two columns

}  // namespace

void Grid::Add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = Sanitize(cell);
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

size_t Grid::Natural(size_t column) const {
  size_t width = DisplayWidth(columns_[column].title);
  for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[column]));
  return width;
}

std::vector<Grid::Shown> Grid::Fit(size_t width) const {
  std::vector<Shown> shown;
  for (size_t i = 0; i < columns_.size(); ++i) shown.push_back({i, Natural(i)});
  if (width == 0) return shown;
  const auto least = [this](const Shown& column) {
    const size_t most_cut = columns_[column.index].least;
    return most_cut == 0 ? column.width : std::min(most_cut, column.width);
  };
  const auto sum = [&](const auto& width_of) {
    size_t used = (shown.size() - 1) * kGap;
    for (const Shown& column : shown) used += width_of(column);
    return used;
  };
  while (sum(least) > width) {
    const auto worst =
        std::max_element(shown.begin(), shown.end(), [this](const Shown& a, const Shown& b) {
          return columns_[a.index].drop < columns_[b.index].drop;
        });
    if (columns_[worst->index].drop == 0) break;
    shown.erase(worst);
  }
  const auto own = [](const Shown& column) { return column.width; };
  while (sum(own) > width) {
    // The widest that can give gives, so that short cells stay whole for longest.
    Shown* giver = nullptr;
    for (Shown& column : shown) {
      if (column.width > least(column) && (giver == nullptr || column.width > giver->width)) {
        giver = &column;
      }
    }
    if (giver == nullptr) break;
    --giver->width;
  }
  return shown;
}

std::string Grid::ToString(const Look& look) const {
  if (rows_.empty()) return "";
  const std::vector<Shown> shown = Fit(look.width);
  const auto line = [&](const auto& cell_of) {
    std::string text;
    for (const Shown& column : shown) {
      if (column.index != shown.front().index) text.append(kGap, ' ');
      text += columns_[column.index].align == Align::kLeft
                  ? FitLeft(cell_of(column.index), column.width)
                  : FitRight(cell_of(column.index), column.width);
    }
    // A terminal narrower than the columns that always stay.
    if (look.width != 0 && DisplayWidth(text) > look.width) text = FitLeft(text, look.width);
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  };
  std::string out =
      look.Bold() + line([&](size_t i) { return columns_[i].title; }) + look.Plain() + "\n";
  for (const auto& row : rows_) out += line([&](size_t i) { return row[i]; }) + "\n";
  return out;
}

}  // namespace footprint::client::render
