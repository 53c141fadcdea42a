// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/packed_counts.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <random>
#include <tuple>

namespace footprint::model {
namespace {

// Random numbers of every length, and those at which an encoding ends.
class Numbers {
 public:
  explicit Numbers(uint32_t seed) : random_(seed) {}
  size_t Below(size_t end) { return random_() % end; }
  uint64_t Any() {
    switch (Below(4)) {
      case 0:
        return 0;
      case 1:
        return UINT64_MAX - Below(3);
      case 2:  // beside a length that is one byte more
        return (uint64_t{1} << (7 * (1 + Below(9)))) - 1 + Below(3);
      default:
        return random_() >> Below(64);
    }
  }
  template <typename Int>
  Int As() {
    switch (Below(4)) {
      case 0:
        return std::numeric_limits<Int>::min();
      case 1:
        return std::numeric_limits<Int>::max();
      default:
        return static_cast<Int>(Any());
    }
  }

 private:
  std::mt19937_64 random_;
};

Counts Random(Numbers& numbers) {
  Counts counts;
  for (size_t i = numbers.Below(60); i > 0; --i) {
    const CallKey key{.abi = numbers.As<uint8_t>(),
                      .number = numbers.As<int32_t>(),
                      .object_class = numbers.As<uint32_t>(),
                      .kind = static_cast<CallKind>(numbers.Below(3))};
    const CallStats stats{numbers.Any(), numbers.Any(), numbers.Any(),
                          numbers.Any(), numbers.Any(), numbers.Any()};
    counts.calls.emplace_back(key, stats);
  }
  for (size_t i = numbers.Below(20); i > 0; --i) {
    counts.errnos.push_back({{.abi = numbers.As<uint8_t>(),
                              .number = numbers.As<int32_t>(),
                              .value = numbers.As<uint16_t>(),
                              .denied = numbers.Below(2) == 1},
                             numbers.Any()});
  }
  for (size_t i = numbers.Below(5); i > 0; --i) {
    Histogram histogram;
    for (uint64_t& bucket : histogram) bucket = numbers.Any();
    counts.latency.emplace_back(numbers.As<uint8_t>(), histogram);
  }
  for (size_t i = numbers.Below(4); i > 0; --i) {
    counts.lost.emplace_back(numbers.As<uint8_t>(), numbers.Any());
  }
  counts.in_flight = numbers.Any();
  return counts;
}

auto Tied(const Totals& t) {
  return std::tuple(t.calls, t.errors, t.denied, t.unfinished, t.total_ns);
}

// A program of the C library that has waited for a while: 25 rows and 6 histograms.
Counts OfProgram() {
  Counts counts;
  for (int i = 0; i < 25; ++i) {
    counts.calls.push_back(
        {{.abi = 1, .number = 7 * i, .object_class = i % 3 == 0 ? 0 : 0x400000u + 13 * i},
         {.calls = 1u + i % 9,
          .errors = i % 5 == 0 ? 1u : 0u,
          .total_ns = 3'000'000u + 977u * i,
          .max_ns = 700'000u + 311u * i}});
  }
  for (int i = 0; i < 5; ++i) {
    counts.errnos.push_back({{.abi = 1, .number = 35 * i, .value = 2}, 1});
  }
  for (uint8_t i = 0; i < 6; ++i) counts.latency.push_back({i, Histogram{0, 1, 9, 200, 3, 0, 1}});
  return counts;
}

}  // namespace

TEST_CASE("unit.model.packed_counts_are_what_they_were") {
  Numbers numbers(1);
  for (int i = 0; i < 2000; ++i) {
    const Counts counts = Random(numbers);
    const PackedPtr packed = PackedCounts::Pack(counts);
    REQUIRE(packed->Unpack() == counts);
    REQUIRE(Tied(packed->totals()) == Tied(Sum(counts)));
    size_t row = 0;
    packed->ForEachCall([&](const CallKey& key, uint64_t calls) {
      REQUIRE(key == counts.calls.at(row).first);
      REQUIRE(calls == counts.calls.at(row).second.calls);
      ++row;
    });
    REQUIRE(row == counts.calls.size());
  }
}

TEST_CASE("unit.model.packed_counts_add_up") {
  Numbers numbers(2);
  PackedPtr packed;
  Add(packed, Counts{});
  CHECK(packed == nullptr);
  CHECK(Unpacked(packed) == Counts{});
  Counts plain;
  for (int i = 0; i < 20; ++i) {
    Counts more = Random(numbers);
    const auto by_key = [](const auto& a, const auto& b) { return a.first < b.first; };
    std::sort(more.calls.begin(), more.calls.end(), by_key);
    std::sort(more.errnos.begin(), more.errnos.end(), by_key);
    std::sort(more.latency.begin(), more.latency.end(), by_key);
    std::sort(more.lost.begin(), more.lost.end(), by_key);
    MergeDuplicates(more);
    const PackedPtr before = packed;
    const Counts was = Unpacked(before);
    Add(packed, more);
    Add(plain, more);
    REQUIRE(Unpacked(packed) == plain);
    REQUIRE(Unpacked(before) == was);
  }
}

TEST_CASE("unit.model.unpacked_counts_take_no_more_than_they_need") {
  const Counts counts = PackedCounts::Pack(OfProgram())->Unpack();
  CHECK(counts.calls.capacity() == counts.calls.size());
  CHECK(counts.latency.capacity() == counts.latency.size());
}

TEST_CASE("unit.model.packed_counts_of_a_program_are_small") {
  const Counts counts = OfProgram();
  const PackedPtr packed = PackedCounts::Pack(counts);
  CHECK(packed->Unpack() == counts);
  CHECK(BytesOf(*packed) <= 640);
  CHECK(BytesOf(*packed) * 4 < BytesOf(counts));
}

TEST_CASE("unit.model.a_row_is_packed_until_something_is_added") {
  const Counts one = OfProgram();
  RowCounts row = PackedCounts::Pack(one);
  const RowCounts other = row;
  CHECK(row.shared() == other.shared());
  CHECK(row.bytes() < BytesOf(one) / 4);
  row.Add(other);
  Counts twice = one;
  Add(twice, one);
  CHECK(row.Unpack() == twice);
  CHECK(row.totals().calls == 2 * other.totals().calls);
  CHECK(other.Unpack() == one);
  // A copy of a plain row does not change with it.
  const RowCounts copy = row;
  row.Add(other);
  CHECK(copy.Unpack() == twice);
  uint64_t calls = 0;
  row.ForEachCall([&](const CallKey&, uint64_t n) { calls += n; });
  CHECK(calls == 3 * Sum(one).calls);
  CHECK(RowCounts().Unpack() == Counts{});
}

}  // namespace footprint::model
