// SPDX-License-Identifier: Apache-2.0
#include "client/render/grid.h"

#include <catch2/catch.hpp>
#include <string>

namespace footprint::client::render {
namespace {

using Align = Grid::Align;

Grid Sample() {
  Grid grid({{"name", Align::kLeft, 6},
             {"calls", Align::kRight},
             {"time", Align::kRight, 0, 1},
             {"served by", Align::kLeft, 9, 2},
             {"where", Align::kLeft, 0, 3}});
  grid.Add({"a_long_name", "12", "3 ns", "ext4, pipe, tcp", "fs/read_write.c"});
  grid.Add({"b", "1", "", "", ""});
  return grid;
}

TEST_CASE("a grid is as wide as its cells where nothing limits it", "[client]") {
  const std::string whole =
      "name         calls  time  served by        where\n"
      "a_long_name     12  3 ns  ext4, pipe, tcp  fs/read_write.c\n"
      "b                1\n";
  CHECK(Sample().ToString({}) == whole);
  CHECK(Sample().ToString(Look(false, 58)) == whole);
}

TEST_CASE("a narrow grid cuts what may be cut, then loses columns", "[client]") {
  // Four of the 58 are cut from the widest of the two that may be.
  CHECK(Sample().ToString(Look(false, 54)) ==
        "name         calls  time  served by    where\n"
        "a_long_name     12  3 ns  ext4, pipe~  fs/read_write.c\n"
        "b                1\n");
  CHECK(Sample().ToString(Look(false, 41)) ==
        "name         calls  time  served by\n"
        "a_long_name     12  3 ns  ext4, pipe, tcp\n"
        "b                1\n");
  CHECK(Sample().ToString(Look(false, 20)) ==
        "name     calls  time\n"
        "a_long~     12  3 ns\n"
        "b            1\n");
  CHECK(Sample().ToString(Look(false, 13)) ==
        "name    calls\n"
        "a_lon~     12\n"
        "b           1\n");
}

TEST_CASE("a grid narrower than what always stays does not wrap", "[client]") {
  CHECK(Sample().ToString(Look(false, 8)) ==
        "name   ~\n"
        "a_lon~ ~\n"
        "b      ~\n");
}

TEST_CASE("a grid without rows is nothing", "[client]") {
  CHECK(Grid({{"name"}, {"calls"}}).ToString({}).empty());
}

}  // namespace
}  // namespace footprint::client::render
