// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/exit_code.h"
#include "client/lookup.h"
#include "client/output.h"
#include "client/render/names.h"
#include "client/text.h"
#include "daemon/system/reader.h"

namespace footprint::client {
namespace {

struct SyscallsOptions {
  std::string abi;  // "": the machine's own
  std::string missing_from;
  bool rules = false;
  std::vector<std::string> words;
  render::Format format = render::Format::kTable;
};

absl::StatusOr<std::vector<names::Abi>> AbisOf(const SyscallsOptions& options) {
  if (!options.abi.empty()) return FindAbis(options.abi);
  const std::string machine = system::ThisMachine().machine;
  const names::Abi own = MachineAbi(machine);
  if (own == names::Abi::kUnknown) {
    return absl::InvalidArgumentError(
        absl::StrCat("no table for this machine, ", Sanitize(machine), ": give --abi"));
  }
  return std::vector<names::Abi>{own};
}

absl::StatusOr<std::vector<FoundCall>> Find(const SyscallsOptions& options) {
  const auto abis = AbisOf(options);
  if (!abis.ok()) return abis.status();
  if (options.missing_from.empty()) {
    if (options.words.empty()) return AllCalls(*abis);
    return FindCalls(*abis, options.words);
  }
  if (!options.words.empty()) {
    return absl::InvalidArgumentError("--missing-from compares whole tables: give no names");
  }
  const auto other = FindAbis(options.missing_from);
  if (!other.ok()) return other.status();
  if (abis->size() != 1 || other->size() != 1) {
    return absl::InvalidArgumentError("--missing-from compares one ABI with one other");
  }
  return MissingCalls(abis->front(), other->front());
}

absl::Status Syscalls(const SyscallsOptions& options) {
  const auto output = Output::Standard();
  if (options.rules) {
    if (!options.words.empty() || !options.missing_from.empty() || !options.abi.empty()) {
      return absl::InvalidArgumentError("--rules are of all calls: give nothing else");
    }
    return output->Write(render::Rules(options.format, output->GetLook()));
  }
  const auto calls = Find(options);
  if (!calls.ok()) return calls.status();
  return output->Write(render::Calls(*calls, options.format, output->GetLook()));
}

}  // namespace

void AddSyscalls(CLI::App& app, Session& session) {
  auto options = std::make_shared<SyscallsOptions>();
  CLI::App* syscalls =
      app.add_subcommand("syscalls", "Look up system calls by name or number; needs no daemon");
  syscalls->add_option("calls", options->words, "Names, or numbers (0x for hexadecimal)")
      ->type_name("NAME|NUMBER");
  AddWord(*syscalls, "--abi", "ABI",
          "x86_64, i386, x32, arm64, arm, riscv64 or all; the machine's own without it",
          options->abi);
  AddWord(*syscalls, "--missing-from", "ABI", "Only the calls that another ABI lacks",
          options->missing_from);
  syscalls->add_flag("--rules", options->rules,
                     "Why calls belong to subsystems: the rules, for review");
  AddFormat(*syscalls, options->format);
  AddSettings(*syscalls, session.settings);
  syscalls->footer(R"(Without names and numbers: the whole table. A number in no table is
`unknown:<number>`; an unknown name or ABI is an error that names the nearest.
x32 numbers may have the bit 0x40000000.

Examples:
  footprint syscalls read 0x101
  footprint syscalls --abi arm 3 4 54 983045
  footprint syscalls --abi all --format csv
  footprint syscalls --abi x86_64 --missing-from arm64
  footprint syscalls --rules)");
  syscalls->callback(
      [&session, options] { session.action = [options] { return Fail(Syscalls(*options)); }; });
}

}  // namespace footprint::client
