// SPDX-License-Identifier: Apache-2.0
#include "data/features.h"

#include <algorithm>
#include <iterator>

namespace footprint::names {
namespace {

#include "data/features.inc"

static_assert(std::size(kFeatureStatuses) == std::size(kFeatures) * std::size(kFeatureArchs));

struct Machine {
  std::string_view beginning, arch;
};
constexpr Machine kMachines[] = {
    {"x86_64", "x86"},    {"i", "x86"},         {"aarch64", "arm64"},
    {"arm", "arm"},       {"riscv", "riscv"},   {"ppc", "powerpc"},
    {"s390", "s390"},     {"mips", "mips"},     {"loongarch", "loongarch"},
    {"sparc", "sparc"},   {"parisc", "parisc"}, {"alpha", "alpha"},
    {"m68k", "m68k"},     {"sh", "sh"},         {"arc", "arc"},
    {"xtensa", "xtensa"}, {"csky", "csky"}};

}  // namespace

std::span<const FeatureRow> Features() { return kFeatures; }

std::span<const std::string_view> FeatureArchs() { return kFeatureArchs; }

std::string_view FeatureStatus(size_t feature, size_t arch) {
  if (feature >= std::size(kFeatures) || arch >= std::size(kFeatureArchs)) return "";
  return kFeatureStatuses[feature * std::size(kFeatureArchs) + arch];
}

std::string_view ArchOf(std::string_view machine) {
  if (machine.starts_with("armv8")) return "arm64";  // a 32-bit view of an arm64 kernel
  const auto* found = std::ranges::find_if(
      kMachines, [&](const Machine& row) { return machine.starts_with(row.beginning); });
  return found != std::end(kMachines) ? found->arch : "";
}

std::string_view FeatureInputs() { return kFeatureInputs; }

}  // namespace footprint::names
