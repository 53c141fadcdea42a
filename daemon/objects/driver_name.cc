// SPDX-License-Identifier: Apache-2.0
#include "daemon/objects/driver_name.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "data/servers.h"

namespace footprint::objects {
namespace {

// What a function of a file_operations may be called after, beside its driver. Sorted.
constexpr std::string_view kOperationWords[] = {
    "close", "compat",  "dir",   "do",      "file",   "fop",      "fops",  "ioctl",
    "iter",  "iterate", "mmap",  "op",      "open",   "ops",      "poll",  "prepare",
    "read",  "readdir", "readv", "release", "shared", "unlocked", "write", "writev"};
static_assert(std::ranges::is_sorted(kOperationWords));

bool IsOperation(std::string_view word) {
  return word.empty() || std::ranges::binary_search(kOperationWords, word);
}

std::vector<std::string_view> Words(std::string_view name) {
  std::vector<std::string_view> words;
  for (size_t start = 0; start <= name.size();) {
    const size_t end = std::min(name.find('_', start), name.size());
    words.push_back(name.substr(start, end - start));
    start = end + 1;
  }
  return words;
}

// Does `stem` begin with the words of `prefix`?
bool BeginsWith(std::string_view stem, std::string_view prefix) {
  return stem.starts_with(prefix) && (stem.size() == prefix.size() || stem[prefix.size()] == '_');
}

std::string Vote(const std::vector<std::string>& stems) {
  std::string_view winner;
  size_t most = 0;
  bool majority = false;
  for (const std::string& stem : stems) {
    for (size_t end = stem.find('_', 1);; end = stem.find('_', end + 1)) {
      const std::string_view prefix = std::string_view(stem).substr(0, end);
      const size_t votes = std::ranges::count_if(
          stems, [prefix](const std::string& other) { return BeginsWith(other, prefix); });
      const bool has_majority = 2 * votes > stems.size();
      const bool better =
          has_majority ? !majority || prefix.size() > winner.size() : !majority && votes > most;
      if (better) {
        winner = prefix;
        most = votes;
        majority = has_majority;
      }
      if (end == std::string::npos) break;
    }
  }
  return std::string(winner);
}

}  // namespace

std::string Stem(std::string_view function) {
  function = function.substr(0, function.find('.'));  // .cold, .isra.0, .llvm.123
  std::vector<std::string_view> words = Words(function);
  while (!words.empty() && IsOperation(words.back())) words.pop_back();
  const auto first = std::ranges::find_if_not(words, IsOperation);
  std::string stem;
  for (auto word = first; word != words.end(); ++word) {
    if (word != first) stem += '_';
    stem += *word;
  }
  return stem;
}

std::string DriverName(std::span<const std::string_view> functions) {
  std::vector<std::string> stems;
  for (const std::string_view name : functions) {
    if (names::IsGenericFunction(name)) continue;
    if (std::string stem = Stem(name); !stem.empty()) stems.push_back(std::move(stem));
  }
  return Vote(stems);
}

}  // namespace footprint::objects
