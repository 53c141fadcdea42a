// SPDX-License-Identifier: Apache-2.0
#include "client/lookup.h"

#include <algorithm>
#include <charconv>
#include <climits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/text.h"

namespace footprint::client {
namespace {

using names::Abi;

constexpr int32_t kX32Bit = 0x40000000;  // __X32_SYSCALL_BIT of asm/unistd.h
constexpr size_t kMostNearest = 3;
constexpr size_t kMostAway = 3;  // edits that a typing error is made of

std::vector<Abi> EveryAbi() {
  std::vector<Abi> abis;
  for (int i = 1; i < names::kAbiCount; ++i) abis.push_back(static_cast<Abi>(i));
  return abis;
}

// nullopt: not a number at all. -1: one that no kernel could take for a call.
std::optional<int64_t> Number(std::string_view word) {
  const bool hexadecimal = word.starts_with("0x") || word.starts_with("0X");
  if (hexadecimal) word.remove_prefix(2);
  uint64_t number = 0;
  const char* end = word.data() + word.size();
  const auto [after, error] = std::from_chars(word.data(), end, number, hexadecimal ? 16 : 10);
  if (after != end || word.empty() || error == std::errc::invalid_argument) return std::nullopt;
  return error == std::errc() && number <= INT32_MAX ? static_cast<int64_t>(number) : -1;
}

FoundCall ByNumber(Abi abi, int32_t number) {
  if ((number & kX32Bit) != 0 && (abi == Abi::kX32 || abi == Abi::kX86_64)) {
    abi = Abi::kX32;
    number &= ~kX32Bit;
  }
  return {.abi = abi, .number = number, .row = names::FindSyscall(abi, number)};
}

std::string NameList(const std::vector<Abi>& abis) {
  std::vector<std::string> list;
  for (const Abi abi : abis) list.emplace_back(names::AbiName(abi));
  return absl::StrJoin(list, ", ");
}

absl::Status NoSuchCall(const std::vector<Abi>& abis, const std::string& word) {
  std::vector<std::string_view> candidates;
  for (const Abi abi : abis) {
    for (const names::SyscallRow& row : names::Syscalls(abi)) candidates.push_back(row.name);
  }
  std::vector<Abi> elsewhere;
  for (const Abi abi : EveryAbi()) {
    if (names::FindSyscall(abi, std::string_view(word)) != nullptr) elsewhere.push_back(abi);
  }
  std::string message = absl::StrCat("no call ", Sanitize(word), " in ", NameList(abis),
                                     NearestText(word, candidates));
  if (!elsewhere.empty()) absl::StrAppend(&message, "; it is in ", NameList(elsewhere));
  return absl::InvalidArgumentError(message);
}

}  // namespace

Abi MachineAbi(std::string_view machine) {
  if (machine == "aarch64" || machine == "armv8l") return Abi::kArm64;
  if (machine.starts_with("arm")) return Abi::kArm;
  if (machine.size() == 4 && machine[0] == 'i' && machine.ends_with("86")) return Abi::kI386;
  return names::AbiFromName(machine);  // x86_64, riscv64
}

absl::StatusOr<std::vector<Abi>> FindAbis(std::string_view word) {
  if (word == "all") return EveryAbi();
  const Abi abi = names::AbiFromName(word);
  if (abi != Abi::kUnknown) return std::vector<Abi>{abi};
  std::vector<std::string_view> candidates;
  for (const Abi each : EveryAbi()) candidates.push_back(names::AbiName(each));
  return absl::InvalidArgumentError(absl::StrCat("no table of ABI ", Sanitize(word),
                                                 NearestText(word, candidates), "; there are ",
                                                 NameList(EveryAbi())));
}

absl::StatusOr<std::vector<FoundCall>> FindCalls(const std::vector<Abi>& abis,
                                                 const std::vector<std::string>& words) {
  std::vector<FoundCall> found;
  for (const std::string& word : words) {
    const std::optional<int64_t> number = Number(word);
    if (number == -1) {
      return absl::InvalidArgumentError(
          absl::StrCat(Sanitize(word), " is no number of a call: at most ", INT32_MAX));
    }
    const size_t before = found.size();
    for (const Abi abi : abis) {
      if (number) {
        const FoundCall call = ByNumber(abi, static_cast<int32_t>(*number));
        const bool twice =
            std::any_of(found.begin() + static_cast<ptrdiff_t>(before), found.end(),
                        [&](const FoundCall& other) { return other.abi == call.abi; });
        if (!twice) found.push_back(call);
      } else if (const auto* row = names::FindSyscall(abi, std::string_view(word))) {
        found.push_back({.abi = abi, .number = row->number, .row = row});
      }
    }
    if (found.size() == before) return NoSuchCall(abis, word);
  }
  return found;
}

std::vector<FoundCall> AllCalls(const std::vector<Abi>& abis) {
  std::vector<FoundCall> calls;
  for (const Abi abi : abis) {
    for (const names::SyscallRow& row : names::Syscalls(abi)) {
      calls.push_back({.abi = abi, .number = row.number, .row = &row});
    }
  }
  return calls;
}

std::vector<FoundCall> MissingCalls(Abi abi, Abi other) {
  std::vector<FoundCall> calls = AllCalls({abi});
  std::erase_if(calls, [&](const FoundCall& call) {
    return names::FindSyscall(other, call.row->name) != nullptr;
  });
  return calls;
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

std::vector<std::string> Nearest(std::string_view word,
                                 const std::vector<std::string_view>& candidates) {
  struct Candidate {
    size_t distance;
    std::string_view name;
  };
  const std::string wanted = absl::AsciiStrToLower({word.data(), word.size()});
  // The dashes of an option are no part of what was misspelt.
  const size_t letters = wanted.size() - std::min(wanted.find_first_not_of('-'), wanted.size());
  const size_t most = std::min<size_t>((letters + 2) / 3, kMostAway);
  std::vector<Candidate> ranked;
  for (const std::string_view name : candidates) {
    const std::string known = absl::AsciiStrToLower({name.data(), name.size()});
    const size_t distance = EditDistance(wanted, known);
    const bool begun = !wanted.empty() && known.starts_with(wanted);
    if (begun || distance <= most) ranked.push_back({distance, name});
  }
  std::ranges::sort(ranked, [](const Candidate& a, const Candidate& b) {
    return a.distance != b.distance ? a.distance < b.distance : a.name < b.name;
  });
  const auto same = std::ranges::unique(ranked, {}, &Candidate::name);
  ranked.erase(same.begin(), same.end());
  std::vector<std::string> nearest;
  for (const Candidate& candidate : ranked) {
    if (nearest.size() == kMostNearest) break;
    nearest.emplace_back(candidate.name);
  }
  return nearest;
}

std::string NearestText(std::string_view word, const std::vector<std::string_view>& candidates) {
  const std::vector<std::string> nearest = Nearest(word, candidates);
  return nearest.empty() ? "" : absl::StrCat("; nearest: ", absl::StrJoin(nearest, ", "));
}

std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::vector<std::string> meant = Nearest(word, {candidates.begin(), candidates.end()});
  return meant.empty() ? "" : absl::StrCat("; did you mean ", absl::StrJoin(meant, " or "), "?");
}

}  // namespace footprint::client
