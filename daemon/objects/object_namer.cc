// SPDX-License-Identifier: Apache-2.0
#include "daemon/objects/object_namer.h"

#include <sys/stat.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "daemon/objects/driver_name.h"
#include "data/names.h"
#include "data/servers.h"

namespace footprint::objects {
namespace {

using names::FindServer;
using names::ServerKind;
using names::ServerRow;

constexpr uint32_t kMemoryMajor = 1;

uint8_t SubsystemIndex(std::string_view name) {
  const auto rows = names::Subsystems();
  const auto row = std::ranges::find(rows, name, &names::SubsystemRow::name);
  return row != rows.end() ? static_cast<uint8_t>(row - rows.begin()) : 0;
}

void Use(const ServerRow& row, ObjectName& name) {
  name.server = row.server;
  name.subsystem = row.subsystem;
  name.ioctls = row.ioctls;
}

bool UseRule(const ServerRow* row, ObjectName& name) {
  if (row != nullptr) Use(*row, name);
  return row != nullptr;
}

// "ttyUSB0" -> "ttyUSB", "nvme0n1" -> "nvme"
std::string_view UntilDigit(std::string_view text) {
  return text.substr(0, text.find_first_of("0123456789"));
}

// "[eventfd]" -> "eventfd", "kvm-vcpu:3" -> "kvm-vcpu"
std::string_view AnonymousKey(std::string_view name) {
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  const size_t colon = name.rfind(':');
  const bool numbered = colon != std::string_view::npos && colon + 1 < name.size() &&
                        name.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
  return numbered ? name.substr(0, colon) : name;
}

// "UNIX-STREAM" -> "unix-stream", "MPTCP v6" -> "mptcp-v6"
std::string ProtocolKey(std::string key) {
  absl::AsciiStrToLower(&key);
  std::ranges::replace(key, ' ', '-');
  return key;
}

void NameSocket(const ClassFacts& facts, ObjectName& name) {
  const std::string protocol = ProtocolKey(facts.protocol_name);
  const std::string family = absl::StrCat(facts.family);
  if (!UseRule(FindServer(ServerKind::kSocket,
                          absl::StrCat(family, "/", facts.type, "/", facts.protocol)),
               name) &&
      !UseRule(FindServer(ServerKind::kSocket, absl::StrCat(family, "/", facts.type, "/*")),
               name) &&
      !UseRule(FindServer(ServerKind::kSocket, absl::StrCat(family, "/*/*")), name)) {
    name.server = protocol.empty() ? absl::StrCat("socket:", family) : protocol;
    name.subsystem = SubsystemIndex("network");
    name.ioctls = "socket";
  }
  // The functions are those of net/socket.c for every socket.
  name.driver = protocol.empty() ? name.server : protocol;
  if (name.module.empty()) name.module = facts.socket_module;
}

// Without the names of functions: who registered the number, and what sysfs says of it.
void NameCharacterByNumber(const DeviceName& device, ObjectName& name) {
  for (const std::string* known : {&device.misc, &device.subsystem, &device.major}) {
    if (known->empty() || *known == "misc") continue;
    if (UseRule(names::FindDriverOf(*known), name)) return;
    if (name.server.empty()) name.server = *known;
  }
}

void NameCharacter(const ClassFacts& facts, const ClassSymbols& symbols, const DeviceName& device,
                   ObjectName& name) {
  const std::string number = absl::StrCat(MajorOf(facts.rdev), ":", MinorOf(facts.rdev));
  const std::string any = absl::StrCat(MajorOf(facts.rdev), ":*");
  name.subsystem = SubsystemIndex("device");
  const bool own = !name.driver.empty();
  // Nothing but functions of others: shown by the first of them.
  for (const Symbol& symbol : symbols.functions)
    if (name.driver.empty() && symbol.offset == 0) name.driver = symbol.name;
  const bool fixed = UseRule(FindServer(ServerKind::kDevice, number), name) ||
                     UseRule(FindServer(ServerKind::kDevice, any), name);
  // The memory devices borrow each other's functions: read_iter_zero serves /dev/full too.
  if (fixed && MajorOf(facts.rdev) == kMemoryMajor) name.driver = name.server;
  if (!fixed && own && !UseRule(FindServer(ServerKind::kDriver, name.driver), name))
    name.server = name.driver;
  if (name.server.empty()) NameCharacterByNumber(device, name);
  // A terminal is served by the layer of terminals and by the driver of its line.
  if (name.server == "tty" && !UntilDigit(device.node).empty())
    name.server = UntilDigit(device.node);
  if (name.driver.empty()) name.driver = absl::StrCat("char:", number);
  if (name.server.empty()) name.server = name.driver;
}

void NameBlock(const ClassFacts& facts, const DeviceName& device, ObjectName& name) {
  // Majors of partitions beyond the sixteenth, and of NVMe, are shared: "blkext".
  const bool shared = device.major.empty() || device.major == "blkext";
  const std::string key(shared ? UntilDigit(device.node) : std::string_view(device.major));
  if (!UseRule(FindServer(ServerKind::kBlock, key), name)) {
    name.server = key.empty() ? "block" : key;
    name.subsystem = SubsystemIndex("block");
    name.ioctls = "block";
  }
  // The functions are those of block/fops.c for every block device.
  if (!key.empty()) name.driver = key;
  if (name.driver.empty())
    name.driver = absl::StrCat("block:", MajorOf(facts.rdev), ":", MinorOf(facts.rdev));
}

void NameAnonymous(const ClassFacts& facts, ObjectName& name) {
  const std::string_view key = AnonymousKey(facts.anon_name);
  if (!UseRule(FindServer(ServerKind::kAnonymous, key), name) &&
      !UseRule(FindServer(ServerKind::kDriver, name.driver), name))
    name.server = !key.empty()           ? std::string(key)
                  : !name.driver.empty() ? name.driver
                                         : facts.fs_type;
  if (name.driver.empty()) name.driver = name.server;
}

void AddContext(const std::string& context, std::string& contexts) {
  if (contexts == context || contexts.ends_with(absl::StrCat(",", context))) return;
  absl::StrAppend(&contexts, contexts.empty() ? "" : ",", context);
}

void NameFile(const ClassFacts& facts, ObjectName& name) {
  const bool regular = S_ISREG(facts.mode) || S_ISDIR(facts.mode) || S_ISLNK(facts.mode);
  if (facts.fs_type == "tmpfs" && facts.anon_name.starts_with("memfd:")) {
    name.server = "memfd";
    name.subsystem = SubsystemIndex("memory");
  } else if (S_ISFIFO(facts.mode) && facts.fs_type != "pipefs" &&
             UseRule(FindServer(ServerKind::kDriver, "pipe"), name)) {
    name.server = "fifo";
  } else if (!UseRule(FindServer(ServerKind::kFilesystem, facts.fs_type), name)) {
    name.server = !facts.fs_type.empty() ? facts.fs_type : name.driver;
    // Other kinds of files live in file systems that nobody mounts: those need a rule.
    if (regular && !facts.fs_type.empty()) name.subsystem = SubsystemIndex("filesystem");
  }
  // Of what any file system may answer, some do not ask which one it is (fscrypt, fsverity).
  if (regular) AddContext("fs", name.ioctls);
  if (name.module.empty() && regular) name.module = facts.fs_module;
  if (name.server.empty()) name.server = "unknown";
  if (name.driver.empty()) name.driver = name.server;
}

// The module of the first function that is a driver's own.
std::string ModuleOf(const ClassSymbols& symbols) {
  for (const Symbol& symbol : symbols.functions)
    if (!symbol.module.empty() && !names::IsGenericFunction(symbol.name)) return symbol.module;
  return "";
}

}  // namespace

ObjectName Derive(const ClassFacts& facts, const ClassSymbols& symbols, const DeviceName& device) {
  ObjectName name;
  std::vector<std::string_view> functions;
  for (const Symbol& symbol : symbols.functions)
    if (symbol.offset == 0) functions.push_back(symbol.name);
  name.driver = DriverName(functions);
  name.module = !facts.module.empty() ? facts.module : ModuleOf(symbols);
  // Between two functions lies no table: data is found at its beginning only.
  if (symbols.fops.offset == 0) name.fops_symbol = symbols.fops.name;
  name.why = symbols.missing;

  if (facts.socket)
    NameSocket(facts, name);
  else if (facts.fs_type == "anon_inodefs")
    NameAnonymous(facts, name);
  else if (S_ISCHR(facts.mode))
    NameCharacter(facts, symbols, device, name);
  else if (S_ISBLK(facts.mode))
    NameBlock(facts, device, name);
  else
    NameFile(facts, name);
  return name;
}

ObjectNamer::ObjectNamer(const Symbols& symbols, Devices devices)
    : symbols_(symbols), devices_(std::move(devices)) {}

std::vector<ObjectName> ObjectNamer::Name(std::span<const ClassFacts> classes) const {
  std::vector<uint64_t> addresses;
  for (const ClassFacts& facts : classes) {
    addresses.push_back(facts.fops);
    addresses.insert(addresses.end(), facts.functions.begin(), facts.functions.end());
  }
  const auto resolved = symbols_.Resolve(addresses);

  std::vector<ObjectName> answers;
  size_t next = 0;
  for (const ClassFacts& facts : classes) {
    ClassSymbols symbols;
    if (resolved.ok()) {
      symbols.fops = (*resolved)[next++];
      for (Symbol& symbol : symbols.functions) symbol = (*resolved)[next++];
    } else {
      symbols.missing = std::string(resolved.status().message());
    }
    const bool device = S_ISCHR(facts.mode) || S_ISBLK(facts.mode);
    answers.push_back(Derive(
        facts, symbols, device ? devices_.Find(S_ISBLK(facts.mode), facts.rdev) : DeviceName()));
  }
  return answers;
}

}  // namespace footprint::objects
