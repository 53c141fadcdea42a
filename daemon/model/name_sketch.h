// SPDX-License-Identifier: Apache-2.0
// How many calls of ended processes were folded away from a name, at most: a count-min sketch. A
// name that was never noted answers 0, or, where others fall into the same cells, more; never less
// than its own calls. So it tells which scopes a fold can concern, in bounded memory.
// Ownership: plain values.   Threads: as any value.   Failure: none; full cells stay full.
#ifndef FOOTPRINT_DAEMON_MODEL_NAME_SKETCH_H_
#define FOOTPRINT_DAEMON_MODEL_NAME_SKETCH_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace footprint::model {

class NameSketch {
 public:
  // Kinds of names are apart: a command may be called as a unit is.
  enum class Kind : uint8_t { kUnit, kPath, kCommand };

  void Add(Kind kind, std::string_view name, uint64_t calls);
  // Of all names of a kind, for patterns that can match several.
  void AddToAll(Kind kind, uint64_t calls);

  // Most calls that were folded away from `name` since `base`, an earlier state; null: ever.
  uint64_t Most(Kind kind, std::string_view name, const NameSketch* base) const;
  uint64_t MostOfAll(Kind kind, const NameSketch* base) const;

 private:
  static constexpr int kRows = 2;
  static constexpr uint32_t kCells = 8192;  // a row; power of two

  static uint32_t CellOf(int row, Kind kind, std::string_view name);

  std::array<std::array<uint64_t, kCells>, kRows> cells_{};
  std::array<uint64_t, 3> all_{};
};

}  // namespace footprint::model

#endif  // FOOTPRINT_DAEMON_MODEL_NAME_SKETCH_H_
