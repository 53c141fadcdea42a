// SPDX-License-Identifier: Apache-2.0
#include "daemon/modules/ledger.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace footprint::modules {
namespace {

constexpr uint64_t kSettleNs = 60'000'000'000;
// A module that is used all the time never holds still; then the last reading stands.
constexpr int kReadings = 8;
constexpr size_t kPeaks = 64;
constexpr size_t kRequestNames = 512;
constexpr char kOtherRequests[] = "(other)";

}  // namespace

Ledger::Ledger(kernel::ModuleSource* source, const base::Clock& clock, Facts facts,
               Reader read_modules, World world, EventSink events)
    : source_(source),
      clock_(clock),
      facts_(std::move(facts)),
      read_modules_(std::move(read_modules)),
      chronicle_(std::move(world)),
      events_(std::move(events)) {
  for (const std::string& name : facts_.built_in) {
    EntryOf(name).info.state = model::ModuleState::kBuiltIn;
  }
  load_hook_ = reference_hooks_ = source_ != nullptr;
  if (source_ == nullptr) return;
  for (const kernel::HookState& hook : source_->Hooks()) {
    if (hook.attached) continue;
    if (hook.name == "module_load") load_hook_ = false;
    if (hook.name == "module_get" || hook.name == "module_put") reference_hooks_ = false;
  }
}

Ledger::Entry& Ledger::EntryOf(const std::string& name) {
  Entry& entry = entries_[name];
  entry.info.name = name;
  return entry;
}

void Ledger::OnEvent(const fp_module_event& event) {
  const int64_t realtime =
      clock_.RealtimeNs() - static_cast<int64_t>(clock_.BoottimeNs() - event.when);
  auto told = std::make_shared<model::ModuleEvent>();
  told->name = Text(event.name);
  told->wait = event.wait != 0;
  model::Event out{.realtime_ns = realtime, .life = {event.tgid, 0}};
  out.image.comm = Text(event.comm);
  out.image.uid = event.uid;
  out.image.unit = chronicle_.UnitOf(event.cgroup);
  out.parent.pid = event.parent_tgid;
  switch (event.kind) {
    case FP_MODULE_LOAD:
      out.kind = model::Event::Kind::kModuleLoad;
      told->cause = chronicle_.CauseOf(event, realtime);
      EntryOf(told->name).info.last_load = told->cause;
      break;
    case FP_MODULE_FREE:
      out.kind = model::Event::Kind::kModuleFree;
      told->cause = chronicle_.CauseOf(event, realtime);
      EntryOf(told->name).info.last_free = told->cause;
      chronicle_.ForgetSymbolsOf(told->name);
      break;
    case FP_MODULE_REQUEST:
      out.kind = model::Event::Kind::kModuleRequest;
      chronicle_.NoteRequest(event);
      break;
    case FP_MODULE_FIRST_GET:
      out.kind = model::Event::Kind::kModuleFirstGet;
      break;
    default:
      return;
  }
  if (!told->cause.command_line.empty()) {
    model::Program program;
    program.argv =
        absl::StrReplaceAll(told->cause.command_line, {{" ", absl::string_view("\0", 1)}});
    out.image.program = std::make_shared<const model::Program>(std::move(program));
  }
  out.module = told;
  waiting_.push_back({.event = std::move(out), .module = std::move(told), .ip = event.ip});
}

// In their order: one that must wait holds back those after it.
void Ledger::TellKnown() {
  while (!waiting_.empty() && chronicle_.Knows(waiting_.front().ip)) {
    Waiting& first = waiting_.front();
    first.module->site = chronicle_.SiteOf(first.ip);
    events_.append(std::move(first.event));
    waiting_.pop_front();
  }
}

void Ledger::Drain() {
  if (source_ == nullptr) return;
  source_->DrainEvents([this](const fp_module_event& event) { OnEvent(event); });
  TellKnown();
  const uint64_t dropped = source_->Losses()[FP_MODULE_LOSS_EVENTS];
  if (dropped != events_dropped_) events_.lost(dropped - events_dropped_);
  events_dropped_ = dropped;
}

// What the counts do not explain, of modules whose load was not seen and that have no base yet.
std::map<std::string, int64_t> Ledger::BasesOf(const Reading& reading) const {
  std::map<std::string, int64_t> bases;
  for (const auto& [name, proc] : reading.proc) {
    const auto entry = entries_.find(name);
    const bool known = entry != entries_.end() && entry->second.base.has_value();
    if (known || reading.LoadSeen(name) || !proc.refcount.has_value() ||
        proc.state != model::ModuleState::kLive)
      continue;
    const auto counts = reading.counts.find({name, 0});
    const int64_t explained = counts == reading.counts.end() ? 0 : Held(counts->second, 0);
    bases[name] = *proc.refcount - explained;
  }
  return bases;
}

bool Ledger::Agrees(const Reading& reading) const {
  for (const auto& [id, counts] : reading.counts) {
    const ProcModule* proc = reading.Find(id.first);
    if (proc == nullptr || Unloaded(counts) || !proc->refcount.has_value()) continue;
    if (proc->state != model::ModuleState::kLive) continue;
    const auto entry = entries_.find(id.first);
    std::optional<int64_t> base = counts.loads;
    if (counts.loads == 0) base = entry == entries_.end() ? std::nullopt : entry->second.base;
    if (base.has_value() && Held(counts, *base) != *proc->refcount) return false;
  }
  return true;
}

// A reference is taken a moment before it is counted: what does not agree is read again, and
// what the ledger begins with must be read twice.
Reading Ledger::ReadSettled() {
  Reading reading;
  std::map<std::string, int64_t> bases, before;
  for (int i = 0; i < kReadings; ++i) {
    reading = ReadOnce(source_, read_modules_);
    bases = BasesOf(reading);
    const bool same = bases.empty() || source_ == nullptr || (i > 0 && bases == before);
    before = bases;
    if (reading.quiet && same && (!reference_hooks_ || Agrees(reading))) break;
  }
  for (const auto& [name, base] : bases) EntryOf(name).base = base;
  return reading;
}

void Ledger::NotePeak(Entry& entry, const fp_module_counts& counts, int64_t base, uint32_t epoch) {
  int64_t most = Held(counts, base);
  if (counts.peak_epoch[epoch & 1] == epoch) {
    most = std::max<int64_t>(most, base + counts.peak[epoch & 1]);
  }
  auto& peaks = entry.info.peaks;
  // Only what no later pass exceeds can be the most of a window that is still open.
  while (!peaks.empty() && peaks.back().refcount <= most) peaks.pop_back();
  peaks.push_back({.pass = pass_, .refcount = most});
  if (peaks.size() > kPeaks) peaks.erase(peaks.begin() + 1);
}

void Ledger::TakeCounts(const Reading& reading, uint32_t epoch) {
  for (auto& [name, entry] : entries_) entry.generations.clear();
  for (const auto& [id, counts] : reading.counts) {
    EntryOf(id.first).generations[id.second] = counts;
  }
  for (auto& [name, entry] : entries_) {
    if (entry.generations.empty()) {
      if (entry.base.has_value()) entry.info.refcount = entry.base;
      continue;
    }
    // The latest: earlier ones have been freed.
    const auto& [loaded_ns, counts] = *entry.generations.rbegin();
    const std::optional<int64_t> base =
        counts.loads != 0 ? std::optional<int64_t>(counts.loads) : entry.base;
    entry.info.first_user = {
        .pid = counts.first_tgid, .start_ns = 0, .comm = Text(counts.first_comm)};
    if (Unloaded(counts)) {
      entry.info.refcount.reset();
      if (loaded_ns == 0) entry.base.reset();
    } else if (base.has_value() && reference_hooks_) {
      entry.info.refcount = Held(counts, *base);
    }
    if (base.has_value() && reference_hooks_) NotePeak(entry, counts, *base, epoch);
  }
}

// A generation that was freed is final one pass after it was seen so.
void Ledger::FoldFreed(const Reading& reading) {
  std::set<GenerationId> freed;
  for (const auto& [id, counts] : reading.counts) {
    if (!Unloaded(counts)) continue;
    if (!freed_.contains(id)) {
      freed.insert(id);
      continue;
    }
    Entry& entry = EntryOf(id.first);
    entry.ended_loads += counts.loads;
    entry.ended_unloads += counts.unloads;
    entry.ended_gets += counts.gets;
    entry.ended_puts += counts.puts;
    entry.generations.erase(id.second);
    fp_module_key key{};
    id.first.copy(key.name, sizeof(key.name) - 1);
    key.loaded_ns = id.second;
    source_->DeleteModule(key);
  }
  freed_ = std::move(freed);
}

void Ledger::Compare(Entry& entry, const ProcModule* proc) {
  model::Module& info = entry.info;
  info.difference.clear();
  bool seen = false, counted = false;
  for (const auto& [loaded_ns, counts] : entry.generations) {
    seen = seen || (counts.loads != 0 && !Unloaded(counts));
    counted = counted || !Unloaded(counts);
  }
  if (proc == nullptr) {
    // A name that nobody has tells that the programs read names from the wrong place.
    const bool there = source_ != nullptr && (counted || entry.base.has_value());
    if (there) info.difference = "in use by the ledger, but not in /proc/modules";
    return;
  }
  if (source_ == nullptr || proc->state != model::ModuleState::kLive) return;
  if (load_hook_ && !seen && !info.loaded_at_attach) {
    info.difference = "in /proc/modules, but its load was not seen";
  }
  if (!reference_hooks_ || !proc->refcount.has_value() || info.refcount == proc->refcount) return;
  const std::string ledger = info.refcount.has_value() ? absl::StrCat(*info.refcount) : "none";
  info.difference =
      absl::StrCat("refcount ", ledger, " by the ledger, ", *proc->refcount, " in /proc/modules");
}

void Ledger::TakeProc(const Reading& reading) {
  if (!reading.told) return;
  for (const auto& [name, proc] : reading.proc) EntryOf(name);
  for (auto& [name, entry] : entries_) {
    const ProcModule* proc = reading.Find(name);
    model::Module& info = entry.info;
    if (proc == nullptr) {
      if (info.state == model::ModuleState::kBuiltIn) continue;
      info.state = model::ModuleState::kUnloaded;
      info.users.clear();
      Compare(entry, nullptr);
      continue;
    }
    info.state = proc->state;
    info.size = proc->size;
    info.taints = proc->taints;
    info.users = proc->users;
    if (!reference_hooks_) info.refcount = proc->refcount;
    if (pass_ == 1) {
      info.loaded_at_attach = true;
      info.refcount_at_attach = entry.base.has_value() ? entry.base : proc->refcount;
      info.users_at_attach = proc->users;
    }
    Compare(entry, proc);
  }
}

// Everything that has a call site, so that one look through the symbols serves all.
void Ledger::TakeDetail(uint32_t epoch) {
  std::vector<CallerEntry> callers;
  std::vector<RequestEntry> requests;
  std::vector<uint64_t> sites;
  const absl::Status callers_walked =
      source_->WalkCallers([&](const fp_module_caller_key& key, const fp_module_caller& value) {
        callers.emplace_back(key, value);
        sites.push_back(key.ip);
      });
  const absl::Status requests_walked =
      source_->WalkRequests([&](const fp_request_key& key, const fp_request& value) {
        requests.emplace_back(key, value);
        sites.push_back(value.first_ip);
      });
  for (const Waiting& waiting : waiting_) sites.push_back(waiting.ip);
  chronicle_.Learn(sites);
  TellKnown();

  // Entries of the epoch that just ended may still be on their way; of half a walk nothing is
  // taken.
  const auto over = [epoch](uint32_t of) { return of != epoch && of != epoch + 1; };
  if (callers_walked.ok()) {
    for (auto& [name, entry] : entries_) entry.callers.BeginPresent();
    for (const CallerEntry& entry : callers) TakeCaller(entry, over(entry.first.epoch));
  }
  if (!requests_walked.ok()) return;
  for (auto& [name, request] : requests_) request.all = request.ended;
  for (const RequestEntry& entry : requests) TakeRequest(entry, over(entry.first.epoch));
}

void Ledger::TakeCaller(const CallerEntry& entry, bool final) {
  const auto& [key, value] = entry;
  const bool get = key.kind == FP_MODULE_GET;
  const model::ModuleCaller caller{.actor = {.pid = key.tgid,
                                             .start_ns = key.start_ns,
                                             .comm = Text(key.comm),
                                             .unit = chronicle_.UnitOf(value.cgroup)},
                                   .ip = key.ip,
                                   .site = chronicle_.SiteOf(key.ip),
                                   .gets = get ? value.count : 0,
                                   .puts = get ? 0 : value.count};
  CallerTable& callers = EntryOf(Text(key.module.name)).callers;
  if (!final) {
    callers.AddPresent(caller);
    return;
  }
  callers.AddFinal(caller);
  source_->DeleteCaller(key);
}

void Ledger::TakeRequest(const RequestEntry& entry, bool final) {
  const auto& [key, value] = entry;
  std::string name = Text(key.name);
  if (requests_.size() >= kRequestNames && !requests_.contains(name)) name = kOtherRequests;
  Request& request = requests_[name];
  for (model::ModuleRequest* sum : {&request.all, final ? &request.ended : nullptr}) {
    if (sum == nullptr) continue;
    sum->name = name;
    (key.wait != 0 ? sum->waited : sum->not_waited) += value.count;
    if (sum->first.pid != 0 || name == kOtherRequests) continue;
    sum->first = {.pid = value.tgid, .start_ns = 0, .comm = Text(value.comm)};
    sum->first.unit = chronicle_.UnitOf(value.cgroup);
    sum->site = chronicle_.SiteOf(value.first_ip);
  }
  if (final) source_->DeleteRequest(key);
}

std::shared_ptr<const model::Module> Ledger::Publish(Entry& entry) {
  model::Module& info = entry.info;
  const bool fixed = info.state == model::ModuleState::kBuiltIn;
  if (fixed && entry.published != nullptr) return entry.published;
  info.loads = entry.ended_loads;
  info.unloads = entry.ended_unloads;
  info.gets = entry.ended_gets;
  info.puts = entry.ended_puts;
  for (const auto& [loaded_ns, counts] : entry.generations) {
    info.loads += counts.loads;
    info.unloads += counts.unloads;
    info.gets += counts.gets;
    info.puts += counts.puts;
  }
  info.callers = entry.callers.Rows();
  entry.published = std::make_shared<const model::Module>(info);
  return entry.published;
}

void Ledger::Account(model::ModuleTable& table) const {
  table.pass = pass_;
  table.followed = source_ != nullptr;
  table.why_not = facts_.why_not;
  table.object = facts_.object;
  if (source_ == nullptr) return;
  const auto losses = source_->Losses();
  table.losses = {.counts = losses[FP_MODULE_LOSS_COUNTS],
                  .callers = losses[FP_MODULE_LOSS_CALLERS],
                  .requests = losses[FP_MODULE_LOSS_REQUESTS],
                  .events = losses[FP_MODULE_LOSS_EVENTS]};
}

model::ModuleTablePtr Ledger::Pass() {
  Drain();
  const uint64_t now = clock_.BoottimeNs();
  const uint64_t changes = source_ == nullptr ? 0 : source_->Changes();
  const bool quiet = source_ != nullptr && changes == changes_ && freed_.empty() &&
                     waiting_.empty() && !unsettled_;
  const bool fixed = !facts_.has_modules;
  if (table_ != nullptr && (fixed || (quiet && now - settled_ns_ < kSettleNs))) return table_;
  changes_ = changes;
  settled_ns_ = now;
  ++pass_;
  if (facts_.has_modules) {
    const uint32_t epoch = source_ == nullptr ? 0 : source_->NextEpoch();
    const Reading reading = ReadSettled();
    unsettled_ = !reading.quiet;
    if (reading.counted) TakeCounts(reading, epoch);
    TakeProc(reading);
    if (source_ != nullptr) {
      if (reading.counted) FoldFreed(reading);
      TakeDetail(epoch);
    }
  }
  auto table = std::make_shared<model::ModuleTable>();
  for (auto& [name, entry] : entries_) {
    table->modules.push_back(Publish(entry));
    unsettled_ = unsettled_ || !entry.info.difference.empty();
  }
  for (const auto& [name, request] : requests_) table->requests.push_back(request.all);
  Account(*table);
  table_ = std::move(table);
  return table_;
}

}  // namespace footprint::modules
