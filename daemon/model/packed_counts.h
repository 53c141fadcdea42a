// SPDX-License-Identifier: Apache-2.0
// Counts in an eighth of their memory, for the many processes that nobody asks about one by one.
// Ownership: owns its bytes; shared, const.   Threads: any.   Failure: none.
#ifndef FOOTPRINT_DAEMON_MODEL_PACKED_COUNTS_H_
#define FOOTPRINT_DAEMON_MODEL_PACKED_COUNTS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "daemon/model/counts.h"

namespace footprint::model {

// Numbers of 7 bits a byte; a key is what differs from the row before it, and a histogram its
// buckets that are not 0. The totals come first, so that most readers read no row. Layout:
//   totals (5), in_flight, number of rows of each kind (4),
//   a byte for each row of calls: which parts of it are there,
//   keys and calls of these rows, then their other statistics,
//   errnos, histograms, losses
class PackedCounts {
 public:
  // Any counts, sorted or not. Unpack() answers the same.
  static std::shared_ptr<const PackedCounts> Pack(const Counts& counts);
  // Vectors of exactly the size that they need.
  Counts Unpack() const;

  // As Sum(Unpack()), from the first bytes alone.
  Totals totals() const;
  // Visits key and calls of each row of calls, in order; allocates nothing.
  template <typename Visit>
  void ForEachCall(Visit&& visit) const;
  // Memory that it takes, with what its holders share.
  size_t bytes() const;

  // For Pack() alone.
  explicit PackedCounts(const std::vector<uint8_t>& bytes);

 private:
  // What is behind the end reads as 0.
  class Reader {
   public:
    Reader(const uint8_t* at, const uint8_t* end) : at_(at), end_(end) {}
    uint8_t Byte() { return at_ < end_ ? *at_++ : 0; }
    uint64_t Number();
    int32_t Signed();
    Reader Split(size_t bytes);  // what comes now; this one goes on behind it

   private:
    const uint8_t* at_;
    const uint8_t* end_;
  };
  struct Head {
    Totals totals;
    uint64_t in_flight = 0;
    size_t calls = 0, errnos = 0, latency = 0, lost = 0;  // rows
  };
  // Reads the keys of the calls one by one.
  class Keys {
   public:
    Keys(Reader shapes, Reader& rows) : shapes_(shapes), rows_(rows) {}
    uint64_t Next();  // moves key() on; returns its calls
    const CallKey& key() const { return key_; }

   private:
    Reader shapes_;
    Reader& rows_;
    CallKey key_;
  };

  Reader Begin() const { return {bytes_.get(), bytes_.get() + size_}; }
  static Head ReadHead(Reader& reader);

  std::unique_ptr<uint8_t[]> bytes_;
  uint32_t size_;
};
using PackedPtr = std::shared_ptr<const PackedCounts>;

inline Totals Sum(const PackedCounts& counts) { return counts.totals(); }
inline size_t BytesOf(const PackedCounts& counts) { return counts.bytes(); }

// Of what may be null, as nothing is packed.
Counts Unpacked(const PackedPtr& packed);
// Null where the counts are empty.
PackedPtr PackedOrNull(const Counts& counts);
// Adds to what may be null. The old value stays with its other holders.
void Add(PackedPtr& sum, const Counts& more);

// Counts of a row of ended images: packed, and shared with the image, until something is added.
class RowCounts {
 public:
  RowCounts() = default;
  RowCounts(PackedPtr packed) : packed_(std::move(packed)) {}
  RowCounts(std::shared_ptr<Counts> plain) : plain_(std::move(plain)) {}

  Counts Unpack() const { return plain_ != nullptr ? *plain_ : Unpacked(packed_); }
  Totals totals() const;
  template <typename Visit>
  void ForEachCall(Visit&& visit) const;
  size_t bytes() const;
  // What copies of it have in common.
  const void* shared() const;
  // Counts that no other row has; all that share them come by them on this thread.
  Counts& Change();
  void Add(const RowCounts& more);

 private:
  PackedPtr packed_;               // null where plain_ is not
  std::shared_ptr<Counts> plain_;  // not changed while it is shared
};
inline Totals Sum(const RowCounts& counts) { return counts.totals(); }
inline size_t BytesOf(const RowCounts& counts) { return counts.bytes(); }

template <typename Visit>
void PackedCounts::ForEachCall(Visit&& visit) const {
  Reader rows = Begin();
  const Head head = ReadHead(rows);
  Keys keys(rows.Split(head.calls), rows);
  for (size_t i = 0; i < head.calls; ++i) {
    const uint64_t calls = keys.Next();
    visit(keys.key(), calls);
  }
}

template <typename Visit>
void RowCounts::ForEachCall(Visit&& visit) const {
  if (packed_ != nullptr) packed_->ForEachCall(visit);
  if (plain_ == nullptr) return;
  for (const auto& [key, stats] : plain_->calls) visit(key, stats.calls);
}

}  // namespace footprint::model

#endif  // FOOTPRINT_DAEMON_MODEL_PACKED_COUNTS_H_
