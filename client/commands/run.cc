// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/child.h"
#include "client/commands/commands.h"
#include "client/exit_code.h"
#include "client/output.h"
#include "client/render/render.h"

namespace footprint::client {
namespace {

struct RunOptions {
  render::Options render;
  std::string output;
  std::string label;
};

absl::StatusOr<std::string> StartRecording(Connection& connection, pid_t pid,
                                           const std::string& label) {
  v1::StartRecordingRequest request;
  request.mutable_scope()->set_tree_pid(static_cast<uint32_t>(pid));
  request.set_from_next_exec(true);
  request.set_label(label);
  return connection.StartRecording(request);
}

// The recording's footprint, printed. A failure costs the footprint, not the exit status
// of the command.
void Finish(Connection& connection, const std::string& id, int wait_status,
            const std::vector<std::string>& command, const RunOptions& options, Output& output) {
  absl::StatusOr<v1::Footprint> footprint = connection.StopRecording(id);
  if (!footprint.ok()) {
    Complain(absl::StrCat("the command ended, but its footprint is lost: ",
                          footprint.status().message()));
    return;
  }
  render::Report report;
  report.footprint = std::move(*footprint);
  report.scope = "run";
  report.run = render::RunResult{command, options.label, ExitStatusOf(wait_status),
                                 WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0};
  render::Options render = options.render;
  render.table.colour = output.Colour();
  absl::Status written = output.Write(render::Render(report, render));
  if (written.ok()) written = output.Commit();
  if (!written.ok() && !absl::IsCancelled(written)) Complain(std::string(written.message()));
}

int NotExecuted(const std::string& command, int error) {
  Complain(absl::StrCat(command, ": ", std::strerror(error)));
  return error == ENOENT ? kExitNotFound : kExitNotExecutable;
}

int Run(const Settings& settings, const std::vector<std::string>& command,
        const RunOptions& options) {
  const auto output = Output::Create(options.output);
  if (!output.ok()) return Fail(output.status());
  // Before gRPC has threads: a fork copies one thread, and the signals that Child blocks
  // must be blocked in all of them.
  const auto child = Child::Fork(command);
  if (!child.ok()) return Fail(child.status());
  const auto connection = Connection::Open(settings);
  if (!connection.ok()) return Fail(connection.status());
  const absl::StatusOr<std::string> id =
      StartRecording(**connection, (*child)->pid(), options.label);
  if (!id.ok()) return Fail(id.status());

  const absl::StatusOr<int> exec_errno = (*child)->Start();
  if (!exec_errno.ok()) return Fail(exec_errno.status());
  const absl::StatusOr<int> wait_status = (*child)->Wait();
  if (!wait_status.ok()) return Fail(wait_status.status());
  if (*exec_errno != 0) {
    // Only ends the recording: there is nothing in it, and the errno says it all.
    (*connection)->StopRecording(*id).IgnoreError();
    return NotExecuted(command[0], *exec_errno);
  }
  Finish(**connection, *id, *wait_status, command, options, **output);
  return ExitStatusOf(*wait_status);
}

}  // namespace

void AddRun(CLI::App& app, Session& session) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* run = app.add_subcommand("run", "Run a command and print its whole footprint");
  AddFormat(*run, options->render.format);
  AddBy(*run, options->render.table.by);
  run->add_option("--limit", options->render.table.process_limit,
                  "Processes in the table, 0 for all")
      ->type_name("N")
      ->capture_default_str();
  run->add_option("--output", options->output,
                  "Write the footprint to FILE instead of standard output")
      ->type_name("FILE");
  run->add_option("--label", options->label, "A name for the recording")->type_name("TEXT");
  AddSettings(*run, session.settings);
  run->prefix_command();
  run->footer(R"(Usage: footprint run [OPTIONS] -- COMMAND [ARGUMENTS...]

Follows COMMAND and all its descendants from its first instruction, until COMMAND
itself ends; what it left running in the background is counted up to then. The
footprint is printed to standard output after all that COMMAND printed; --output
keeps the two apart. Needs the rights of root or of the daemon's own user.

Exit status: that of COMMAND, 128 + N if signal N ended it, 126 if it cannot be
executed, 127 if it is not found. Without a daemon COMMAND is not run: 69.

Examples:
  footprint run -- ls -lR /usr/share
  footprint run --format json --output tar.json -- tar cf /dev/null /etc
  footprint run --label nightly -- sh -c 'make && make install')");
  run->callback([&session, options, run] {
    if (session.command.empty()) session.command = run->remaining();
    session.action = [&session, options] {
      if (session.command.empty()) {
        Complain("no command given: footprint run [OPTIONS] -- COMMAND [ARGUMENTS...]");
        return static_cast<int>(kExitUsage);
      }
      return Run(session.settings, session.command, *options);
    };
  });
}

}  // namespace footprint::client
