// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/counts.h"

#include <algorithm>

#include "daemon/model/minus.h"

namespace footprint::model {
namespace {

void AddTo(CallStats& sum, const CallStats& more) {
  sum.calls += more.calls;
  sum.errors += more.errors;
  sum.denied += more.denied;
  sum.unfinished += more.unfinished;
  sum.total_ns += more.total_ns;
  sum.max_ns = std::max(sum.max_ns, more.max_ns);
}

void AddTo(uint64_t& sum, uint64_t more) { sum += more; }

void AddTo(Histogram& sum, const Histogram& more) {
  for (int i = 0; i < kHistogramBuckets; ++i) sum[i] += more[i];
}

// Merges two sorted vectors, adding where keys meet. Mostly every key is there already;
// then nothing moves.
template <typename Key, typename Value>
void Merge(std::vector<std::pair<Key, Value>>& sum,
           const std::vector<std::pair<Key, Value>>& more) {
  auto a = sum.begin();
  auto b = more.begin();
  while (b != more.end()) {
    while (a != sum.end() && a->first < b->first) ++a;
    if (a == sum.end() || b->first < a->first) break;
    AddTo((a++)->second, (b++)->second);
  }
  if (b == more.end()) return;
  std::vector<std::pair<Key, Value>> merged;
  merged.reserve(sum.size() + more.size());
  merged.assign(sum.begin(), a);
  while (a != sum.end() || b != more.end()) {
    if (b == more.end() || (a != sum.end() && a->first < b->first)) {
      merged.push_back(*a++);
    } else if (a == sum.end() || b->first < a->first) {
      merged.push_back(*b++);
    } else {
      merged.push_back(*a++);
      AddTo(merged.back().second, (b++)->second);
    }
  }
  sum = std::move(merged);
}

template <typename Key, typename Value>
void MergeNeighbours(std::vector<std::pair<Key, Value>>& rows) {
  size_t last = 0;
  for (size_t i = 1; i < rows.size(); ++i) {
    if (rows[i].first == rows[last].first) {
      AddTo(rows[last].second, rows[i].second);
    } else {
      rows[++last] = rows[i];
    }
  }
  if (!rows.empty()) rows.resize(last + 1);
}

using model::Minus;

CallStats Minus(const CallStats& end, const CallStats& base) {
  CallStats d{.calls = Minus(end.calls, base.calls),
              .errors = Minus(end.errors, base.errors),
              .denied = Minus(end.denied, base.denied),
              .unfinished = Minus(end.unfinished, base.unfinished),
              .total_ns = Minus(end.total_ns, base.total_ns)};
  d.max_ns = end.max_ns > base.max_ns ? end.max_ns : std::min(end.max_ns, d.total_ns);
  return d;
}

Histogram Minus(const Histogram& end, const Histogram& base) {
  Histogram d{};
  for (int i = 0; i < kHistogramBuckets; ++i) d[i] = Minus(end[i], base[i]);
  return d;
}

bool HasDetail(const CallKey& key) {
  return key.object_class != 0 && key.object_class != kClassOther;
}
bool HasDetail(const ErrnoKey& key) { return key.value != kErrnoOther; }

CallKey WithoutDetail(CallKey key) {
  key.object_class = kClassOther;
  return key;
}
ErrnoKey WithoutDetail(ErrnoKey key) {
  key.value = kErrnoOther;
  return key;
}

// With the maximum of `base`: a call that took so long was before.
CallStats Beyond(const CallStats& base, const CallStats& end) {
  CallStats more = Minus(base, end);
  const bool any = more != CallStats{.max_ns = more.max_ns};
  more.max_ns = any ? base.max_ns : 0;
  return more;
}
uint64_t Beyond(uint64_t base, uint64_t end) { return Minus(base, end); }

template <typename Rows>
void SortByKey(Rows& rows) {
  std::sort(rows.begin(), rows.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
}

// What `base` has of a detail beyond what `end` has of it, without that detail: it was dropped in
// between. Nearly always nothing.
template <typename Rows>
Rows DroppedSince(const Rows& base, const Rows& end) {
  Rows dropped;
  auto e = end.begin();
  for (const auto& [key, value] : base) {
    if (!HasDetail(key)) continue;
    while (e != end.end() && e->first < key) ++e;
    const auto more =
        e != end.end() && e->first == key ? Beyond(value, e->second) : Beyond(value, {});
    if (more != decltype(more){}) dropped.emplace_back(WithoutDetail(key), more);
  }
  SortByKey(dropped);
  MergeNeighbours(dropped);
  return dropped;
}

// Counts only grow, so every key of `base` is in `end`, unless rows left the scope between the two.
template <typename Key, typename Value>
std::vector<std::pair<Key, Value>> Subtract(const std::vector<std::pair<Key, Value>>& end,
                                            const std::vector<std::pair<Key, Value>>& base) {
  std::vector<std::pair<Key, Value>> rest;
  auto b = base.begin();
  for (const auto& [key, value] : end) {
    while (b != base.end() && b->first < key) ++b;
    Value d = b != base.end() && b->first == key ? Minus(value, b->second) : value;
    if (d != Value{}) rest.emplace_back(key, d);
  }
  return rest;
}

template <typename Rows>
Rows SubtractDetailed(const Rows& end, const Rows& base) {
  const Rows dropped = DroppedSince(base, end);
  if (dropped.empty()) return Subtract(end, base);
  Rows moved = base;
  Merge(moved, dropped);  // the rows that it came from have nothing left to subtract from
  return Subtract(end, moved);
}

}  // namespace

Totals Sum(const Counts& counts) {
  Totals t;
  for (const auto& [key, stats] : counts.calls) {
    if (key.kind != CallKind::kCalls) continue;
    t.calls += stats.calls;
    t.errors += stats.errors;
    t.denied += stats.denied;
    t.unfinished += stats.unfinished;
    t.total_ns += stats.total_ns;
  }
  return t;
}

Dropped DropDetail(Counts& counts) {
  Dropped dropped;
  for (auto& [key, stats] : counts.calls) {
    if (!HasDetail(key)) continue;
    key = WithoutDetail(key);
    dropped.objects += stats.calls + stats.denied;
  }
  for (auto& [key, count] : counts.errnos) {
    if (!HasDetail(key)) continue;
    key = WithoutDetail(key);
    dropped.errnos += count;
  }
  SortByKey(counts.calls);
  SortByKey(counts.errnos);
  MergeDuplicates(counts);
  counts.calls.shrink_to_fit();
  counts.errnos.shrink_to_fit();
  return dropped;
}

void Add(Counts& sum, const Counts& more) {
  Merge(sum.calls, more.calls);
  Merge(sum.errnos, more.errnos);
  Merge(sum.latency, more.latency);
  Merge(sum.lost, more.lost);
  sum.in_flight += more.in_flight;
}

void MergeDuplicates(Counts& counts) {
  MergeNeighbours(counts.calls);
  MergeNeighbours(counts.errnos);
  MergeNeighbours(counts.latency);
  MergeNeighbours(counts.lost);
}

size_t BytesOf(const Counts& counts) {
  const auto bytes = [](const auto& rows) { return rows.capacity() * sizeof(rows[0]); };
  return sizeof(Counts) + bytes(counts.calls) + bytes(counts.errnos) + bytes(counts.latency) +
         bytes(counts.lost);
}

Counts Difference(const Counts& end, const Counts& base) {
  return {.calls = SubtractDetailed(end.calls, base.calls),
          .errnos = SubtractDetailed(end.errnos, base.errnos),
          .latency = Subtract(end.latency, base.latency),
          .lost = Subtract(end.lost, base.lost),
          .in_flight = end.in_flight};
}

}  // namespace footprint::model
