// SPDX-License-Identifier: Apache-2.0
#include "client/render/grid.h"

#include <algorithm>

#include "client/text.h"

namespace footprint::client::render {

void Grid::Add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = Sanitize(cell);
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::string Grid::ToString(const std::string& bold, const std::string& plain) const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = DisplayWidth(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[i]));
    if (columns_[i].max_width != 0) width = std::min(width, columns_[i].max_width);
    widths.push_back(width);
  }
  const auto line = [&](const auto& cell_of) {
    std::string text;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i != 0) text += "  ";
      text += columns_[i].align == Align::kLeft ? FitLeft(cell_of(i), widths[i])
                                                : FitRight(cell_of(i), widths[i]);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  };
  std::string out = bold + line([&](size_t i) { return columns_[i].title; }) + plain + "\n";
  for (const auto& row : rows_) out += line([&](size_t i) { return row[i]; }) + "\n";
  return out;
}

}  // namespace footprint::client::render
