// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/counts.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <tuple>

namespace footprint::model {
namespace {

CallKey K(int32_t number) { return {.abi = 1, .number = number}; }

// Few keys, so that many meet; each with and without detail.
Counts Random(std::mt19937& random) {
  Counts c;
  for (int rows = random() % 30; rows > 0; --rows) {
    const uint32_t classes[] = {0, 1, 2, 3, kClassOther};
    const CallKey key{.abi = 1,
                      .number = static_cast<int32_t>(random() % 3),
                      .object_class = classes[random() % 5],
                      .kind = static_cast<CallKind>(random() % 3)};
    Add(c, {.calls = {{key,
                       {.calls = 1 + random() % 9,
                        .errors = random() % 2,
                        .denied = random() % 3,
                        .total_ns = random() % 100,
                        .max_ns = random() % 50}}}});
    const uint16_t values[] = {1, 2, 11, kErrnoOther};
    Add(c, {.errnos = {{{.abi = 1,
                         .number = key.number,
                         .value = values[random() % 4],
                         .denied = random() % 2 == 0},
                        1 + random() % 5}}});
  }
  return c;
}

// What remains to be told apart without detail.
using ByCall = std::map<std::tuple<int32_t, CallKind>, std::array<uint64_t, 4>>;
ByCall SumByCall(const Counts& counts) {
  ByCall sums;
  for (const auto& [key, stats] : counts.calls) {
    // What had no object is no object that could not be told.
    if (key.object_class == 0) continue;
    auto& sum = sums[{key.number, key.kind}];
    sum[0] += stats.calls;
    sum[1] += stats.errors;
    sum[2] += stats.denied;
    sum[3] += stats.total_ns;
  }
  return sums;
}
std::map<std::tuple<int32_t, bool>, uint64_t> SumByErrno(const Counts& counts) {
  std::map<std::tuple<int32_t, bool>, uint64_t> sums;
  for (const auto& [key, count] : counts.errnos) sums[{key.number, key.denied}] += count;
  return sums;
}

TEST_CASE("unit.model.add_merges_by_key") {
  Counts a{.calls = {{K(0), {.calls = 3, .errors = 1, .total_ns = 30, .max_ns = 20}},
                     {K(5), {.calls = 1}}}};
  const Counts b{.calls = {{K(0), {.calls = 2, .total_ns = 9, .max_ns = 25}}, {K(3), {.calls = 7}}},
                 .errnos = {{{.abi = 1, .number = 0, .value = 11}, 1}},
                 .in_flight = 2};
  Add(a, b);
  REQUIRE(a.calls.size() == 3);
  CHECK(a.calls[0].second == CallStats{.calls = 5, .errors = 1, .total_ns = 39, .max_ns = 25});
  CHECK(a.calls[1].first == K(3));
  CHECK(a.calls[2].first == K(5));
  CHECK(a.errnos.size() == 1);
  CHECK(a.in_flight == 2);
  CHECK(Sum(a).calls == 13);
}

TEST_CASE("unit.model.difference_undoes_add") {
  Counts base{.calls = {{K(1), {.calls = 4, .errors = 2, .total_ns = 100, .max_ns = 60}}},
              .latency = {{3, Histogram{1, 2, 3}}}};
  const Counts more{.calls = {{K(1), {.calls = 1, .total_ns = 10, .max_ns = 10}},
                              {K(-1), {.calls = 5, .max_ns = 1}}},
                    .latency = {{3, Histogram{0, 1}}, {4, Histogram{9}}}};
  Counts end = base;
  Add(end, more);
  const Counts d = Difference(end, base);
  CHECK(d.calls == more.calls);
  CHECK(d.latency == more.latency);
}

TEST_CASE("unit.model.difference_bounds_the_maximum") {
  const Counts base{.calls = {{K(1), {.calls = 1, .total_ns = 500, .max_ns = 500}}}};
  const Counts end{.calls = {{K(1), {.calls = 3, .total_ns = 540, .max_ns = 500}}}};
  CHECK(Difference(end, base).calls[0].second.max_ns == 40);
}

TEST_CASE("unit.model.difference_leaves_out_what_did_not_change") {
  const Counts same{.calls = {{K(1), {.calls = 1}}}, .errnos = {{{1, 1, 2}, 1}}};
  CHECK(Difference(same, same) == Counts{});
}

// What was counted before a window is in no window, under whatever name it ends up.
TEST_CASE("unit.model.difference_undoes_dropped_detail") {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    const Counts base = Random(random), before_drop = Random(random), after = Random(random);
    Counts end = base, window = before_drop;
    Add(end, before_drop);
    DropDetail(end);
    Add(end, after);
    Add(window, after);
    const Counts d = Difference(end, base);
    REQUIRE(SumByCall(d) == SumByCall(window));
    REQUIRE(SumByErrno(d) == SumByErrno(window));
    REQUIRE(std::is_sorted(d.calls.begin(), d.calls.end(),
                           [](const auto& a, const auto& b) { return a.first < b.first; }));
    // Of what had none to drop nothing moves.
    const auto bare = [](const Counts& counts) {
      std::map<std::tuple<int32_t, CallKind>, uint64_t> calls;
      for (const auto& [key, stats] : counts.calls) {
        if (key.object_class == 0) calls[{key.number, key.kind}] += stats.calls;
      }
      return calls;
    };
    REQUIRE(bare(d) == bare(window));
  }
}

TEST_CASE("unit.model.a_dropped_maximum_is_from_before_the_window") {
  CallKey object = K(1), other = K(1);
  object.object_class = 5;
  other.object_class = kClassOther;
  const Counts base{.calls = {{object, {.calls = 1, .total_ns = 500, .max_ns = 500}}}};
  Counts end = base;
  Add(end, {.calls = {{object, {.calls = 2, .total_ns = 40, .max_ns = 30}}}});
  CHECK(DropDetail(end).objects == 3);
  const Counts d = Difference(end, base);
  REQUIRE(d.calls.size() == 1);
  CHECK(d.calls[0].first == other);
  CHECK(d.calls[0].second == CallStats{.calls = 2, .total_ns = 40, .max_ns = 40});
}

TEST_CASE("unit.model.duplicates_merge") {
  Counts c{.calls = {{K(1), {.calls = 1}}, {K(1), {.calls = 2}}, {K(2), {.calls = 4}}}};
  MergeDuplicates(c);
  REQUIRE(c.calls.size() == 2);
  CHECK(c.calls[0].second.calls == 3);
}

}  // namespace
}  // namespace footprint::model
