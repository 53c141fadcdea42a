// SPDX-License-Identifier: Apache-2.0
#include "daemon/collect/counts_builder.h"

#include <algorithm>
#include <utility>

namespace footprint::collect {
namespace {

static_assert(model::kHistogramBuckets == FP_HIST_BUCKETS);
static_assert(model::kHistogramFirstLog2 == FP_HIST_FIRST_LOG2);
static_assert(model::kClassOther == FP_CLASS_OTHER);
static_assert(model::kErrnoOther == FP_ERRNO_OTHER);

// The thread may write this very word.
uint64_t Load(const __u64& word) { return __atomic_load_n(&word, __ATOMIC_RELAXED); }
uint32_t Load32(const __u32& word) { return __atomic_load_n(&word, __ATOMIC_RELAXED); }

uint8_t AbiOf(uint64_t key) { return (key >> FP_KEY_ABI_SHIFT) & FP_KEY_ABI_MASK; }
uint32_t ClassOf(uint64_t key) { return (key >> FP_KEY_CLASS_SHIFT) & FP_KEY_CLASS_MASK; }
model::CallKind KindOf(uint64_t key) {
  if (key & FP_KEY_MADE) return model::CallKind::kMade;
  return key & FP_KEY_SECOND ? model::CallKind::kSecond : model::CallKind::kCalls;
}
int32_t NumberOf(uint64_t key) { return static_cast<int32_t>(key); }

// A filter of seccomp(2) may answer any of 4,095: those that no kernel has are one.
uint16_t ErrnoOf(uint64_t key) {
  const uint32_t value = ClassOf(key);
  const bool known =
      value < FP_ERRNO_END || (value >= FP_ERRNO_INTERNAL && value < FP_ERRNO_INTERNAL_END);
  return known ? static_cast<uint16_t>(value) : model::kErrnoOther;
}

// Outcomes before calls: a reader between the two must not see more errors than calls.
model::CallStats StatsOf(const fp_cell& cell) {
  model::CallStats stats;
  stats.max_ns = Load(cell.max_ns);
  stats.total_ns = Load(cell.total_ns);
  stats.errors = Load(cell.errors);
  stats.calls = Load(cell.calls);
  return stats;
}

template <typename Key, typename Value>
std::vector<std::pair<Key, Value>> SortedByKey(std::vector<std::pair<Key, Value>>& raw) {
  std::sort(raw.begin(), raw.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return std::exchange(raw, {});
}

}  // namespace

// A call that fits nowhere is among the lost ones, and no more in flight than it is counted. Where
// nobody sees calls leave, or did not for a while since it entered, nobody knows whether it is
// over: leaves_seen(), bpf/lib/life.bpf.h.
bool InCountedCall(const fp_flight& flight, uint32_t exits) {
  if (Load(flight.key) == 0 || exits == 0 || Load32(flight.exits) != exits) return false;
  return flight.cell != FP_CELL_LOST || flight.deferred != FP_DEFERRED_NONE;
}

void CountsBuilder::AddCell(uint64_t key, const model::CallStats& stats) {
  raw_.calls.emplace_back(model::CallKey{.abi = AbiOf(key),
                                         .number = NumberOf(key),
                                         .object_class = ClassOf(key),
                                         .kind = KindOf(key)},
                          stats);
}

void CountsBuilder::AddErrno(uint64_t key, uint64_t count) {
  raw_.errnos.emplace_back(model::ErrnoKey{.abi = AbiOf(key),
                                           .number = NumberOf(key),
                                           .value = ErrnoOf(key),
                                           .denied = (key & FP_KEY_DENIED) != 0},
                           count);
}

void CountsBuilder::AddTime(uint64_t key, uint64_t count) {
  const uint64_t bucket = std::min<uint64_t>(key & 0xff, FP_HIST_BUCKETS - 1);
  latency_[(key >> 8) & FP_OWNER_MASK][bucket] += count;
}

// What is a part of calls that are counted elsewhere, by the kind of its key.
void CountsBuilder::AddPart(uint64_t key, const fp_cell& cell) {
  if ((key & FP_KEY_ERRNO) == FP_KEY_ERRNO) {
    AddErrno(key, Load(cell.calls));
  } else if ((key & FP_KEY_TIME) == FP_KEY_TIME) {
    AddTime(static_cast<uint32_t>(key), Load(cell.calls));
  } else {
    AddCell(key, StatsOf(cell));
  }
}

void CountsBuilder::AddParts(const fp_slot& slot) {
  for (const fp_cell& cell : slot.cells) {
    if (const uint64_t key = Load(cell.key); key & FP_KEY_MADE) AddPart(key, cell);
  }
}

// A further slot has none of these tables.
void CountsBuilder::AddOwnParts(const fp_slot& slot) {
  for (const fp_errno& e : slot.errnos) {
    if (const uint64_t key = Load(e.key); key != 0) AddErrno(key, Load(e.count));
  }
  for (const __u64& word : slot.times) {
    const uint64_t time = Load(word);
    if (time == 0) continue;
    AddTime((time >> FP_TIME_SHIFT) - 1, time & ((uint64_t{1} << FP_TIME_SHIFT) - 1));
  }
}

void CountsBuilder::AddCells(const fp_slot& slot) {
  for (const fp_cell& cell : slot.cells) {
    const uint64_t key = Load(cell.key);
    if (key == 0 || key & FP_KEY_MADE) continue;
    if (key & FP_KEY_DENIED) {
      AddCell(key, {.denied = Load(cell.calls)});
    } else {
      AddCell(key, StatsOf(cell));
    }
  }
}

void CountsBuilder::AddSlot(const fp_slot& slot, const std::vector<const fp_slot*>& more) {
  // Its thread writes a call, its time, its error, the errno and what it made, in this order:
  // read the other way round, none of them is ever more than what it is a part of.
  for (const fp_slot* further : more) AddParts(*further);
  AddParts(slot);
  AddOwnParts(slot);
  for (const fp_slot* further : more) AddCells(*further);
  AddCells(slot);
  if (InCountedCall(slot.flight, exits_)) ++raw_.in_flight;
  if (const uint64_t key = Load(slot.unfinished); key != 0) AddCell(key, {.unfinished = 1});
  if (raw_.calls.size() >= compact_at_) Compact();
}

// A process of many threads has many rows of one key: they are added up on the way.
void CountsBuilder::Compact() {
  model::Counts sum{.calls = SortedByKey(raw_.calls), .errnos = SortedByKey(raw_.errnos)};
  model::MergeDuplicates(sum);
  raw_.calls = std::move(sum.calls);
  raw_.errnos = std::move(sum.errnos);
  compact_at_ = std::max(kFirstCompact, 2 * raw_.calls.size());
}

void CountsBuilder::AddEnd(const fp_slot& slot) {
  if (!InCountedCall(slot.flight, exits_)) return;
  --raw_.in_flight;
  const bool returns = !(Load32(slot.flight.owner) & FP_OWNER_NO_RETURN);
  if (returns) AddCell(Load(slot.flight.key), {.unfinished = 1});
}

void CountsBuilder::AddSpill(const fp_spill_key& key, const fp_spill& value) {
  switch (key.kind) {
    case FP_SPILL_CELL:
      if (key.key & FP_KEY_DENIED) {
        AddCell(key.key, {.denied = value.calls});
        break;
      }
      AddCell(key.key, {.calls = value.calls,
                        .errors = value.errors,
                        .total_ns = value.total_ns,
                        .max_ns = value.max_ns});
      break;
    case FP_SPILL_ERRNO:
      AddErrno(key.key, value.calls);
      break;
    case FP_SPILL_HIST:
      AddTime(key.key, value.calls);
      break;
    case FP_SPILL_UNFINISHED:
      AddCell(key.key, {.unfinished = value.calls});
      break;
  }
}

model::Counts CountsBuilder::Build() {
  Compact();
  compact_at_ = kFirstCompact;
  model::Counts sum = std::exchange(raw_, {});
  sum.latency.assign(latency_.begin(), latency_.end());
  latency_.clear();
  sum.calls.shrink_to_fit();
  sum.errnos.shrink_to_fit();
  return sum;
}

}  // namespace footprint::collect
