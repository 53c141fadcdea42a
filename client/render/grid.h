// SPDX-License-Identifier: Apache-2.0
// Columns of text, each as wide as its widest cell.
// Ownership: owns its cells.   Threads: one.   Failure: none; missing cells are blank.
#ifndef FOOTPRINT_CLIENT_RENDER_GRID_H_
#define FOOTPRINT_CLIENT_RENDER_GRID_H_

#include <string>
#include <vector>

namespace footprint::client::render {

class Grid {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
    size_t max_width = 0;  // 0: none
  };

  explicit Grid(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // Sanitises every cell.
  void Add(std::vector<std::string> cells);
  // A line of titles and one a row; no blanks at the ends of lines. `bold` and `plain`
  // frame the titles.
  std::string ToString(const std::string& bold, const std::string& plain) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace footprint::client::render

#endif  // FOOTPRINT_CLIENT_RENDER_GRID_H_
