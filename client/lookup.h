// SPDX-License-Identifier: Apache-2.0
// What a person types, found in the tables of data/.
// Ownership: rows point into static storage.   Threads: any.
// Failure: INVALID_ARGUMENT names the nearest that there is.
#ifndef FOOTPRINT_CLIENT_LOOKUP_H_
#define FOOTPRINT_CLIENT_LOOKUP_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "data/names.h"

namespace footprint::client {

// A call of an ABI; `row` is nullptr for a number in no table.
struct FoundCall {
  names::Abi abi = names::Abi::kUnknown;
  int32_t number = 0;
  const names::SyscallRow* row = nullptr;
};

// The ABI of programs of a machine, as uname(2) names it; kUnknown for one without a table.
names::Abi MachineAbi(std::string_view machine);

// One ABI, or every one for "all".
absl::StatusOr<std::vector<names::Abi>> FindAbis(std::string_view word);

// Names and numbers (decimal, or hexadecimal with 0x), in the order given, of each ABI. A number
// in no table is found as unknown; a name must be in one of the ABIs. x32 numbers are understood
// with and without the bit 0x40000000, which makes a number of x86_64 one of x32, as in the kernel.
absl::StatusOr<std::vector<FoundCall>> FindCalls(const std::vector<names::Abi>& abis,
                                                 const std::vector<std::string>& words);
// Every row of each ABI.
std::vector<FoundCall> AllCalls(const std::vector<names::Abi>& abis);
// Rows of `abi` whose name `other` lacks.
std::vector<FoundCall> MissingCalls(names::Abi abi, names::Abi other);

// Insertions, deletions, substitutions and swaps of neighbours that make one word of the other.
size_t EditDistance(std::string_view a, std::string_view b);
// At most three of the candidates that are a plausible meaning, nearest first: begun by the word,
// or at most a third of its letters and three away, capital or not.
std::vector<std::string> Nearest(std::string_view word,
                                 const std::vector<std::string_view>& candidates);
// "; nearest: a, b, c", or "" for nothing near.
std::string NearestText(std::string_view word, const std::vector<std::string_view>& candidates);
// "; did you mean --output?", or "" for nothing near.
std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace footprint::client

#endif  // FOOTPRINT_CLIENT_LOOKUP_H_
