// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/text.h"

#include <cstddef>
#include <cstdint>

namespace footprint::rpc {
namespace {

struct CodePoint {
  uint32_t value = 0;
  size_t bytes = 0;  // 0: not UTF-8
};

// RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
CodePoint Decode(std::string_view s) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(s[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || s.size() < length) return {};
  uint32_t value = first & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3f);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (overlong || surrogate || value > 0x10ffff) return {};
  return {value, length};
}

bool Harmless(uint32_t c) {
  const bool control = c < 0x20 || (c >= 0x7f && c <= 0x9f);
  const bool bidi = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  return !control && !bidi;
}

}  // namespace

std::string Printable(std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const CodePoint c = Decode(bytes);
    const size_t take = c.bytes == 0 ? 1 : c.bytes;
    if (c.bytes != 0 && Harmless(c.value)) {
      out.append(bytes.substr(0, take));
    } else {
      for (const char b : bytes.substr(0, take)) {
        out += "\\x";
        out += kHex[static_cast<uint8_t>(b) >> 4];
        out += kHex[static_cast<uint8_t>(b) & 15];
      }
    }
    bytes.remove_prefix(take);
  }
  return out;
}

}  // namespace footprint::rpc
