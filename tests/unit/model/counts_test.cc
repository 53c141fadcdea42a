// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/counts.h"

#include <catch2/catch.hpp>

namespace footprint::model {
namespace {

CallKey K(int32_t number) { return {.abi = 1, .number = number}; }

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

TEST_CASE("unit.model.duplicates_merge") {
  Counts c{.calls = {{K(1), {.calls = 1}}, {K(1), {.calls = 2}}, {K(2), {.calls = 4}}}};
  MergeDuplicates(c);
  REQUIRE(c.calls.size() == 2);
  CHECK(c.calls[0].second.calls == 3);
}

}  // namespace
}  // namespace footprint::model
