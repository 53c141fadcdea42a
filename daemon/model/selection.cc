// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/selection.h"

#include <algorithm>
#include <utility>

#include "daemon/model/completeness.h"

namespace footprint::model {

void Selection::Take(const std::shared_ptr<const Life>& life,
                     const std::shared_ptr<const Image>& image) {
  if (image->counts == nullptr) return;
  parts_.push_back(image->counts);
  rows_.push_back(
      {.life = life, .image = image, .command = nullptr, .totals = Sum(*image->counts)});
}

void Selection::Take(const std::shared_ptr<const Command>& command) {
  parts_.push_back(command->counts);
  const Totals more = Sum(command->counts);
  const auto [it, fresh] = folded_.emplace(NameOf(*command), rows_.size());
  if (fresh) {
    rows_.push_back({.life = nullptr, .image = nullptr, .command = command, .totals = {}});
  }
  Row& row = rows_[it->second];
  row.folded += command->images;
  row.totals.calls += more.calls;
  row.totals.errors += more.errors;
  row.totals.denied += more.denied;
  row.totals.unfinished += more.unfinished;
  row.totals.total_ns += more.total_ns;
}

void Selection::MissName(const Totals& totals) { unnamed_calls_ += totals.calls + totals.denied; }

Footprint Selection::Finish(const Snapshot& snapshot, const Scope& scope) && {
  Footprint f;
  f.scope = scope;
  f.counts = AddUp(0, parts_.size());
  std::stable_sort(rows_.begin(), rows_.end(),
                   [](const Row& a, const Row& b) { return a.totals.calls > b.totals.calls; });
  f.rows = std::move(rows_);
  f.unnamed_calls = unnamed_calls_;
  f.folded_names = snapshot.folded_names;
  if (snapshot.units_unknown_because != nullptr) {
    f.units_unknown_because = *snapshot.units_unknown_because;
  }
  Judge(snapshot, f);
  f.origin = snapshot.origin;
  f.objects = snapshot.objects;
  f.modules = snapshot.modules;
  f.tiers = snapshot.tiers;
  f.cost = snapshot.cost;
  if (f.origin != nullptr) {
    f.start_realtime_ns = f.origin->attached_realtime_ns;
    f.start_boottime_ns = f.origin->attached_boottime_ns;
  }
  f.end_realtime_ns = snapshot.realtime_ns;
  f.end_boottime_ns = snapshot.boottime_ns;
  return f;
}

Counts Selection::AddUp(size_t begin, size_t end) const {
  if (begin == end) return {};
  if (end - begin == 1) return parts_[begin].Unpack();
  const size_t middle = begin + (end - begin) / 2;
  Counts sum = AddUp(begin, middle);
  Add(sum, AddUp(middle, end));
  return sum;
}

}  // namespace footprint::model
