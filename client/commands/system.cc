// SPDX-License-Identifier: Apache-2.0
#include "client/render/system.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/exit_code.h"
#include "client/output.h"
#include "client/system_view.h"
#include "daemon/features/features.h"
#include "daemon/system/reader.h"

namespace footprint::client {
namespace {

struct SystemOptions {
  ScopeOptions scope;
  bool coverage = false;
  bool local = false;
  render::Format format = render::Format::kTable;
};

render::SystemReport ReadHere() {
  render::SystemReport report;
  report.system =
      system::Read(system::ThisMachine(), features::Probe(), features::MissingCapabilities());
  report.read_by = "this program, as its user may";
  report.config_options = static_cast<size_t>(std::ranges::count(report.system.config.text, '\n'));
  return report;
}

absl::StatusOr<render::SystemReport> Ask(const Settings& settings, const SystemOptions& options,
                                         bool coverage) {
  const auto connection = Connection::Open(settings);
  if (!connection.ok()) return connection.status();
  v1::GetSystemRequest request;
  // The table shows none of them.
  request.set_omit_config_values(options.format == render::Format::kTable);
  render::SystemReport report;
  if (coverage) {
    const absl::StatusOr<v1::Scope> scope = ToScope(options.scope);
    if (!scope.ok()) return scope.status();
    *request.mutable_coverage() = *scope;
    report.scope = Describe(*scope);
  }
  absl::StatusOr<v1::GetSystemResponse> response = (*connection)->GetSystem(request);
  if (absl::IsUnavailable(response.status())) {
    return absl::UnavailableError(
        absl::StrCat(std::string(response.status().message()), " (--local reads without one)"));
  }
  if (!response.ok()) return response.status();
  report.system = FromProto(response->system());
  report.read_by = absl::StrCat("footprintd at ", settings.target);
  report.config_options = response->system().config().options();
  if (coverage) report.coverage = std::move(*response->mutable_coverage());
  return report;
}

absl::Status System(const Settings& settings, const SystemOptions& options) {
  const ScopeOptions& scope = options.scope;
  const bool coverage = options.coverage || scope.pid != 0 || scope.tree != 0 ||
                        !scope.command.empty() || !scope.unit.empty();
  if (coverage && options.local) {
    return absl::InvalidArgumentError("--local sees no calls: the coverage needs the daemon");
  }
  const auto output = Output::Standard();
  absl::StatusOr<render::SystemReport> report =
      options.local ? ReadHere() : Ask(settings, options, coverage);
  if (!report.ok()) return report.status();
  switch (options.format) {
    case render::Format::kJson:
      return output->Write(render::SystemJson(*report));
    case render::Format::kCsv:
      return output->Write(render::SystemCsv(*report));
    case render::Format::kTable:
      break;
  }
  return output->Write(render::SystemTable(*report, output->GetLook()));
}

}  // namespace

void AddSystem(CLI::App& app, Session& session) {
  auto options = std::make_shared<SystemOptions>();
  CLI::App* system = app.add_subcommand("system", "Print what this kernel is and could do");
  system->add_flag("--local", options->local,
                   "Read here and now, without the daemon, with the rights of the user");
  system->add_flag("--coverage", options->coverage,
                   "Set what was used beside what is there, by subsystem");
  AddScope(*system, options->scope);
  AddFormat(*system, options->format);
  AddSettings(*system, session.settings);
  system->footer(R"(What cannot be read is listed with the reason. --pid, --tree, --command and
--unit choose whose use --coverage shows; without them it is the whole system.

Examples:
  footprint system
  footprint system --local --format json
  footprint system --coverage --unit ssh.service)");
  system->callback([&session, options] {
    session.action = [&session, options] { return Fail(System(session.settings, *options)); };
  });
}

}  // namespace footprint::client
