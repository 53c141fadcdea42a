// SPDX-License-Identifier: Apache-2.0
// Columns of text, each as wide as its widest cell, on a line that is no wider than the terminal.
// Ownership: owns its cells.   Threads: one.   Failure: none; missing cells are blank.
#ifndef FOOTPRINT_CLIENT_RENDER_GRID_H_
#define FOOTPRINT_CLIENT_RENDER_GRID_H_

#include <string>
#include <vector>

#include "client/look.h"

namespace footprint::client::render {

class Grid {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
    // What a narrow terminal does to it: cells are cut to no less than this; 0: they never are.
    size_t least = 0;
    // Left out before any with a smaller number; 0: never.
    int drop = 0;
  };

  explicit Grid(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // Sanitises every cell.
  void Add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  // A line of titles and one a row; no blanks at the ends of lines; "" without rows.
  // What does not fit into `look.width` loses columns first, then ends of cells, and never wraps.
  std::string ToString(const Look& look) const;

 private:
  // A column that is shown, and how wide.
  struct Shown {
    size_t index;
    size_t width;
  };
  size_t Natural(size_t column) const;
  std::vector<Shown> Fit(size_t width) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace footprint::client::render

#endif  // FOOTPRINT_CLIENT_RENDER_GRID_H_
