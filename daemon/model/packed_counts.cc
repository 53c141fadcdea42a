// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/packed_counts.h"

#include <algorithm>
#include <bit>

namespace footprint::model {
namespace {

// Parts of a row of calls. Without them: as in the row before, or 0.
constexpr uint8_t kAbi = 1, kNumber = 2, kClass = 4, kKind = 8;
constexpr uint8_t kErrors = 16, kDenied = 32, kUnfinished = 64, kTimes = 128;

// A difference that wraps around is undone by a sum that does.
int32_t Step(uint32_t a, uint32_t b) { return static_cast<int32_t>(a - b); }
uint32_t Stepped(uint32_t a, int32_t b) { return a + static_cast<uint32_t>(b); }

class Writer {
 public:
  explicit Writer(std::vector<uint8_t>& out) : out_(out) {}
  void Byte(uint8_t byte) { out_.push_back(byte); }
  void Number(uint64_t number) {
    for (; number >= 0x80; number >>= 7) Byte(static_cast<uint8_t>(number) | 0x80);
    Byte(static_cast<uint8_t>(number));
  }
  // Small ones of either sign are short.
  void Signed(int32_t number) {
    const auto bits = static_cast<uint32_t>(number);
    Number((bits << 1) ^ (number < 0 ? UINT32_MAX : 0));
  }

 private:
  std::vector<uint8_t>& out_;
};

uint8_t ShapeOf(const CallKey& key, const CallKey& before, const CallStats& stats) {
  uint8_t shape = 0;
  if (key.abi != before.abi) shape |= kAbi;
  if (key.number != before.number) shape |= kNumber;
  if (key.object_class != before.object_class) shape |= kClass;
  if (key.kind != before.kind) shape |= kKind;
  if (stats.errors != 0) shape |= kErrors;
  if (stats.denied != 0) shape |= kDenied;
  if (stats.unfinished != 0) shape |= kUnfinished;
  if (stats.total_ns != 0 || stats.max_ns != 0) shape |= kTimes;
  return shape;
}

void WriteCalls(const Counts& counts, Writer& out) {
  CallKey before;
  for (const auto& [key, stats] : counts.calls) {
    out.Byte(ShapeOf(key, before, stats));
    before = key;
  }
  before = {};
  for (const auto& [key, stats] : counts.calls) {
    const uint8_t shape = ShapeOf(key, before, stats);
    if (shape & kAbi) out.Byte(key.abi);
    if (shape & kNumber) out.Signed(Step(key.number, before.number));
    if (shape & kClass) out.Signed(Step(key.object_class, before.object_class));
    if (shape & kKind) out.Byte(static_cast<uint8_t>(key.kind));
    out.Number(stats.calls);
    before = key;
  }
  for (const auto& [key, stats] : counts.calls) {
    if (stats.errors != 0) out.Number(stats.errors);
    if (stats.denied != 0) out.Number(stats.denied);
    if (stats.unfinished != 0) out.Number(stats.unfinished);
    if (stats.total_ns == 0 && stats.max_ns == 0) continue;
    out.Number(stats.total_ns);
    out.Number(stats.max_ns);
  }
}

void WriteRest(const Counts& counts, Writer& out) {
  ErrnoKey before;
  for (const auto& [key, count] : counts.errnos) {
    out.Byte(key.abi);
    out.Signed(Step(key.number, before.number));
    out.Number(uint64_t{key.value} << 1 | (key.denied ? 1 : 0));
    out.Number(count);
    before = key;
  }
  for (const auto& [subsystem, histogram] : counts.latency) {
    out.Byte(subsystem);
    uint32_t there = 0;
    for (int b = 0; b < kHistogramBuckets; ++b) there |= uint32_t{histogram[b] != 0} << b;
    out.Number(there);
    for (; there != 0; there &= there - 1) out.Number(histogram[std::countr_zero(there)]);
  }
  for (const auto& [cause, count] : counts.lost) {
    out.Byte(cause);
    out.Number(count);
  }
}

}  // namespace

uint64_t PackedCounts::Reader::Number() {
  uint64_t number = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = Byte();
    number |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) break;
  }
  return number;
}

int32_t PackedCounts::Reader::Signed() {
  const auto bits = static_cast<uint32_t>(Number());
  return static_cast<int32_t>((bits >> 1) ^ (bits & 1 ? UINT32_MAX : 0));
}

PackedCounts::Reader PackedCounts::Reader::Split(size_t bytes) {
  const uint8_t* begin = at_;
  at_ += std::min(bytes, static_cast<size_t>(end_ - at_));
  return {begin, at_};
}

PackedCounts::Head PackedCounts::ReadHead(Reader& reader) {
  Head head;
  for (uint64_t* total : {&head.totals.calls, &head.totals.errors, &head.totals.denied,
                          &head.totals.unfinished, &head.totals.total_ns, &head.in_flight}) {
    *total = reader.Number();
  }
  for (size_t* rows : {&head.calls, &head.errnos, &head.latency, &head.lost}) {
    *rows = reader.Number();
  }
  return head;
}

uint64_t PackedCounts::Keys::Next() {
  const uint8_t shape = shapes_.Byte();
  if (shape & kAbi) key_.abi = rows_.Byte();
  if (shape & kNumber) key_.number = static_cast<int32_t>(Stepped(key_.number, rows_.Signed()));
  if (shape & kClass) key_.object_class = Stepped(key_.object_class, rows_.Signed());
  if (shape & kKind) key_.kind = static_cast<CallKind>(rows_.Byte());
  return rows_.Number();
}

PackedCounts::PackedCounts(const std::vector<uint8_t>& bytes)
    : bytes_(new uint8_t[bytes.size()]), size_(static_cast<uint32_t>(bytes.size())) {
  std::copy(bytes.begin(), bytes.end(), bytes_.get());
}

PackedPtr PackedCounts::Pack(const Counts& counts) {
  std::vector<uint8_t> bytes;
  bytes.reserve(64 + 16 * (counts.calls.size() + counts.errnos.size() + counts.latency.size()));
  Writer out(bytes);
  const Totals totals = Sum(counts);
  for (const uint64_t total : {totals.calls, totals.errors, totals.denied, totals.unfinished,
                               totals.total_ns, counts.in_flight}) {
    out.Number(total);
  }
  for (const size_t rows :
       {counts.calls.size(), counts.errnos.size(), counts.latency.size(), counts.lost.size()}) {
    out.Number(rows);
  }
  WriteCalls(counts, out);
  WriteRest(counts, out);
  return std::make_shared<PackedCounts>(bytes);
}

Counts PackedCounts::Unpack() const {
  Reader rows = Begin();
  const Head head = ReadHead(rows);
  Counts counts;
  counts.in_flight = head.in_flight;
  counts.calls.resize(head.calls);
  Reader shapes = rows.Split(head.calls);
  Keys keys(shapes, rows);
  for (auto& [key, stats] : counts.calls) {
    stats.calls = keys.Next();
    key = keys.key();
  }
  for (auto& [key, stats] : counts.calls) {
    const uint8_t shape = shapes.Byte();
    if (shape & kErrors) stats.errors = rows.Number();
    if (shape & kDenied) stats.denied = rows.Number();
    if (shape & kUnfinished) stats.unfinished = rows.Number();
    if (!(shape & kTimes)) continue;
    stats.total_ns = rows.Number();
    stats.max_ns = rows.Number();
  }
  counts.errnos.resize(head.errnos);
  int32_t number = 0;
  for (auto& [key, count] : counts.errnos) {
    key.abi = rows.Byte();
    key.number = number = static_cast<int32_t>(Stepped(number, rows.Signed()));
    const uint64_t value = rows.Number();
    key.value = static_cast<uint16_t>(value >> 1);
    key.denied = value & 1;
    count = rows.Number();
  }
  counts.latency.resize(head.latency);
  for (auto& [subsystem, histogram] : counts.latency) {
    subsystem = rows.Byte();
    auto there = static_cast<uint32_t>(rows.Number()) & ((1u << kHistogramBuckets) - 1);
    for (; there != 0; there &= there - 1) histogram[std::countr_zero(there)] = rows.Number();
  }
  counts.lost.resize(head.lost);
  for (auto& [cause, count] : counts.lost) {
    cause = rows.Byte();
    count = rows.Number();
  }
  return counts;
}

Totals PackedCounts::totals() const {
  Reader reader = Begin();
  return ReadHead(reader).totals;
}

size_t PackedCounts::bytes() const {
  constexpr size_t kControl = 2 * sizeof(void*);             // counters of the shared_ptr
  constexpr size_t kAllocations = 2 * (sizeof(size_t) + 4);  // what malloc adds to each
  return sizeof(*this) + kControl + size_ + kAllocations;
}

Counts Unpacked(const PackedPtr& packed) { return packed == nullptr ? Counts{} : packed->Unpack(); }

PackedPtr PackedOrNull(const Counts& counts) {
  return counts == Counts{} ? nullptr : PackedCounts::Pack(counts);
}

void Add(PackedPtr& sum, const Counts& more) {
  if (more == Counts{}) return;
  if (sum == nullptr) {
    sum = PackedCounts::Pack(more);
    return;
  }
  Counts all = sum->Unpack();
  Add(all, more);
  sum = PackedCounts::Pack(all);
}

Totals RowCounts::totals() const {
  if (plain_ != nullptr) return Sum(*plain_);
  return packed_ == nullptr ? Totals{} : packed_->totals();
}

size_t RowCounts::bytes() const {
  if (plain_ != nullptr) return BytesOf(*plain_);
  return packed_ == nullptr ? 0 : packed_->bytes();
}

const void* RowCounts::shared() const {
  return plain_ != nullptr ? static_cast<const void*>(plain_.get()) : packed_.get();
}

Counts& RowCounts::Change() {
  if (plain_ == nullptr || plain_.use_count() != 1) plain_ = std::make_shared<Counts>(Unpack());
  packed_ = nullptr;
  return *plain_;
}

void RowCounts::Add(const RowCounts& more) {
  if (more.plain_ != nullptr) {
    model::Add(Change(), *more.plain_);
  } else if (more.packed_ != nullptr) {
    model::Add(Change(), more.packed_->Unpack());
  }
}

}  // namespace footprint::model
