// SPDX-License-Identifier: Apache-2.0
#include "daemon/objects/symbols.h"

#include <charconv>

namespace footprint::objects {

Symbol ParseSymbol(std::string_view text) {
  Symbol symbol;
  const size_t plus = text.rfind("+0x");
  if (plus == std::string_view::npos || plus == 0) return symbol;
  const std::string_view rest = text.substr(plus + 3);
  const auto [end, error] =
      std::from_chars(rest.data(), rest.data() + rest.size(), symbol.offset, 16);
  if (error != std::errc() || end == rest.data() + rest.size() || *end != '/') return {};
  symbol.name = text.substr(0, plus);
  const size_t open = rest.find('[');
  if (open != std::string_view::npos && rest.back() == ']') {
    symbol.module = rest.substr(open + 1, rest.size() - open - 2);
  }
  return symbol;
}

}  // namespace footprint::objects
