// SPDX-License-Identifier: Apache-2.0
#include "daemon/system/reader.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <utility>

#include "daemon/system/facts.h"
#include "daemon/system/kernel_calls.h"
#include "daemon/system/kernel_config.h"
#include "daemon/system/lists.h"

namespace footprint::system {

Machine ThisMachine() {
  Machine machine;
  utsname u{};
  if (uname(&u) == 0) {
    machine.release = u.release;
    machine.version = u.version;
    machine.machine = u.machine;
  }
  machine.page_size = static_cast<uint32_t>(sysconf(_SC_PAGESIZE));
  return machine;
}

System Read(const Machine& machine, const std::vector<features::Finding>& findings,
            const std::string& missing_capabilities) {
  const std::string& root = machine.root;
  Config config = ReadConfig(root, machine.release);
  std::vector<Fact> facts = ReadFacts(machine, config);
  return {.facts = std::move(facts),
          .config = std::move(config),
          .abis = ReadCalls(root, machine.machine),
          .builtin_modules = ReadBuiltinModules(root, machine.release),
          .modules = ReadModules(root),
          .filesystems = ReadFilesystems(root),
          .protocols = ReadProtocols(root),
          .tracepoints = TracepointsOf(findings, missing_capabilities)};
}

std::shared_ptr<const System> Reader::Get() {
  const std::lock_guard lock(mutex_);
  if (!probed_) {
    findings_ = features::Probe();
    missing_capabilities_ = features::MissingCapabilities();
    probed_ = true;
  }
  const auto now = std::chrono::steady_clock::now();
  if (last_ == nullptr || now - taken_ > std::chrono::seconds(1)) {
    last_.reset();  // before the next one is made: two would be twice the memory
    last_ = std::make_shared<const System>(Read(ThisMachine(), findings_, missing_capabilities_));
    taken_ = now;
  }
  return last_;
}

const char* Name(CallState state) {
  switch (state) {
    case CallState::kBuiltIn:
      return "built_in";
    case CallState::kStub:
      return "stub";
    case CallState::kAbsent:
      return "absent";
    case CallState::kUnknown:
      break;
  }
  return "unknown";
}

const char* Name(Presence presence) {
  switch (presence) {
    case Presence::kPresent:
      return "present";
    case Presence::kMissing:
      return "missing";
    case Presence::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace footprint::system
