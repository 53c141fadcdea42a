// SPDX-License-Identifier: Apache-2.0
#include "daemon/modules/chronicle.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace footprint::modules {
namespace {

constexpr size_t kRequests = 128;
// modprobe may wait for a device; beyond this a request and a load have nothing to do with each
// other.
constexpr uint64_t kAnswerNs = 120'000'000'000;
constexpr size_t kSymbols = 4096;

std::vector<std::string> Arguments(const fp_module_event& event, const std::string& fallback) {
  const std::string all(event.args, sizeof(event.args));
  std::vector<std::string> words = absl::StrSplit(all, absl::ByChar('\0'), absl::SkipEmpty());
  if (words.empty()) words = absl::StrSplit(fallback, ' ', absl::SkipEmpty());
  return words;
}

}  // namespace

model::Actor Chronicle::ActorOf(const fp_module_event& event) const {
  return {.pid = event.tgid,
          .start_ns = event.start_ns,
          .comm = Text(event.comm),
          .unit = world_.unit_of(event.cgroup)};
}

model::ModuleCause Chronicle::CauseOf(const fp_module_event& event, int64_t realtime_ns) const {
  model::ModuleCause cause{.realtime_ns = realtime_ns, .by = ActorOf(event)};
  const bool untold = event.args[0] == '\0';
  const std::vector<std::string> words =
      Arguments(event, untold ? world_.command_line(event.tgid) : "");
  cause.command_line = absl::StrJoin(words, " ");
  cause.parent.pid = event.parent_tgid;
  cause.parent.comm = Text(event.parent_comm);
  cause.by_kernel = event.parent_kernel != 0;
  if (event.kind != FP_MODULE_LOAD) return cause;
  for (auto request = requests_.rbegin(); request != requests_.rend(); ++request) {
    if (request->when > event.when || event.when - request->when > kAnswerNs) continue;
    // The kernel runs "modprobe -q -- NAME"; a person may have typed the same words.
    const bool kernel_said_so = cause.by_kernel || event.parent_tgid == 0;
    if (!kernel_said_so || std::ranges::find(words, request->name) == words.end()) continue;
    cause.request = request->name;
    cause.requester = request->by;
    break;
  }
  return cause;
}

void Chronicle::NoteRequest(const fp_module_event& event) {
  requests_.push_back({.name = Text(event.name), .when = event.when, .by = ActorOf(event)});
  if (requests_.size() > kRequests) requests_.pop_front();
}

void Chronicle::Learn(std::span<const uint64_t> addresses) {
  std::vector<uint64_t> unknown;
  for (const uint64_t address : addresses) {
    if (address != 0 && !symbols_.contains(address)) unknown.push_back(address);
  }
  std::ranges::sort(unknown);
  unknown.erase(std::unique(unknown.begin(), unknown.end()), unknown.end());
  if (unknown.empty()) return;
  if (symbols_.size() + unknown.size() > kSymbols) symbols_.clear();
  const std::vector<Symbol> found = world_.symbols(unknown);
  for (size_t i = 0; i < unknown.size() && i < found.size(); ++i) {
    symbols_[unknown[i]] = found[i];
  }
}

std::string Chronicle::SiteOf(uint64_t address) const {
  const auto it = symbols_.find(address);
  if (it == symbols_.end() || it->second.name.empty()) return "";
  const Symbol& symbol = it->second;
  std::string site = absl::StrCat(symbol.name, "+0x", absl::Hex(symbol.offset));
  if (!symbol.module.empty()) absl::StrAppend(&site, " [", symbol.module, "]");
  return site;
}

void Chronicle::ForgetSymbolsOf(const std::string& module) {
  // Of an address without a name nobody knows whose it was.
  std::erase_if(symbols_, [&](const auto& entry) {
    return entry.second.module == module || entry.second.name.empty();
  });
}

}  // namespace footprint::modules
