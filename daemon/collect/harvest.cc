// SPDX-License-Identifier: Apache-2.0
// The half of the collector that reads what the kernel programs have counted: slots, the spill
// map and the threads in it, and what frees them.
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "daemon/collect/collector.h"

namespace footprint::collect {
namespace {

constexpr size_t kSweptAtATime = 32;

uint32_t StateOf(const fp_slot& slot) { return __atomic_load_n(&slot.state, __ATOMIC_ACQUIRE); }

// No signal is sent: tgkill(2) with signal 0 only looks.
bool ThreadExists(uint32_t tgid, uint32_t tid) {
  return syscall(SYS_tgkill, tgid, tid, 0) == 0 || errno != ESRCH;
}

}  // namespace

void Collector::Bind(uint32_t index, const fp_slot& slot, bool open) {
  Binding& binding = bindings_[index];
  binding = {.claim = {slot.ident.claim, slot.ident.tid}, .image = {}, .changes = 0, .open = open};
  const auto living = [&slot] { return StateOf(slot) == FP_SLOT_OPEN; };
  ImageState& image = ImageOf(slot.ident, living, binding.image);
  image.slots.push_back(index);
  image.open_slots += open;
  image.changed = true;
}

// Further slots of this one, as far as they are within reach: one that is not is so young that the
// next pass counts it.
std::vector<uint32_t> Collector::MoreOf(const fp_slot& slot) {
  std::vector<uint32_t> more;
  const auto add = [&](uint32_t number) {
    if (number != 0 && number <= bindings_.size()) more.push_back(number - 1);
  };
  add(__atomic_load_n(&slot.more, __ATOMIC_ACQUIRE));
  if (more.empty()) return more;
  const fp_slot& first = source_.Slot(more.front());
  for (int i = 1; i < FP_MORE; ++i) add(__atomic_load_n(&first.others[i], __ATOMIC_ACQUIRE));
  return more;
}

// A leader's name may be half written: then the seal is another, and the next pass looks again.
void Collector::Rename(const fp_slot& slot, Binding& binding, ImageState& image) {
  const uint32_t renamed = __atomic_load_n(&slot.renamed, __ATOMIC_ACQUIRE);
  if (renamed == binding.renamed) return;
  const fp_ident ident = slot.ident;
  if (slot.seal != fp_seal(&ident)) return;
  binding.renamed = renamed;
  std::string name(ident.comm, strnlen(ident.comm, sizeof(ident.comm)));
  if (name == image.info->comm) name.clear();
  image.info.Change().name = std::move(name);
  image.changed = true;
}

void Collector::AddSlot(CountsBuilder& builder, uint32_t index) {
  const fp_slot& slot = source_.Slot(index);
  std::vector<const fp_slot*> more;
  for (const uint32_t further : MoreOf(slot)) more.push_back(&source_.Slot(further));
  builder.AddSlot(slot, more);
}

// Moves what the slot holds to its image for good, and frees it.
void Collector::Unbind(uint32_t index) {
  Binding& binding = bindings_[index];
  ImageState* image = table_.Find(binding.image);
  if (image != nullptr) {
    CountsBuilder builder(exits_);
    AddSlot(builder, index);
    builder.AddEnd(source_.Slot(index));
    model::Add(image->ended, builder.Build());
    image->DropSlot(index);
    image->changed = true;
  }
  for (const uint32_t more : MoreOf(source_.Slot(index))) source_.Free(more);
  source_.Free(index);
  binding = {};
}

// Of calls that entered before a change nobody knows any more whether they are over.
void Collector::NoteExitsInForce() {
  const uint32_t exits = source_.ExitsInForce();
  if (exits == exits_) return;
  exits_ = exits;
  table_.ForEachImage([](const ImageId&, ImageState& image) { image.changed = true; });
}

void Collector::HarvestSlots() {
  more_slots_ = 0;
  // From the last one down: what is freed last is taken first, and slots at the end should be left.
  for (uint32_t i = bindings_.size(); i-- > 0;) {
    const fp_slot& slot = source_.Slot(i);
    const uint32_t state = StateOf(slot);
    more_slots_ += state == FP_SLOT_MORE;
    if (state == FP_SLOT_FREE || state == FP_SLOT_MORE) continue;
    const bool open = state == FP_SLOT_OPEN;
    Binding& binding = bindings_[i];
    if (binding.claim != Claim{slot.ident.claim, slot.ident.tid}) {
      // Half of an identity: the other half is on its way to memory, and there by the next pass.
      if (slot.seal != fp_seal(&slot.ident)) continue;
      Bind(i, slot, open);
    }

    ImageState* image = table_.Find(binding.image);
    const uint64_t changes = __atomic_load_n(&slot.changes, __ATOMIC_RELAXED);
    // Once more after a change: what was counted may get to memory after the word of it.
    if (image != nullptr && (changes != binding.changes || binding.open != open || binding.fresh)) {
      image->changed = true;
      binding.fresh = changes != binding.changes;
      binding.changes = changes;
    }
    if (image != nullptr) Rename(slot, binding, *image);
    if (image != nullptr && binding.open && !open) --image->open_slots;
    binding.open = open;
    if (open) continue;
    // The thread's last counts may still be on their way to memory when its state says
    // closed (arm64 keeps no order between them); by the next pass they have arrived.
    if (binding.closed_before) {
      Unbind(i);
    } else {
      binding.closed_before = true;
    }
  }
}

// Without the exit hook nobody closes slots: look for their threads. With it none should be left
// over; a few are looked at in each pass all the same, so that none is shown alive for ever.
void Collector::SweepDeadThreads() {
  if (!sees_all_threads_) return;
  const size_t most = exit_hook_ ? std::min(kSweptAtATime, bindings_.size()) : bindings_.size();
  for (size_t n = 0; n < most; ++n) {
    if (++swept_ >= bindings_.size()) swept_ = 0;
    const fp_slot& slot = source_.Slot(swept_);
    // A thread in an execve may have its leader's tid already.
    if (StateOf(slot) != FP_SLOT_OPEN || slot.flight.deferred == FP_DEFERRED_EXEC) continue;
    const Claim claim{slot.ident.claim, slot.ident.tid};
    if (ThreadExists(slot.ident.tgid, slot.tid)) continue;
    // It may have ended, and another taken its place, between the two looks.
    if (StateOf(slot) == FP_SLOT_OPEN && claim == Claim{slot.ident.claim, slot.ident.tid}) {
      source_.CloseDead(swept_);
    }
  }
}

// Claims that may still count, as of now; and how many orphans each image has. Nothing where not
// all orphans could be looked at.
std::optional<std::set<Collector::Claim>> Collector::OpenClaims() {
  std::set<Claim> open;
  for (const Binding& binding : bindings_) {
    if (binding.claim != Claim{}) open.insert(binding.claim);
  }
  std::map<ImageId, std::pair<uint32_t, uint32_t>> orphans;  // all, in a call
  const auto status = source_.WalkOrphans([&](const fp_orphan& orphan) {
    const fp_ident& ident = orphan.ident;
    if (ident.claim == 0) return;  // about to be filled in
    open.insert({ident.claim, ident.tid});
    ImageId id;
    // An orphan may exec while we look; its slot-less state cannot be asked cheaply.
    ImageOf(ident, Naming::kGone, id);
    ++orphans[id].first;
    orphans[id].second += InCountedCall(orphan.flight, exits_);
  });
  if (!status.ok()) {
    spdlog::warn("{}", status.ToString());
    return std::nullopt;
  }
  for (const ImageId& id : with_orphans_) {
    if (ImageState* image = table_.Find(id); image != nullptr && !orphans.contains(id)) {
      image->orphans = image->orphans_in_flight = 0;
      image->changed = true;
    }
  }
  with_orphans_.clear();
  for (const auto& [id, count] : orphans) {
    ImageState& image = *table_.Find(id);
    image.changed |= image.orphans_in_flight != count.second;
    image.orphans = count.first;
    image.orphans_in_flight = count.second;
    with_orphans_.insert(id);
  }
  return open;
}

void Collector::HarvestSpill() {
  const uint64_t orphans = source_.OrphansTotal();
  const uint64_t spilled = source_.SpilledTotal();
  const bool idle = orphans == orphans_seen_ && with_orphans_.empty() && spilled == spilled_seen_ &&
                    spill_left_ == 0;
  if (idle) return;
  orphans_seen_ = orphans;
  spilled_seen_ = spilled;

  // Open claims first: an entry whose claim had ended before the walk is final. One that
  // the previous walk did not see may belong to a claim younger than the list.
  const std::optional<std::set<Claim>> open = OpenClaims();
  if (!open.has_value()) {
    ++spill_left_;  // looked at again in the next pass
    return;
  }
  std::set<Claim> seen;
  std::map<ImageId, std::pair<CountsBuilder, CountsBuilder>> sums;  // living, ended
  std::vector<std::pair<fp_spill_key, fp_ident>> final;             // and whose they are
  spill_left_ = 0;
  const auto status = source_.WalkSpill([&](const fp_spill_key& key, const fp_spill& value) {
    const Claim claim{key.claim, key.tid};
    if (value.ident.claim == 0) {
      ++spill_left_;  // about to be filled in
      return;
    }
    const bool ended = !open->contains(claim) && spill_seen_.contains(claim);
    ImageId id;
    ImageOf(value.ident, Naming::kGone, id);
    auto& [living_sum, ended_sum] = sums[id];
    (ended ? ended_sum : living_sum).AddSpill(key, value);
    if (ended) {
      final.emplace_back(key, value.ident);
    } else {
      ++spill_left_;
      seen.insert(claim);
    }
  });
  if (!status.ok()) {
    // Half a walk must not replace a whole one.
    spdlog::warn("{}", status.ToString());
    ++spill_left_;
    return;
  }
  table_.ForEachImage([&](const ImageId& id, ImageState& image) {
    const auto it = sums.find(id);
    if (it == sums.end() && image.spilled == nullptr) return;
    image.changed = true;
    image.spilled = nullptr;
    if (it == sums.end()) return;
    image.spilled = model::PackedOrNull(it->second.first.Build());
    model::Add(image.ended, it->second.second.Build());
  });
  for (const auto& [key, ident] : final) source_.DeleteSpill(key, ident);
  spill_seen_ = std::move(seen);
}

}  // namespace footprint::collect
