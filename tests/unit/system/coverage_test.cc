// SPDX-License-Identifier: Apache-2.0
#include "daemon/system/coverage.h"

#include <catch2/catch.hpp>

#include "daemon/system/kernel_calls.h"

namespace footprint::system {
namespace {

using names::Abi;

System Captured() {
  System system;
  system.abis = ReadCalls(FOOTPRINT_SOURCE_DIR "/tests/data/system_6.18_x86_64", "x86_64");
  return system;
}

const CoverageRow* Find(const std::vector<CoverageRow>& rows, const std::string& abi,
                        const std::string& subsystem) {
  for (const CoverageRow& row : rows) {
    if (row.abi == abi && names::SubsystemName(row.subsystem) == subsystem) return &row;
  }
  return nullptr;
}

TEST_CASE("unit.system.coverage_sums_to_the_tables") {
  const auto rows = Cover(Captured(), {});
  size_t possible = 0, built_in = 0;
  for (const CoverageRow& row : rows) {
    CHECK(row.abi != "x32");  // not offered, not used
    CHECK(row.used == 0);
    REQUIRE(row.built_in.has_value());
    CHECK(*row.built_in <= row.possible);
    if (row.abi != "x86_64") continue;
    possible += row.possible;
    built_in += *row.built_in;
  }
  CHECK(possible == names::Syscalls(Abi::kX86_64).size());
  CHECK(built_in == 360);
}

TEST_CASE("unit.system.coverage_tells_what_was_used") {
  const std::vector<Use> uses = {
      {Abi::kX86_64, 0, 23},   {Abi::kX86_64, 0, 7}, {Abi::kX86_64, 1, 5}, {Abi::kX86_64, 175, 3},
      {Abi::kX86_64, 9999, 1}, {Abi::kX86_64, 2, 0}, {Abi::kArm, 3, 11}};
  const auto rows = Cover(Captured(), uses);
  const CoverageRow* filesystem = Find(rows, "x86_64", "filesystem");
  REQUIRE(filesystem != nullptr);
  CHECK(filesystem->used == 2);
  CHECK(filesystem->calls == 35);
  CHECK(filesystem->used_not_built_in == 0);
  const CoverageRow* module = Find(rows, "x86_64", "module");
  REQUIRE(module != nullptr);
  CHECK(module->used == 1);  // init_module, compiled out of this kernel
  CHECK(module->used_not_built_in == 1);
  const CoverageRow* unknown = Find(rows, "x86_64", "unknown");
  REQUIRE(unknown != nullptr);
  CHECK(unknown->possible == 0);
  CHECK(unknown->used_not_built_in == 1);
  // The same numbers of another ABI are apart, and nothing is known of its kernel.
  const CoverageRow* arm = Find(rows, "arm", "filesystem");
  REQUIRE(arm != nullptr);
  CHECK(arm->calls == 11);
  CHECK_FALSE(arm->built_in.has_value());
  CHECK(Find(rows, "i386", "filesystem")->used == 0);
}

TEST_CASE("unit.system.coverage_without_symbols_claims_nothing") {
  System system;
  system.abis = ReadCalls("/nonexistent", "x86_64");
  const auto rows = Cover(system, std::vector<Use>{{Abi::kX86_64, 0, 1}});
  const CoverageRow* row = Find(rows, "x86_64", "filesystem");
  REQUIRE(row != nullptr);
  CHECK(row->used == 1);
  CHECK_FALSE(row->built_in.has_value());
  CHECK_FALSE(row->used_not_built_in.has_value());
}

}  // namespace
}  // namespace footprint::system
