// SPDX-License-Identifier: Apache-2.0
#include "data/servers.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace footprint::names {
namespace {

#include "data/servers.inc"

constexpr auto ServerKeyOf(const ServerRow& row) { return std::tuple(row.kind, row.key); }

static_assert(std::ranges::is_sorted(kServers, {}, ServerKeyOf));
static_assert(std::ranges::is_sorted(kGenericFunctions));

}  // namespace

std::span<const ServerRow> Servers() { return kServers; }

const ServerRow* FindServer(ServerKind kind, std::string_view key) {
  const auto wanted = std::tuple(kind, key);
  const auto* row = std::ranges::lower_bound(kServers, wanted, {}, ServerKeyOf);
  return row != std::end(kServers) && ServerKeyOf(*row) == wanted ? row : nullptr;
}

const ServerRow* FindDriverOf(std::string_view server) {
  const auto* row = std::ranges::find_if(kServers, [server](const ServerRow& rule) {
    return rule.kind == ServerKind::kDriver && rule.server == server;
  });
  return row != std::end(kServers) ? row : nullptr;
}

bool IsGenericFunction(std::string_view name) {
  return std::ranges::binary_search(kGenericFunctions, name);
}

}  // namespace footprint::names
