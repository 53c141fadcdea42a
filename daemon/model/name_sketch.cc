// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/name_sketch.h"

#include <algorithm>

#include "daemon/model/minus.h"

namespace footprint::model {

// FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/: a high and a low half serve the two rows.
uint32_t NameSketch::CellOf(int row, Kind kind, std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325;
  const auto mix = [&hash](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3; };
  mix(static_cast<unsigned char>(kind));
  for (const char c : name) mix(static_cast<unsigned char>(c));
  hash ^= hash >> 29;
  hash *= 0xbf58476d1ce4e5b9;
  return static_cast<uint32_t>(hash >> (row * 32)) & (kCells - 1);
}

void NameSketch::Add(Kind kind, std::string_view name, uint64_t calls) {
  if (name.empty()) return;
  for (int row = 0; row < kRows; ++row) cells_[row][CellOf(row, kind, name)] += calls;
}

void NameSketch::AddToAll(Kind kind, uint64_t calls) { all_[static_cast<size_t>(kind)] += calls; }

uint64_t NameSketch::Most(Kind kind, std::string_view name, const NameSketch* base) const {
  uint64_t most = UINT64_MAX;
  for (int row = 0; row < kRows; ++row) {
    const uint32_t cell = CellOf(row, kind, name);
    most = std::min(most, Minus(cells_[row][cell], base == nullptr ? 0 : base->cells_[row][cell]));
  }
  return most;
}

uint64_t NameSketch::MostOfAll(Kind kind, const NameSketch* base) const {
  const auto index = static_cast<size_t>(kind);
  return Minus(all_[index], base == nullptr ? 0 : base->all_[index]);
}

}  // namespace footprint::model
