// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/header_sizes.h"

#include <algorithm>
#include <cstdint>

namespace footprint::rpc {
namespace {

// RFC 7541: entries of the static table, and its longest (access-control-allow-origin; a name
// with its value is shorter).
constexpr size_t kStaticEntries = 61;
constexpr size_t kStaticSize = 32;
constexpr size_t kFieldOverhead = 32;
// Beyond any length that fits into a frame; keeps the sums from overflowing.
constexpr size_t kMaxInteger = 1 << 24;

// RFC 7541 section 5.1: an integer whose first `prefix` bits are in the first byte.
std::optional<size_t> TakeInteger(std::string_view& rest, int prefix) {
  if (rest.empty()) return std::nullopt;
  const size_t mask = (size_t{1} << prefix) - 1;
  size_t value = static_cast<uint8_t>(rest.front()) & mask;
  rest.remove_prefix(1);
  if (value < mask) return value;
  for (int shift = 0; shift <= 21; shift += 7) {
    if (rest.empty()) return std::nullopt;
    const auto byte = static_cast<uint8_t>(rest.front());
    rest.remove_prefix(1);
    value += static_cast<size_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value <= kMaxInteger ? std::optional(value) : std::nullopt;
  }
  return std::nullopt;
}

// Section 5.2. The shortest code of Huffman's has five bits.
std::optional<size_t> TakeString(std::string_view& rest) {
  if (rest.empty()) return std::nullopt;
  const bool huffman = (static_cast<uint8_t>(rest.front()) & 0x80) != 0;
  const auto length = TakeInteger(rest, 7);
  if (!length || *length > rest.size()) return std::nullopt;
  rest.remove_prefix(*length);
  return huffman ? *length * 8 / 5 : *length;
}

}  // namespace

size_t HeaderSizes::OfIndex(size_t index) const {
  return index <= kStaticEntries ? kStaticSize : std::max(largest_, kStaticSize);
}

std::optional<size_t> HeaderSizes::TakeLiteral(std::string_view& rest, int prefix, bool indexed) {
  const auto index = TakeInteger(rest, prefix);
  if (!index) return std::nullopt;
  const auto name = *index == 0 ? TakeString(rest) : std::optional(OfIndex(*index));
  if (!name) return std::nullopt;
  const auto value = TakeString(rest);
  if (!value) return std::nullopt;
  if (indexed) largest_ = std::max(largest_, *name + *value);
  return *name + *value + kFieldOverhead;
}

// Section 6.
std::optional<size_t> HeaderSizes::TakeField(std::string_view& rest) {
  const auto first = static_cast<uint8_t>(rest.front());
  if ((first & 0x80) != 0) {
    const auto index = TakeInteger(rest, 7);
    if (!index || *index == 0) return std::nullopt;
    return OfIndex(*index) + kFieldOverhead;
  }
  if ((first & 0xc0) == 0x40) return TakeLiteral(rest, 6, true);
  if ((first & 0xe0) == 0x20) {  // the table's size changes
    return TakeInteger(rest, 5) ? std::optional<size_t>(0) : std::nullopt;
  }
  return TakeLiteral(rest, 4, false);
}

std::optional<size_t> HeaderSizes::Take(std::string_view block) {
  size_t sum = 0;
  while (!block.empty()) {
    const auto field = TakeField(block);
    if (!field) return std::nullopt;
    sum += *field;
  }
  return sum;
}

}  // namespace footprint::rpc
