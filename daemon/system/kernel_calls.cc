// SPDX-License-Identifier: Apache-2.0
#include "daemon/system/kernel_calls.h"

#include <charconv>
#include <unordered_map>

#include "absl/strings/str_cat.h"
#include "daemon/system/files.h"
#include "data/names.h"

namespace footprint::system {
namespace {

using names::Abi;

constexpr char kPath[] = "/proc/kallsyms";

struct Symbol {
  uint64_t address = 0;
  char type = 0;
};

struct Symbols {
  std::unordered_map<std::string, Symbol> entries;  // what may be an entry of a call
  uint64_t not_implemented = 0;                     // address of sys_ni_syscall; 0 where hidden
  bool addresses = false;                           // some are shown
  bool any = false;
};

// How a kernel names the entries of an ABI.
struct Scheme {
  Abi abi;
  std::string_view prefix;      // before the "sys_read" of the table
  std::string_view mark;        // a symbol of this beginning is there where the ABI is offered
  bool compat;                  // a 32-bit ABI on a 64-bit kernel: the table's compat entries
  std::string_view older = {};  // prefix that older kernels have for entries of this ABI alone
};

constexpr Scheme kX86_64[] = {{Abi::kX86_64, "__x64_", "__x64_sys_", false},
                              {Abi::kI386, "__ia32_", "__ia32_compat_sys_", true},
                              // 5.13 renamed __x32_compat_sys_*.
                              {Abi::kX32, "__x64_", "__x64_compat_sys_", false, "__x32_"}};
constexpr Scheme kI386[] = {{Abi::kI386, "__ia32_", "__ia32_sys_", false}};
constexpr Scheme kArm64[] = {{Abi::kArm64, "__arm64_", "__arm64_sys_", false},
                             {Abi::kArm, "__arm64_", "__arm64_compat_sys_", true}};
constexpr Scheme kArm[] = {{Abi::kArm, "", "sys_", false}};
constexpr Scheme kRiscv64[] = {{Abi::kRiscv64, "__riscv_", "__riscv_sys_", false}};

std::span<const Scheme> SchemesOf(std::string_view machine) {
  if (machine == "x86_64") return kX86_64;
  // armv8l: an arm64 kernel that answers a program of 32-bit personality.
  if (machine == "aarch64" || machine == "armv8l") return kArm64;
  if (machine == "riscv64") return kRiscv64;
  if (machine.starts_with("arm")) return kArm;
  if (machine.size() == 4 && machine[0] == 'i' && machine.ends_with("86")) return kI386;
  return {};
}

bool MayBeEntry(std::string_view name) {
  for (const std::string_view prefix :
       {"__x64_", "__x32_", "__ia32_", "__arm64_", "__riscv_", "sys_", "compat_sys_"}) {
    if (name.starts_with(prefix)) return true;
  }
  return name == "arm_syscall" || name == "compat_arm_syscall";
}

// "ffffffff816bb910 T __x64_sys_read"; modules, which have a third column, define no calls.
void See(std::string_view line, Symbols& symbols) {
  const std::vector<std::string_view> words = Words(line);
  if (words.size() != 3 || words[1].size() != 1) return;
  Symbol symbol{.type = words[1][0]};
  std::from_chars(words[0].data(), words[0].data() + words[0].size(), symbol.address, 16);
  symbols.any = true;
  symbols.addresses = symbols.addresses || symbol.address != 0;
  if (words[2] == "sys_ni_syscall") symbols.not_implemented = symbol.address;
  if (MayBeEntry(words[2])) symbols.entries[std::string(words[2])] = symbol;
}

bool Has(const Symbols& symbols, std::string_view beginning) {
  for (const auto& [name, symbol] : symbols.entries) {
    if (name.starts_with(beginning) && !name.ends_with("_ni_syscall")) return true;
  }
  return false;
}

// What is compiled out is a weak symbol of kernel/sys_ni.c: a function of its own on x86, arm64
// and riscv64, a second name of sys_ni_syscall elsewhere.
CallState StateOf(const Symbols& symbols, const std::string& name) {
  const auto found = symbols.entries.find(name);
  if (found == symbols.entries.end()) return CallState::kAbsent;
  const Symbol& symbol = found->second;
  const bool same = symbol.address != 0 && symbol.address == symbols.not_implemented;
  const bool weak = symbol.type == 'W' || symbol.type == 'w';
  return weak || same ? CallState::kStub : CallState::kBuiltIn;
}

// ARM's private calls have no entries of their own. arm64 has two of them: arch/arm64/kernel/
// sys_compat.c.
CallState PrivateState(const Symbols& symbols, const Scheme& scheme, std::string_view name) {
  if (!scheme.compat) return StateOf(symbols, "arm_syscall");
  if (name != "cacheflush" && name != "set_tls") return CallState::kAbsent;
  return StateOf(symbols, "compat_arm_syscall");
}

CallState StateOf(const Symbols& symbols, const Scheme& scheme, std::string_view prefix,
                  const names::SyscallRow& row) {
  if (row.entry == "arm_syscall") return PrivateState(symbols, scheme, row.name);
  if (row.entry == "sys_ni_syscall") return CallState::kStub;
  if (scheme.compat && row.compat == "sys_ni_syscall") return CallState::kStub;
  CallState state = CallState::kAbsent;
  // Kernels gain and lose compat entries; the one that is really built in is the one in use.
  // OABI entries are of arch/arm alone.
  for (const std::string_view entry : {scheme.compat ? row.compat : "", row.entry}) {
    if (entry.empty() || entry.starts_with("sys_oabi_")) continue;
    CallState one = StateOf(symbols, std::string(prefix).append(entry));
    if (one == CallState::kAbsent && !scheme.older.empty()) {
      one = StateOf(symbols, std::string(scheme.older).append(entry));
    }
    if (one == CallState::kBuiltIn) return one;
    if (one == CallState::kStub) state = one;
  }
  return state;
}

AbiCalls CallsOf(const Scheme& scheme, const Symbols& symbols, const Reading& reading) {
  AbiCalls out{.abi = std::string(names::AbiName(scheme.abi)),
               .table = std::string(names::TableInputs(scheme.abi)),
               .reading = reading};
  const bool known = reading.problem.empty();
  std::string_view prefix = scheme.prefix;
  out.offered = Has(symbols, scheme.mark) || (!scheme.older.empty() && Has(symbols, scheme.older));
  // Before 6.6 on riscv64, 5.7 on i386, 4.19 on arm64, 4.17 on x86_64 entries had no prefix.
  const bool native = !scheme.compat && scheme.abi != Abi::kX32;
  if (!out.offered && native && symbols.entries.contains("sys_read")) {
    prefix = "";
    out.offered = true;
  }
  for (const names::SyscallRow& row : names::Syscalls(scheme.abi)) {
    CallState state = CallState::kUnknown;
    if (known) {
      state = out.offered ? StateOf(symbols, scheme, prefix, row) : CallState::kAbsent;
    }
    out.calls.push_back({.number = row.number,
                         .name = std::string(row.name),
                         .owner = std::string(names::SubsystemName(row.subsystem)),
                         .state = state});
  }
  if (known && !out.offered) {
    out.reading.note = absl::StrCat("no symbol begins with ", std::string(scheme.mark),
                                    ": this kernel is built without the ABI");
  }
  return out;
}

}  // namespace

std::vector<AbiCalls> ReadCalls(const std::string& root, std::string_view machine) {
  Symbols symbols;
  Reading reading{.source = kPath};
  const absl::Status status =
      ForEachLine(root + kPath, [&](std::string_view line) { See(line, symbols); });
  if (!status.ok()) {
    reading.problem = std::string(status.message());
  } else if (!symbols.any) {
    reading.problem = absl::StrCat(kPath, " is empty: the kernel hides its symbols");
  } else if (!symbols.addresses) {
    reading.note =
        "no addresses are shown (kernel.kptr_restrict, or no CAP_SYSLOG): what is compiled out is "
        "told by weak symbols alone";
  }
  std::vector<AbiCalls> abis;
  for (const Scheme& scheme : SchemesOf(machine)) {
    abis.push_back(CallsOf(scheme, symbols, reading));
  }
  return abis;
}

}  // namespace footprint::system
