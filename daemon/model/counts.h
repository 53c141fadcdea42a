// SPDX-License-Identifier: Apache-2.0
// What was counted for one program image, process, command or system.
// Ownership: plain values.   Threads: as any value.   Failure: none.
#ifndef FOOTPRINT_DAEMON_MODEL_COUNTS_H_
#define FOOTPRINT_DAEMON_MODEL_COUNTS_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace footprint::model {

// What a row of calls counts.
enum class CallKind : uint8_t {
  kCalls,   // every call, once, under the object that served it
  kSecond,  // calls that had a second descriptor, under what stood behind that one
  kMade,    // calls that answered a descriptor, under what stands behind it; among kCalls too
};

// Stands for objects that could not be told, and for those that DropDetail() left out.
inline constexpr uint32_t kClassOther = 0x3fffff;  // FP_CLASS_OTHER

struct CallKey {
  uint8_t abi = 0;  // enum fp_abi
  int32_t number = 0;
  uint32_t object_class = 0;  // as in a cell's key; 0: none
  CallKind kind = CallKind::kCalls;
  auto operator<=>(const CallKey&) const = default;
};

struct CallStats {
  uint64_t calls = 0;       // entered
  uint64_t errors = 0;      // returned -4095..-1
  uint64_t denied = 0;      // refused by seccomp before entry; not in `calls`
  uint64_t unfinished = 0;  // cut off by the thread's death; in `calls`
  uint64_t total_ns = 0;
  uint64_t max_ns = 0;
  bool operator==(const CallStats&) const = default;
};

// Stands for all that no kernel has: include/uapi/asm-generic/errno.h and include/linux/errno.h
// name those below 134 and from 512 to 531.
inline constexpr uint16_t kErrnoOther = 4096;

struct ErrnoKey {
  uint8_t abi = 0;
  int32_t number = 0;
  uint16_t value = 0;
  bool denied = false;  // of a call that was refused before entry: among `denied`, not `errors`
  auto operator<=>(const ErrnoKey&) const = default;
};

inline constexpr int kHistogramBuckets = 28;
// Bucket b holds [2^(b+kHistogramFirstLog2), 2^(b+1+kHistogramFirstLog2)) ns;
// the first is open below, the last above.
inline constexpr int kHistogramFirstLog2 = 7;
using Histogram = std::array<uint64_t, kHistogramBuckets>;

// Every vector is sorted by key, without duplicates: half the memory of a tree,
// and sums are linear merges.
struct Counts {
  std::vector<std::pair<CallKey, CallStats>> calls;
  std::vector<std::pair<ErrnoKey, uint64_t>> errnos;
  std::vector<std::pair<uint8_t, Histogram>> latency;  // by subsystem index
  std::vector<std::pair<uint8_t, uint64_t>>
      lost;  // by Loss: what is put down to these calls' maker
  uint64_t in_flight = 0;

  bool operator==(const Counts&) const = default;
};

struct Totals {
  uint64_t calls = 0, errors = 0, denied = 0, unfinished = 0, total_ns = 0;
};
// Of the rows of kind kCalls: every call once.
Totals Sum(const Counts& counts);

// Adds every count of `more`; max_ns takes the larger.
void Add(Counts& sum, const Counts& more);

// Adds up neighbours of one key: makes sorted vectors with duplicates into valid Counts.
void MergeDuplicates(Counts& counts);

struct Dropped {
  uint64_t objects = 0, errnos = 0;  // calls that had one
};
// Leaves out what one program may make as many different of as it likes: which object served a call
// (kClassOther for all), and which errno it had (kErrnoOther for all).
Dropped DropDetail(Counts& counts);

// Bytes of memory that the counts take.
size_t BytesOf(const Counts& counts);

// What `end` has beyond `base`, an earlier state of the same thing; rows without
// a difference are left out, and none is negative. What DropDetail() moved between the two was in
// `base` already: it is taken from the rows of kClassOther and kErrnoOther. in_flight is that of
// `end`. max_ns of a row that grew beyond base's is exact; else it is min(end.max_ns, total_ns), an
// upper bound.
Counts Difference(const Counts& end, const Counts& base);

}  // namespace footprint::model

#endif  // FOOTPRINT_DAEMON_MODEL_COUNTS_H_
