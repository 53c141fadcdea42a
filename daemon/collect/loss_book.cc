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
  snapshot.pending = model::Difference(snapshot.losses, losses_);
  snapshot.unplaced = model::Sum(unplaced_, snapshot.pending);
}

void LossBook::Read(ProcessTable& table) {
  // The totals first: the kernel notes a loss with its process before it adds it to them.
  const model::Losses now = Now();
  if (now != losses_ || !seen_.empty()) {
    std::vector<fp_loser> idle;
    const auto status = source_.WalkLosers([&](const fp_loser& key, uint64_t count) {
      if (key.cause >= FP_LOSS_COUNT) return;
      const auto it = seen_.try_emplace({key.tgid, key.cause}, 0).first;
      const uint64_t more = model::Minus(count, it->second);
      it->second = count;
      const auto cause = static_cast<model::Loss>(key.cause);
      if (more != 0 && table.NoteLoss(key.tgid, cause, more)) placed_.count[key.cause] += more;
      if (more == 0 && !table.Known(key.tgid)) idle.push_back(key);
    });
    if (!status.ok()) spdlog::warn("{}", status.ToString());
    // Room for those that lose something from here on.
    for (const fp_loser& key : idle) {
      source_.DeleteLoser(key);
      seen_.erase({key.tgid, key.cause});
    }
  }
  losses_ = now;
  for (int i = 0; i < FP_LOSS_COUNT; ++i) {
    unplaced_.count[i] = std::max(unplaced_.count[i], model::Minus(now.count[i], placed_.count[i]));
  }
}

}  // namespace footprint::collect
