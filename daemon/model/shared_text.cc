// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/shared_text.h"

namespace footprint::model {

const std::string& SharedText::Empty() {
  static const auto& empty = *new std::string();
  return empty;
}

SharedText TextPool::Share(SharedText text) {
  if (text.empty()) return text;
  if (const auto it = texts_.find(text.str()); it != texts_.end()) return it->second;
  if (texts_.size() >= sweep_at_) {
    std::erase_if(texts_, [](const auto& entry) { return !entry.second.shared(); });
    sweep_at_ = 2 * texts_.size() + kSpare;
  }
  texts_.emplace(text.str(), text);
  return text;
}

}  // namespace footprint::model
