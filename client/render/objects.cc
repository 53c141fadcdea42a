// SPDX-License-Identifier: Apache-2.0
#include "client/render/objects.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"

namespace footprint::client::render {
namespace {

constexpr int kServersShown = 3;

void Add(const v1::Object& row, Served& sum) {
  sum.calls += row.calls();
  sum.errors += row.errors();
  sum.total_ns += row.total_ns();
  sum.max_ns = std::max(sum.max_ns, row.max_ns());
}

template <typename Key>
std::vector<Served> Ordered(std::map<Key, Served>& rows) {
  std::vector<Served> ordered;
  for (auto& [key, row] : rows) ordered.push_back(std::move(row));
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const Served& a, const Served& b) { return a.calls > b.calls; });
  return ordered;
}

}  // namespace

std::vector<Served> ByDriver(const v1::Footprint& footprint) {
  std::map<std::tuple<std::string, std::string, std::string, std::string>, Served> rows;
  for (const v1::Object& row : footprint.objects()) {
    Served& sum = rows[{row.server(), row.driver(), row.module(), row.device()}];
    sum.server = row.server();
    sum.driver = row.driver();
    sum.module = row.module();
    sum.subsystem = row.subsystem();
    sum.device = row.device();
    Add(row, sum);
  }
  return Ordered(rows);
}

std::vector<Served> ByModule(const v1::Footprint& footprint) {
  std::map<std::string, Served> rows;
  for (const v1::Object& row : footprint.objects()) {
    if (row.driver().empty()) continue;
    Served& sum = rows[row.module()];
    sum.module = row.module();
    Add(row, sum);
  }
  return Ordered(rows);
}

std::string ServedBy(const v1::Syscall& row) {
  std::string text;
  for (int i = 0; i < std::min(row.served_by_size(), kServersShown); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ", ", row.served_by(i));
  }
  const int more = row.served_by_size() - kServersShown;
  if (more > 0) absl::StrAppend(&text, " +", more);
  return text;
}

}  // namespace footprint::client::render
