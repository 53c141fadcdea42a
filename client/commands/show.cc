// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "client/commands/commands.h"
#include "client/exit_code.h"
#include "client/output.h"

namespace footprint::client {
namespace {

struct ShowOptions {
  ScopeOptions scope;
  render::Options render;
  OutputOptions output;
};

absl::Status Show(const Settings& settings, const ShowOptions& options) {
  if (const absl::Status fits = CheckTable(options.render); !fits.ok()) return fits;
  const absl::StatusOr<v1::Scope> scope = ToScope(options.scope);
  if (!scope.ok()) return scope.status();
  const auto connection = Connection::Open(settings);
  if (!connection.ok()) return connection.status();
  const auto output = Output::Create(options.output);
  if (!output.ok()) return output.status();

  const render::Format format = options.render.format;
  const render::By by = options.render.table.by;
  const bool csv_without = format == render::Format::kCsv && by != render::By::kProcess;
  const bool one_other = by != render::By::kDefault && by != render::By::kProcess;
  const bool omit_processes = csv_without || (format == render::Format::kTable && one_other);
  absl::StatusOr<v1::Footprint> footprint = (*connection)->GetFootprint(*scope, omit_processes);
  if (!footprint.ok()) return footprint.status();

  render::Report report;
  report.footprint = std::move(*footprint);
  report.scope = Describe(*scope);
  return PrintReport(**output, report, options.render);
}

}  // namespace

void AddShow(CLI::App& app, Session& session) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* show = app.add_subcommand("show", "Print the footprint since the daemon attached");
  AddScope(*show, options->scope);
  AddFormat(*show, options->render.format);
  AddBy(*show, options->render.table.by);
  AddLimit(*show, options->render.table.limit);
  AddOutput(*show, options->output, "Write to FILE instead of standard output");
  AddSettings(*show, session.settings);
  show->footer(R"(Without --pid, --tree, --command and --unit: the whole system.

What the tables mean:
  total       time from entry to exit, waiting included, summed over threads; `-`
              where no call came back, or times were not measured
  p50 <, p99 <  upper bound of the time of half, of 99 % of the calls
  served by   who was behind the descriptor: file systems, drivers, sockets; `+1` is
              one more; `no object`: no descriptor, or none was made
  (foreign)   an ioctl by the name that other drivers have for its number
  7 ended     in the place of a pid: so many ended programs of one command
  (observer)  the daemon itself
  cost        what footprint took from the system in the window

Examples:
  footprint show
  footprint show --pid 1
  footprint show --command 'python3*' --by subsystem
  footprint show --unit ssh.service --format json)");
  show->callback([&session, options] {
    session.action = [&session, options] { return Fail(Show(session.settings, *options)); };
  });
}

}  // namespace footprint::client
