// SPDX-License-Identifier: Apache-2.0
// The kernel's own matrix of features and architectures.
// Ownership: everything returned points into static storage.   Threads: any.
// Failure: what is not in the matrix has the status "".
// Source: data/features.tsv, from Documentation/features; see data/README.md.
#ifndef FOOTPRINT_DATA_FEATURES_H_
#define FOOTPRINT_DATA_FEATURES_H_

#include <cstddef>
#include <span>
#include <string_view>

namespace footprint::names {

struct FeatureRow {
  std::string_view category;  // "core"
  std::string_view name;      // "jump-labels"
  std::string_view kconfig;   // "HAVE_ARCH_JUMP_LABEL"; "!LEGACY_TIMER_TICK" where it must be off,
                              // "A|B" where either will do
  std::string_view description;  // in the kernel's words
};

std::span<const FeatureRow> Features();
// "arm64", "x86": directories of arch/.
std::span<const std::string_view> FeatureArchs();
// Of Features()[feature] on FeatureArchs()[arch]: "ok"; "TODO", not yet; "..", the hardware cannot;
// "N/A", it makes no sense there.
std::string_view FeatureStatus(size_t feature, size_t arch);
// The directory of arch/ for a machine of uname(2): "x86" for "x86_64"; "" where none is known.
std::string_view ArchOf(std::string_view machine);
// Package, version and sha256 that the matrix was taken from.
std::string_view FeatureInputs();

}  // namespace footprint::names

#endif  // FOOTPRINT_DATA_FEATURES_H_
