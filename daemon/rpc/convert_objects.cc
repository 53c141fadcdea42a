// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/convert_objects.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "daemon/rpc/convert_tier.h"
#include "daemon/rpc/text.h"
#include "data/ioctls.h"
#include "data/names.h"

namespace footprint::rpc {
namespace {

using model::CallKind;
using model::CallStats;
using model::ObjectClass;

// As in bpf/abi/footprint.h, which describes them.
constexpr uint32_t kCommandBit = 1 << 23;
constexpr uint32_t kAnyCommandBit = 1 << 22;

constexpr char kNoObject[] = "no object";

// What a class id stands for.
struct Resolved {
  const ObjectClass* object = nullptr;  // null: none, or unknown
  bool none = false;
  bool has_command = false;
  uint32_t command = 0;
};

Resolved Resolve(const model::ObjectTable& table, uint32_t id) {
  Resolved resolved;
  if (id & kCommandBit) {
    const auto it = table.commands.find(id);
    if (it == table.commands.end()) return resolved;
    resolved.has_command = true;
    resolved.command = it->second.command;
    id = it->second.object_class;
  }
  id &= ~kAnyCommandBit;
  resolved.none = id == 0;
  const auto it = table.classes.find(id);
  if (it != table.classes.end()) resolved.object = &it->second;
  return resolved;
}

void Add(const CallStats& stats, CallStats& sum) {
  sum.calls += stats.calls;
  sum.errors += stats.errors;
  sum.total_ns += stats.total_ns;
  sum.max_ns = std::max(sum.max_ns, stats.max_ns);
}

// ABI, number, server, driver, module, device: classes of one name are one row.
using RowKey = std::tuple<uint8_t, int32_t, std::string, std::string, std::string, std::string>;
constexpr size_t kServer = 2;
// Driver, module, is its command known, command, server, ABI
using IoctlKey = std::tuple<std::string, std::string, bool, uint32_t, std::string, uint8_t>;
constexpr size_t kNamed = 2;

class Rows {
 public:
  explicit Rows(const model::ObjectTable& table) : table_(table) {}

  void Take(const model::CallKey& key, const CallStats& stats) {
    const names::SyscallRow* call = names::FindSyscall(AbiOf(key.abi), key.number);
    if (call == nullptr) return;
    // Of a cell that refused calls alone nothing was served.
    if (stats.calls == 0 && stats.errors == 0 && stats.total_ns == 0) return;
    const names::Descriptors& d = call->descriptors;
    if (d.first < 0 && !d.returns && !d.pipe) return;
    const Resolved resolved = Resolve(table_, key.object_class);
    if (key.kind == CallKind::kSecond) return AddRow(second_, key, resolved, stats);
    if (key.kind == CallKind::kMade) {
      return d.ioctl ? TakeNoted(key, resolved, stats) : TakeMade(key, resolved, stats);
    }
    if (d.pipe) return TakePipe(key, stats);
    AddRow(objects_, key, resolved, stats);
    if (d.ioctl) AddIoctl(key, resolved, stats);
  }

  void Write(v1::Footprint& out) {
    for (auto& [key, row] : objects_) {
      if (std::get<kServer>(key) == kNoObject) SettleNone(key, row.stats);
    }
    for (auto& [key, row] : objects_) {
      if (row.stats == CallStats{}) continue;
      Write(key, row, *out.add_objects());
    }
    for (auto& [key, row] : second_) Write(key, row, *out.add_second_objects());
    for (auto& [key, row] : ioctls_) {
      if (!std::get<kNamed>(key)) SettleOther(key, row.stats);
    }
    for (const auto& [key, row] : ioctls_) {
      if (row.stats != CallStats{}) WriteIoctl(key, row, *out.add_ioctls());
    }
    Sort(*out.mutable_objects());
    Sort(*out.mutable_second_objects());
    Sort(*out.mutable_ioctls());
  }

 private:
  struct Row {
    CallStats stats;
    const ObjectClass* object = nullptr;
  };

  static RowKey KeyOf(const model::CallKey& key, const Resolved& resolved) {
    if (resolved.object == nullptr) {
      return {key.abi, key.number, resolved.none ? kNoObject : "unknown", "", "", ""};
    }
    const ObjectClass& object = *resolved.object;
    return {key.abi, key.number, object.server, object.driver, object.module, object.device};
  }

  static void AddRow(std::map<RowKey, Row>& rows, const model::CallKey& key,
                     const Resolved& resolved, const CallStats& stats) {
    Row& row = rows[KeyOf(key, resolved)];
    Add(stats, row.stats);
    row.object = resolved.object;
  }

  // The call is in the row without an object as well, and moves out of it.
  void TakeMade(const model::CallKey& key, const Resolved& resolved, const CallStats& stats) {
    AddRow(objects_, key, resolved, stats);
    CallStats& none = objects_[{key.abi, key.number, kNoObject, "", "", ""}].stats;
    none.calls -= stats.calls;
    none.total_ns -= stats.total_ns;
  }

  // Both ends are pipes by definition; whoever failed made none. In a window the failed ones may
  // be more: they entered before it.
  void TakePipe(const model::CallKey& key, const CallStats& stats) {
    const uint64_t failed = std::min(stats.calls, stats.errors);
    CallStats made = stats;
    made.calls -= failed;
    made.errors = 0;
    Add(made, objects_[{key.abi, key.number, "pipe", "pipe", "", ""}].stats);
    Add({.calls = failed, .errors = stats.errors},
        objects_[{key.abi, key.number, kNoObject, "", "", ""}].stats);
  }

  void SettleNone(const RowKey& none, CallStats& stats) {
    Settle(stats, [&](const auto& take) {
      for (auto& [key, row] : objects_) {
        if (std::get<0>(key) == std::get<0>(none) && std::get<1>(key) == std::get<1>(none)) {
          take(row.stats);
        }
      }
    });
  }

  void SettleOther(const IoctlKey& other, CallStats& stats) {
    const auto& [driver, module, named, command, server, abi] = other;
    Settle(stats, [&](const auto& take) {
      for (auto& [key, row] : ioctls_) {
        if (key == IoctlKey{driver, module, true, std::get<3>(key), server, abi}) take(row.stats);
      }
    });
  }

  // What is left of a row after calls have moved to the rows that `each` hands over. Fewer than
  // none are left where calls of before the window answered in it: `calls` has those that entered
  // in the window alone, so as many are taken from where they moved to, the commonest first. Which
  // of several it was, nobody knows.
  template <typename Each>
  static void Settle(CallStats& stats, const Each& each) {
    for (uint64_t* value : {&stats.total_ns, &stats.errors}) {
      if (static_cast<int64_t>(*value) < 0) *value = 0;
    }
    stats.max_ns = std::min(stats.max_ns, stats.total_ns);
    if (static_cast<int64_t>(stats.calls) >= 0) return;
    uint64_t missing = -stats.calls;
    stats.calls = 0;
    std::vector<CallStats*> made;
    each([&](CallStats& row) { made.push_back(&row); });
    std::stable_sort(made.begin(), made.end(),
                     [](const CallStats* a, const CallStats* b) { return a->calls > b->calls; });
    for (CallStats* row : made) {
      const uint64_t taken = std::min(missing, row->calls);
      row->calls -= taken;
      missing -= taken;
    }
  }

  static IoctlKey KeyOfIoctl(uint8_t abi, const Resolved& resolved) {
    const ObjectClass* object = resolved.object;
    const std::string none = resolved.none ? kNoObject : "unknown";
    return {object != nullptr ? object->driver : "",
            object != nullptr ? object->module : "",
            resolved.has_command,
            resolved.command,
            object != nullptr ? object->server : none,
            abi};
  }

  Row& AddIoctl(const model::CallKey& key, const Resolved& resolved, const CallStats& stats) {
    Row& row = ioctls_[KeyOfIoctl(key.abi, resolved)];
    Add(stats, row.stats);
    row.object = resolved.object;
    return row;
  }

  // The command was noted when the call left: it is counted under any command of its object, too.
  void TakeNoted(const model::CallKey& key, Resolved resolved, const CallStats& stats) {
    AddIoctl(key, resolved, stats);
    resolved.has_command = false;
    resolved.command = 0;
    CallStats& other = AddIoctl(key, resolved, {}).stats;
    other.calls -= stats.calls;
    other.errors -= stats.errors;
    other.total_ns -= stats.total_ns;
  }

  static void Write(const RowKey& key, const Row& row, v1::Object& out) {
    const auto& [abi, number, server, driver, module, device] = key;
    static_cast<void>(module), static_cast<void>(device);
    out.set_abi(std::string(names::AbiName(AbiOf(abi))));
    out.set_syscall(names::SyscallName(AbiOf(abi), number));
    out.set_server(Printable(server));
    out.set_driver(Printable(driver));
    if (row.object != nullptr) SetNames(*row.object, out);
    if (row.object == nullptr && server == "pipe") out.set_subsystem("ipc");
    out.set_calls(row.stats.calls);
    out.set_errors(row.stats.errors);
    out.set_total_ns(row.stats.total_ns);
    out.set_max_ns(row.stats.max_ns);
  }

  static void WriteIoctl(const IoctlKey& key, const Row& row, v1::Ioctl& out) {
    const auto& [driver, module, known, command, server, abi] = key;
    out.set_driver(Printable(driver));
    out.set_module(Printable(module));
    out.set_server(Printable(server));
    out.set_abi(std::string(names::AbiName(AbiOf(abi))));
    if (known) {
      const bool compat = AbiOf(abi) == names::Abi::kI386 || AbiOf(abi) == names::Abi::kArm;
      const std::string contexts = row.object != nullptr ? row.object->ioctls : "";
      std::string name(names::IoctlName(contexts, command, compat, module));
      if (name.empty()) {
        name = names::ForeignIoctlName(command, compat);
        out.set_foreign(!name.empty());
      }
      out.set_command(absl::StrFormat("0x%04x", command));
      out.set_named(!name.empty());
      out.set_name(name.empty() ? names::IoctlText(command) : name);
    } else {
      out.set_command("other");
      out.set_name("other commands");
    }
    out.set_calls(row.stats.calls);
    out.set_errors(row.stats.errors);
    out.set_total_ns(row.stats.total_ns);
    out.set_max_ns(row.stats.max_ns);
  }

  template <typename Repeated>
  static void Sort(Repeated& rows) {
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return a.calls() > b.calls(); });
  }

  const model::ObjectTable& table_;
  std::map<RowKey, Row> objects_, second_;
  std::map<IoctlKey, Row> ioctls_;
};

// What the rows cannot tell, said once each.
void SetNotes(const model::Footprint& footprint, v1::Footprint& out) {
  std::set<std::string> notes;
  for (const auto& [id, object] : footprint.objects->classes) {
    if (!object.why.empty()) notes.insert(absl::StrCat("names of drivers: ", object.why));
  }
  for (const auto& [key, stats] : footprint.counts.calls) {
    const std::string name = names::SyscallName(AbiOf(key.abi), key.number);
    if (name == "io_uring_enter") {
      notes.insert(
          "io_uring: what its rings asked for is no system call and is not in this footprint");
    } else if (name == "socketcall") {
      notes.insert("socketcall: its descriptors are in memory, so it has no object");
    }
  }
  for (const std::string& note : notes) out.add_notes(Printable(note));
}

}  // namespace

void SetNames(const ObjectClass& object, v1::Object& out) {
  out.set_server(Printable(object.server));
  out.set_driver(Printable(object.driver));
  out.set_module(Printable(object.module));
  if (object.subsystem != 0) {
    out.set_subsystem(std::string(names::SubsystemName(object.subsystem)));
  }
  out.set_fops_symbol(Printable(object.fops_symbol));
  out.set_fs_type(Printable(object.fs_type));
  out.set_device(object.device);
}

void SetServedBy(v1::Footprint& out) {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> servers;
  for (const v1::Object& row : out.objects()) {
    if (row.server() == kNoObject) continue;
    auto& names = servers[{row.abi(), row.syscall()}];
    if (std::find(names.begin(), names.end(), row.server()) == names.end()) {
      names.push_back(row.server());
    }
  }
  for (v1::Syscall& row : *out.mutable_syscalls()) {
    const auto it = servers.find({row.abi(), row.name()});
    if (it == servers.end()) continue;
    for (const std::string& name : it->second) row.add_served_by(name);
  }
}

void SetObjects(const model::Footprint& footprint, v1::Footprint& out) {
  if (footprint.objects == nullptr || !ObjectsMeasured(footprint)) return;
  Rows rows(*footprint.objects);
  for (const auto& [key, stats] : footprint.counts.calls) rows.Take(key, stats);
  rows.Write(out);
  SetNotes(footprint, out);
}

}  // namespace footprint::rpc
