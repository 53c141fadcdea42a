// SPDX-License-Identifier: Apache-2.0
// A kernel side made by hand: slots that a test fills as BPF programs would.
#ifndef FOOTPRINT_TESTS_UNIT_COLLECT_FAKE_SOURCE_H_
#define FOOTPRINT_TESTS_UNIT_COLLECT_FAKE_SOURCE_H_

#include <cstring>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/kernel/cgroup_probe.h"
#include "daemon/kernel/source.h"

namespace footprint::collect {

class FakeClock : public base::Clock {
 public:
  int64_t RealtimeNs() const override { return 1'000'000'000'000 + now; }
  uint64_t BoottimeNs() const override { return now; }
  uint64_t OwnCpuNs() const override { return 7; }
  uint64_t now = 1'000'000;
};

inline fp_ident Ident(uint32_t tgid, uint32_t tid, uint64_t life, uint32_t image,
                      const std::string& comm) {
  static uint64_t next_claim = 1;
  fp_ident ident{};
  ident.claim = next_claim++;
  ident.life = life;
  ident.tid = tid;
  ident.tgid = tgid;
  ident.image = image;
  std::memcpy(ident.comm, comm.data(), std::min(comm.size(), sizeof(ident.comm) - 1));
  return ident;
}

inline uint64_t Key(int32_t number) {
  return FP_KEY_USED | uint64_t{FP_ABI_X86_64} << FP_KEY_ABI_SHIFT | static_cast<uint32_t>(number);
}

// Cgroups that a test makes.
class FakeCgroups : public kernel::CgroupProbe {
 public:
  int event_fd() const override { return -1; }
  void Drain(const std::function<void(uint64_t, std::string)>& sink) override {
    for (const auto& [id, path] : made) sink(id, path);
    made.clear();
  }
  uint64_t MemoryBytes() const override { return 0; }

  std::vector<std::pair<uint64_t, std::string>> made;
};

class FakeSource : public kernel::Source {
 public:
  explicit FakeSource(uint32_t slots) : slots_(slots) {}

  // Opens a slot; cell 0 then counts calls of `number`.
  fp_slot& Open(uint32_t index, const fp_ident& ident, int32_t number, uint64_t calls) {
    fp_slot& slot = slots_[index];
    slot.ident = ident;
    slot.tid = ident.tid;
    slot.cells[0].key = Key(number);
    slot.cells[0].calls = calls;
    slot.changes = calls * 2;
    slot.seal = fp_seal(&slot.ident);
    slot.state = FP_SLOT_OPEN;
    return slot;
  }
  void Close(uint32_t index) { slots_[index].state = FP_SLOT_CLOSED; }

  void Spill(const fp_ident& ident, uint32_t kind, uint64_t key, uint64_t calls) {
    fp_spill value{};
    value.calls = calls;
    value.ident = ident;
    spill[{ident.claim, ident.tid, kind, key}] = value;
    ++spilled_total;
  }

  uint32_t SlotCount() override { return slots_.size(); }
  fp_slot& Slot(uint32_t index) override { return slots_[index]; }
  uint32_t SlotCapacity() const override { return slots_.size(); }
  std::string SlotsRefused() override { return refused; }
  void Free(uint32_t index) override {
    std::memset(&slots_[index], 0, sizeof(fp_slot));
    freed.push_back(index);
  }
  void CloseDead(uint32_t index) override { Close(index); }
  uint32_t ExitsInForce() const override { return exits; }
  void BeginHarvest() override { ++harvests; }
  void DrainEvents(const std::function<void(const fp_event&)>& sink,
                   const std::function<void(const fp_note&, size_t)>& take_note) override {
    for (const auto& note : notes) {
      take_note(*reinterpret_cast<const fp_note*>(note.data()), note.size());
    }
    notes.clear();
    for (const fp_event& event : events) sink(event);
    events.clear();
  }
  uint64_t NotesLost() const override { return 0; }
  uint64_t SpilledTotal() const override { return spilled_total; }
  uint64_t OrphansTotal() const override { return orphans_total; }
  absl::Status WalkSpill(
      const std::function<void(const fp_spill_key&, const fp_spill&)>& sink) override {
    for (const auto& [k, value] : spill) {
      const auto& [claim, tid, kind, key] = k;
      sink({.claim = claim, .key = key, .tid = tid, .kind = kind}, value);
    }
    return absl::OkStatus();
  }
  absl::Status WalkOrphans(const std::function<void(const fp_orphan&)>& sink) override {
    for (const fp_orphan& orphan : orphans) sink(orphan);
    return absl::OkStatus();
  }
  void DeleteSpill(const fp_spill_key& key, const fp_ident&) override {
    spill.erase({key.claim, key.tid, key.kind, key.key});
  }
  uint32_t SpillCapacity() const override { return 64; }
  uint64_t ClassesTotal() const override { return classes_total; }
  uint32_t ModulesEpoch() const override { return epoch; }
  absl::Status WalkClasses(const std::function<void(uint32_t, const fp_class&)>& sink) override {
    for (const auto& [id, entry] : classes) sink(id, entry);
    return absl::OkStatus();
  }
  absl::Status WalkCommands(const std::function<void(uint32_t, const fp_command&)>& sink) override {
    for (const auto& [id, entry] : commands) sink(id, entry);
    return absl::OkStatus();
  }
  void ForgetClass(uint32_t id, const fp_class_key&) override { classes.erase(id); }
  std::array<uint64_t, FP_LOSS_COUNT> Losses() const override { return losses; }
  absl::Status WalkLosers(const std::function<void(const fp_loser&, uint64_t)>& sink) override {
    for (const auto& [key, count] : std::map(losers)) sink({key.first, key.second}, count);
    return absl::OkStatus();
  }
  uint64_t TakeLoser(const fp_loser& key) override {
    const auto it = losers.find({key.tgid, key.cause});
    if (it == losers.end()) return 0;
    const uint64_t count = it->second;
    losers.erase(it);
    return count;
  }
  // As the kernel does it: with the process, and in the whole.
  void Lose(uint32_t tgid, fp_loss cause, uint64_t count) {
    losers[{tgid, cause}] += count;
    losses[cause] += count;
  }
  std::vector<kernel::HookState> Hooks() const override { return hooks; }
  uint64_t MemoryBytes() const override { return 4096; }

  std::map<std::tuple<uint64_t, uint32_t, uint32_t, uint64_t>, fp_spill> spill;
  std::vector<fp_orphan> orphans;
  std::string refused;
  std::vector<fp_event> events;
  std::vector<std::string> notes;  // records of the ring
  std::vector<uint32_t> freed;
  std::map<uint32_t, fp_class> classes;
  std::map<uint32_t, fp_command> commands;
  uint64_t spilled_total = 0, orphans_total = 0, classes_total = 0;
  uint32_t epoch = 1;
  uint32_t exits = 1;
  int harvests = 0;
  std::array<uint64_t, FP_LOSS_COUNT> losses{};
  std::map<std::pair<uint32_t, uint32_t>, uint64_t> losers;
  std::vector<kernel::HookState> hooks{{"sched_process_exit", true, "", 0},
                                       {"sys_enter", true, "", 0}};

 private:
  std::vector<fp_slot> slots_;
};

}  // namespace footprint::collect

#endif  // FOOTPRINT_TESTS_UNIT_COLLECT_FAKE_SOURCE_H_
