// SPDX-License-Identifier: Apache-2.0
#include "client/render/modules.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/exit_code.h"
#include "client/output.h"

namespace footprint::client {
namespace {

struct ModulesOptions {
  render::Format format = render::Format::kTable;
  std::string recording, baseline;
  bool built_in = false, all = false;
};

absl::StatusOr<render::ModuleRecording> Load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const int error = errno;
  if (!file) {
    return absl::InvalidArgumentError(absl::StrCat("open ", path, ": ", std::strerror(error)));
  }
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  absl::StatusOr<render::ModuleRecording> recording = render::ParseRecording(text);
  if (recording.ok()) return recording;
  return absl::Status(recording.status().code(),
                      absl::StrCat(path, ": ", recording.status().message()));
}

absl::Status Recorded(const ModulesOptions& options) {
  const auto recording = Load(options.recording);
  if (!recording.ok()) return recording.status();
  const auto output = Output::Standard();
  const Look look = output->GetLook();
  if (options.baseline.empty()) {
    return output->Write(render::ModuleUseTable(*recording, options.all, look));
  }
  const auto baseline = Load(options.baseline);
  if (!baseline.ok()) return baseline.status();
  return output->Write(render::ModuleComparison(*recording, *baseline, options.all, look));
}

absl::Status List(const Settings& settings, const ModulesOptions& options) {
  const auto connection = Connection::Open(settings);
  if (!connection.ok()) return connection.status();
  const auto output = Output::Standard();
  const auto list = (*connection)->ListModules(options.built_in);
  if (!list.ok()) return list.status();
  switch (options.format) {
    case render::Format::kJson:
      return output->Write(render::ModulesJson(*list));
    case render::Format::kCsv:
      return output->Write(render::ModulesCsv(*list));
    case render::Format::kTable:
      break;
  }
  return output->Write(render::ModulesTable(*list, output->GetLook()));
}

// A recording's table is for people: its JSON is the recording itself.
int Modules(const Settings& settings, const ModulesOptions& options) {
  if (options.recording.empty()) return Fail(List(settings, options));
  if (options.format != render::Format::kTable) {
    Complain("a recording is printed as a table; its JSON is the file itself");
    return kExitUsage;
  }
  if (options.built_in) {
    Complain("a recording has no modules that are part of the kernel: leave --builtin out");
    return kExitUsage;
  }
  const absl::Status status = Recorded(options);
  if (absl::IsDataLoss(status)) {
    Complain(std::string(status.message()));
    return kExitData;
  }
  return Fail(status);
}

}  // namespace

void AddModules(CLI::App& app, Session& session) {
  auto options = std::make_shared<ModulesOptions>();
  CLI::App* modules =
      app.add_subcommand("modules", "Print the ledger of kernel modules, or a recording's");
  AddFormat(*modules, options->format);
  modules->add_flag("--builtin", options->built_in, "Modules that are part of the kernel, too");
  CLI::Option* recording = AddWord(
      *modules, "--recording", "FILE",
      "Usage before, during and after, out of `footprint run --format json`", options->recording);
  AddWord(*modules, "--baseline", "FILE", "A second recording, to compare usage during both",
          options->baseline)
      ->needs(recording);
  modules->add_flag("--all", options->all, "Of recordings: rows without use or difference, too")
      ->needs(recording);
  AddSettings(*modules, session.settings);
  modules->footer(
      R"(References are counted from the attach on and compared with /proc/modules; what the
two do not agree about is printed as a DIFFERENCE.

Examples:
  footprint modules
  footprint run --format json --output rig.json -- ./rig
  footprint modules --recording rig.json
  footprint modules --recording rig.json --baseline idle.json)");
  modules->callback([&session, options] {
    session.action = [&session, options] { return Modules(session.settings, *options); };
  });
}

}  // namespace footprint::client
