// SPDX-License-Identifier: Apache-2.0
// A collector that a test feeds by hand.
// Ownership: owns its folder, which goes with it.   Threads: the test's own.
// Failure: fails the test.
#ifndef FOOTPRINT_TESTS_UNIT_COLLECT_RIG_H_
#define FOOTPRINT_TESTS_UNIT_COLLECT_RIG_H_

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/collect/collector.h"
#include "daemon/model/scope.h"
#include "tests/unit/collect/fake_source.h"
#include "tests/unit/collect/note.h"

namespace footprint::collect {

inline constexpr uint32_t kOwnPid = 999;

// A collector over hand-made slots and an empty /proc in a folder of its own.
struct Rig {
  explicit Rig(uint32_t slots = 64, size_t dead_images = 4, size_t commands = 16,
               size_t bytes = 8 << 20)
      : root(std::filesystem::temp_directory_path() /
             ("footprint_rig_" + std::to_string(getpid()))),
        source(slots),
        procfs(root.string()),
        collector(source, procfs, clock,
                  {.dead_images = dead_images,
                   .commands = commands,
                   .command_bytes = bytes,
                   .tree_bytes = bytes},
                  kOwnPid, std::make_shared<model::Origin>(),
                  {.append = [this](model::Event e) { events.push_back(std::move(e)); },
                   .lost = [this](uint64_t n) { lost += n; }},
                  [this](std::span<const objects::ClassFacts> classes) {
                    std::vector<objects::ObjectName> names;
                    for (const auto& facts : classes) {
                      named.push_back(facts);
                      names.push_back({.server = facts.fs_type, .module = facts.module});
                    }
                    return names;
                  }) {
    std::filesystem::create_directories(root / "proc");
  }
  ~Rig() { std::filesystem::remove_all(root); }

  model::SnapshotPtr Harvest() { return collector.Harvest(pinned); }
  static model::Footprint Of(const model::SnapshotPtr& s, const model::Scope& scope) {
    auto footprint = model::Evaluate(*s, scope);
    REQUIRE(footprint.ok());
    return *footprint;
  }
  static uint64_t Calls(const model::SnapshotPtr& s, const model::Scope& scope) {
    return model::Sum(Of(s, scope).counts).calls;
  }
  void Born(uint32_t pid) {
    std::filesystem::create_directories(root / "proc" / std::to_string(pid));
  }
  // Tells what an image executes, as the kernel does: a program in the root directory.
  void Tell(const fp_ident& ident, const std::string& name) {
    source.notes.push_back(Note{.has = FP_NOTE_EXE | FP_NOTE_ARGV | FP_NOTE_NO_SCRIPT,
                                .tgid = ident.tgid,
                                .image = ident.image,
                                .life = ident.life,
                                .exe = name + std::string(1, '\0'),
                                .argv = name + std::string(1, '\0')}
                               .Record());
  }
  // A thread without a slot, in no call yet.
  fp_orphan& AddOrphan(const fp_ident& ident) {
    source.orphans_total = 1;
    return source.orphans.emplace_back(fp_orphan{.ident = ident, .flight = {}});
  }
  void Dead(uint32_t pid) { std::filesystem::remove_all(root / "proc" / std::to_string(pid)); }

  std::filesystem::path root;
  FakeSource source;
  FakeCgroups cgroups;
  Procfs procfs;
  FakeClock clock;
  std::vector<model::Event> events;
  uint64_t lost = 0;
  std::vector<objects::ClassFacts> named;
  std::map<model::LifeId, uint32_t> pinned;
  Collector collector;
};

inline const model::Scope kSystem{.kind = model::Scope::Kind::kSystem};
inline model::Scope Pid(uint32_t pid) { return {.kind = model::Scope::Kind::kPid, .pid = pid}; }
inline model::Scope Tree(uint32_t pid) { return {.kind = model::Scope::Kind::kTree, .pid = pid}; }

}  // namespace footprint::collect

#endif  // FOOTPRINT_TESTS_UNIT_COLLECT_RIG_H_
