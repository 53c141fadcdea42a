// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/kernel_symbols.h"

#include <spdlog/spdlog.h>

#include <string>
#include <utility>

namespace footprint::app {

KernelSymbols::KernelSymbols() {
  auto probe = kernel::SymbolProbe::Create();
  if (probe.ok()) {
    probe_ = *std::move(probe);
  } else {
    spdlog::debug("symbols are read from /proc/kallsyms: {}", probe.status().ToString());
  }
}

absl::StatusOr<std::vector<objects::Symbol>> KernelSymbols::Resolve(
    std::span<const uint64_t> addresses) const {
  if (probe_ == nullptr) return file_.Resolve(addresses);
  const auto texts = probe_->Texts(addresses);
  if (!texts.ok()) return texts.status();
  std::vector<objects::Symbol> symbols;
  for (const std::string& text : *texts) symbols.push_back(objects::ParseSymbol(text));
  return symbols;
}

}  // namespace footprint::app
