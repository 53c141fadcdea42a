// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/child.h"
#include "client/commands/commands.h"
#include "client/exit_code.h"
#include "client/output.h"
#include "client/text.h"

namespace footprint::client {
namespace {

struct RunOptions {
  render::Options render;
  OutputOptions output;
  std::string label;
};

// Whose numbers this process knows others by. Errors: UNAVAILABLE without /proc.
absl::StatusOr<v1::Numbering> OwnNumbering() {
  v1::Numbering own;
  struct stat st {};
  std::ifstream("/proc/sys/kernel/random/boot_id") >> *own.mutable_boot_id();
  if (own.boot_id().empty() || stat("/proc/self/ns/pid", &st) != 0) {
    return absl::UnavailableError(
        "which process the command is cannot be told to the daemon without /proc: mount it");
  }
  own.set_pid_namespace(st.st_ino);
  return own;
}

absl::StatusOr<std::string> StartRecording(Connection& connection, pid_t pid,
                                           const std::string& label) {
  absl::StatusOr<v1::Numbering> numbering = OwnNumbering();
  if (!numbering.ok()) return numbering.status();
  v1::StartRecordingRequest request;
  *request.mutable_scope()->mutable_numbering() = *std::move(numbering);
  request.mutable_scope()->set_tree_pid(static_cast<uint32_t>(pid));
  request.set_from_next_exec(true);
  // A name for people: what is no UTF-8 is escaped as in every output.
  request.set_label(Sanitize(label));
  return connection.StartRecording(request);
}

// A failure of ours never looks like the command's own "no": 1 is nothing that `run` answers.
int FailRun(const absl::Status& status) {
  const int code = Fail(status);
  return code == kExitNo ? static_cast<int>(kExitUnavailable) : code;
}

// Where the report goes without --output. A document of a machine format has standard output
// for itself, so that a pipe can read it; a table leaves it to the command.
int StreamOf(render::Format format) {
  return format == render::Format::kTable ? STDERR_FILENO : STDOUT_FILENO;
}

// The recording's footprint, printed.
absl::Status Finish(Connection& connection, const std::string& id, int wait_status,
                    const std::vector<std::string>& command, const RunOptions& options,
                    Output& output) {
  absl::StatusOr<v1::Footprint> footprint = connection.StopRecording(id);
  if (!footprint.ok()) {
    return absl::Status(footprint.status().code(),
                        absl::StrCat("the command ended, but its footprint is lost: ",
                                     footprint.status().message()));
  }
  render::Report report;
  report.footprint = std::move(*footprint);
  report.scope = "run";
  report.run = render::RunResult{command, options.label, ExitStatusOf(wait_status),
                                 WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0};
  return PrintReport(output, report, options.render);
}

int NotExecuted(const std::string& command, int error) {
  Complain(absl::StrCat(command, ": ", std::strerror(error)));
  return error == ENOENT ? kExitNotFound : kExitNotExecutable;
}

int Run(const Session& session, const RunOptions& options) {
  const std::vector<std::string>& command = session.command;
  if (const absl::Status fits = CheckTable(options.render); !fits.ok()) return FailRun(fits);
  const auto output = Output::Create(options.output, StreamOf(options.render.format));
  if (!output.ok()) return FailRun(output.status());
  // Before gRPC has threads: a fork copies one thread, and the signals that Child blocks
  // must be blocked in all of them.
  const auto child = Child::Fork(
      {.command = command, .sigpipe = session.sigpipe, .output_to_stderr = (*output)->IsStdout()});
  if (!child.ok()) return FailRun(child.status());
  const auto connection = Connection::Open(session.settings);
  if (!connection.ok()) return FailRun(connection.status());
  const absl::StatusOr<std::string> id =
      StartRecording(**connection, (*child)->pid(), options.label);
  if (!id.ok()) return FailRun(id.status());

  const absl::StatusOr<int> exec_errno = (*child)->Start();
  if (!exec_errno.ok()) return FailRun(exec_errno.status());
  const absl::StatusOr<int> wait_status = (*child)->Wait();
  if (!wait_status.ok()) return FailRun(wait_status.status());
  if (*exec_errno != 0) {
    // Only ends the recording: there is nothing in it, and the errno says it all.
    (*connection)->StopRecording(*id).IgnoreError();
    return NotExecuted(command[0], *exec_errno);
  }
  const int failure = FailRun(Finish(**connection, *id, *wait_status, command, options, **output));
  const int status = ExitStatusOf(*wait_status);
  return status != 0 ? status : failure;
}

// The command of `run`: what follows `--`, or the first word that is no option and all after it.
absl::Status TakeCommand(const std::vector<std::string>& words, const CLI::App& run,
                         Session& session) {
  if (words.empty()) return absl::OkStatus();
  if (words.front().starts_with('-')) {
    return absl::InvalidArgumentError(UnknownWord(words.front(), run));
  }
  std::vector<std::string> command = words;
  if (session.has_command) command.emplace_back("--");
  command.insert(command.end(), session.command.begin(), session.command.end());
  session.command = std::move(command);
  return absl::OkStatus();
}

}  // namespace

void AddRun(CLI::App& app, Session& session) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* run = app.add_subcommand("run", "Run a command and print its whole footprint");
  AddFormat(*run, options->render.format);
  AddBy(*run, options->render.table.by);
  AddLimit(*run, options->render.table.limit);
  AddOutput(*run, options->output, "Write the footprint to FILE, whole or not at all");
  run->add_option("--label", options->label, "A name for the recording")->type_name("TEXT");
  AddSettings(*run, session.settings);
  run->prefix_command();
  run->footer(R"(Usage: footprint run [OPTIONS] -- COMMAND [ARGUMENTS...]

Follows COMMAND and all its descendants from its first instruction, until COMMAND
itself ends; what it left running in the background is counted up to then. Needs
the rights of root or of the daemon's own user.

The table is printed to standard error after all that COMMAND printed: standard
output is the command's own. JSON and CSV are printed to standard output, to be
read by the next program, and what COMMAND writes to its own goes to standard
error. --output FILE keeps both of the command's streams as they are; --output -
prints the table to standard output, as if it were JSON.

COMMAND has the signal dispositions, mask and limits that footprint was started
with. Signals sent to footprint are passed on to it.

Exit status: that of COMMAND, 128 + N if signal N ended it, 126 if it cannot be
executed, 127 if it is not found. When it answered 0 but its footprint is lost: 69
(daemon), 75 (no answer in time), 74 (the output could not be written). When it was
not run: 2, 69, 75 or 77, as for the other commands; never 1.

Examples:
  footprint run -- ls -lR /usr/share
  footprint run --format json -- make | jq .calls
  footprint run --format json --output tar.json -- tar cf /dev/null /etc
  footprint run --label nightly -- sh -c 'make && make install')");
  run->callback([&session, options, run] {
    session.action = [&session, options, run] {
      if (const absl::Status taken = TakeCommand(run->remaining(), *run, session); !taken.ok()) {
        return Fail(taken);
      }
      if (session.command.empty()) {
        Complain("no command given: footprint run [OPTIONS] -- COMMAND [ARGUMENTS...]");
        return static_cast<int>(kExitUsage);
      }
      return Run(session, *options);
    };
  });
}

}  // namespace footprint::client
