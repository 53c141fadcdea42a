// SPDX-License-Identifier: Apache-2.0
#include "daemon/collect/loss_book.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <vector>

#include "daemon/model/minus.h"

namespace footprint::collect {

model::Losses LossBook::Now() const {
  model::Losses now;
  const auto totals = source_.Losses();
  for (int i = 0; i < FP_LOSS_COUNT; ++i) now.count[i] = totals[i];
  return now;
}

void LossBook::Tell(model::Snapshot& snapshot) const {
  snapshot.losses = Now();
  snapshot.pending = model::Sum(model::Difference(snapshot.losses, losses_), waiting_);
  snapshot.unplaced = model::Sum(unplaced_, snapshot.pending);
}

void LossBook::Place(const fp_loser& key, uint64_t count, Seen& seen, ProcessTable& table) {
  const uint64_t more = model::Minus(count, seen.count);
  if (more == 0) return;
  if (table.NoteLoss(key.tgid, static_cast<model::Loss>(key.cause), more)) {
    placed_.count[key.cause] += more;
  } else if (seen.waits < kWaits) {
    ++seen.waits;
    waiting_.count[key.cause] += more;
    return;
  }
  seen = {.count = count};
}

// Room for those that lose something from here on: a process that has ended loses nothing more.
void LossBook::LetGo(ProcessTable& table) {
  for (auto it = seen_.begin(); it != seen_.end();) {
    auto& [id, seen] = *it;
    const fp_loser key{.tgid = id.first, .cause = id.second};
    if (seen.waits != 0 || table.MayLose(key.tgid)) {
      ++it;
      continue;
    }
    // What it lost between the walk and its end.
    const uint64_t more = model::Minus(source_.TakeLoser(key), seen.count);
    const auto cause = static_cast<model::Loss>(key.cause);
    if (more != 0 && table.NoteLoss(key.tgid, cause, more)) placed_.count[key.cause] += more;
    it = seen_.erase(it);
  }
}

void LossBook::Read(ProcessTable& table) {
  // The totals first: the kernel notes a loss with its process before it adds it to them.
  const model::Losses now = Now();
  if (now != losses_ || waiting_ != model::Losses{}) {
    waiting_ = {};
    const auto status = source_.WalkLosers([&](const fp_loser& key, uint64_t count) {
      if (key.cause < FP_LOSS_COUNT) Place(key, count, seen_[{key.tgid, key.cause}], table);
    });
    if (!status.ok()) spdlog::warn("{}", status.ToString());
  }
  LetGo(table);
  losses_ = now;
  const model::Losses settled = model::Sum(placed_, waiting_);
  for (int i = 0; i < FP_LOSS_COUNT; ++i) {
    unplaced_.count[i] = std::max(unplaced_.count[i], model::Minus(now.count[i], settled.count[i]));
  }
}

}  // namespace footprint::collect
