// SPDX-License-Identifier: Apache-2.0
// The state of the whole system at one harvest, as immutable values that
// snapshots share: a process that made no call since the last one is not copied.
// Ownership: shared, const.   Threads: any, once published.   Failure: none.
#ifndef FOOTPRINT_DAEMON_MODEL_SNAPSHOT_H_
#define FOOTPRINT_DAEMON_MODEL_SNAPSHOT_H_

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "daemon/model/counts.h"
#include "daemon/model/modules.h"
#include "daemon/model/name_sketch.h"
#include "daemon/model/objects.h"
#include "daemon/model/packed_counts.h"
#include "daemon/model/program.h"
#include "daemon/model/shared_text.h"
#include "daemon/model/tier.h"

namespace footprint::model {

// One life of a process: from its fork to its death.
struct LifeId {
  uint32_t pid = 0;    // tgid, initial pid namespace
  uint64_t birth = 0;  // boot-time ns of the fork; 0: older than the attach
  auto operator<=>(const LifeId&) const = default;
};

// One program image within a life. Strings are raw bytes.
struct Image {
  uint32_t number = 0;  // execs since the life began
  std::string comm;     // its leader's at its first call: by this it is found and folded
  SharedText name;      // its leader's as it is; "": that is `comm`
  SharedText exe;       // of `program`
  SharedText script;    // of `program`
  ProgramPtr program;   // null: unknown
  SharedText cgroup;
  SharedText unit;         // UnitOf(cgroup)
  SharedText container;    // ContainerOf(cgroup)
  uint64_t cgroup_id = 0;  // where its threads were at their claim; 0: the kernel did not say
  uint32_t uid = 0;
  bool alive = false;
  uint32_t threads = 0;  // that made a call and live
  PackedPtr counts;
};

// Where dead processes end up: the sum over all that had one name.
struct Command {
  // What a row had no room for is "(other)": the end of a cgroup path, then exe and comm.
  SharedText cgroup, unit, container, exe, script;
  std::string comm;
  bool cgroup_lost = false;  // `cgroup` is "" though the kernel named one
  bool name_lost = false;    // NameUnknown() of an image in it
  uint64_t images = 0;
  bool observer = false;
  RowCounts counts;
};

struct Life {
  LifeId id;
  LifeId parent;          // pid 0: unknown
  uint64_t start_ns = 0;  // boot-time; 0: unknown
  bool alive = false;
  bool observer = false;                             // the daemon itself
  std::vector<std::shared_ptr<const Image>> images;  // by number
  // Its images, and its descendants, that were folded away. Both are part of
  // Snapshot::commands too, and serve the pid and tree scopes alone.
  std::vector<std::shared_ptr<const Command>> folded_images;
  std::vector<std::shared_ptr<const Command>> folded_descendants;
};

// Indices equal enum fp_loss up to kCommandDropped; see there.
enum class Loss {
  kCallsUnattributed,
  kDetailDropped,
  kExitUnmatched,
  kOriginUnknown,
  kEventsDropped,
  kObjectUnknown,
  kCommandDropped,
  kProgramMissed,
  kNameUnknown  // calls that may be of the scope: their unit, or their command, is not known any
                // more
};
inline constexpr int kLossCount = 9;

struct Losses {
  std::array<uint64_t, kLossCount> count{};
  uint64_t operator[](Loss cause) const { return count[static_cast<size_t>(cause)]; }
  // No count is missing. Dropped events cost no counts.
  bool Complete() const;
  bool operator==(const Losses&) const = default;
};
Losses Sum(const Losses& a, const Losses& b);
Losses Difference(const Losses& end, const Losses& base);
const char* LossName(Loss cause);

struct Hook {
  std::string name;
  bool attached = false;
  std::string reason;
  uint64_t missed = 0;
};

// Facts fixed at start.
struct Origin {
  std::string kernel_release, kernel_version, machine, boot_id, hostname;
  std::string footprint_version;
  std::string bpf_object;  // core | full
  std::string tier;        // at start: calls | errors | latency | full
  // What the configuration keeps from being counted: "syscall:getppid", "unit:noise.service".
  std::vector<std::string> ignored;
  std::string degraded_because;
  uint32_t page_size = 0;
  int64_t attached_realtime_ns = 0;
  uint64_t attached_boottime_ns = 0;
};

struct Snapshot {
  uint64_t sequence = 0;
  int64_t realtime_ns = 0;
  uint64_t boottime_ns = 0;
  std::shared_ptr<const Origin> origin;
  std::shared_ptr<const ObjectTable> objects;
  std::vector<Hook> hooks;
  Losses losses;    // of the whole system
  Losses unplaced;  // of these, what is put down to no process: it may concern any
  Losses pending;   // of these, what the next pass may put down to one
  std::vector<std::shared_ptr<const Life>> lives;            // by id
  std::vector<std::shared_ptr<const Command>> commands;      // unordered
  std::shared_ptr<const std::string> units_unknown_because;  // null or "": units are known
  std::shared_ptr<const NameSketch> folded_names;  // null: every ended process has its names
  uint64_t own_cpu_ns = 0, resident_bytes = 0, kernel_bytes = 0;
  uint64_t slots_used = 0, slots_total = 0, spill_used = 0, spill_total = 0;
  uint64_t recordings = 0;
  uint64_t names_lost = 0;           // notes of images that the ring had no room for
  ModuleTablePtr modules;            // null: nobody looked
  TierHistoryPtr tiers;              // null: the tier of `origin`, always
  Cost cost;                         // since the attach
  std::vector<CallCost> call_costs;  // of every combination that was measured so far
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

// A rare event.
struct Event {
  enum class Kind {
    kFork = 1,
    kExec = 2,
    kExit = 3,
    kObject = 4,
    kModuleLoad = 30,
    kModuleFree = 31,
    kModuleRequest = 32,
    kModuleFirstGet = 33
  };
  Kind kind = Kind::kExec;
  int64_t realtime_ns = 0;
  LifeId life;
  LifeId parent;
  Image image;  // counts is null
  bool has_wait_status = false;
  uint32_t wait_status = 0;
  std::shared_ptr<const ObjectClass> object;  // of kObject: what was seen first; null: unknown
  std::shared_ptr<const ModuleEvent> module;  // of the module kinds
};

}  // namespace footprint::model

#endif  // FOOTPRINT_DAEMON_MODEL_SNAPSHOT_H_
