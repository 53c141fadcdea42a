// SPDX-License-Identifier: Apache-2.0
#include "client/commands/main.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <clocale>
#include <cstdint>
#include <cstring>
#include <iostream>

#include "client/commands/commands.h"
#include "client/exit_code.h"

namespace footprint::client {
namespace {

constexpr char kFooter[] = R"(Exit status:
  0 good; 1 no such process, unit or command; 2 usage; 69 daemon or kernel feature
  unavailable; 70 a defect; 74 output failed; 75 no answer in time; 76 the daemon does
  not know the call; 77 not permitted. `run` answers the command's own status.

Environment:
  FOOTPRINT_TARGET  the daemon, unless --target is given
  NO_COLOR          no colours

Examples:
  footprint run -- tar cf /dev/null /etc
  footprint show --unit ssh.service
  footprint top)";

// Splits off what follows the first `--`: it belongs to the command that `run` starts,
// and CLI11 would look for options in it.
int SplitCommand(int argc, char** argv, Session& session) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--") != 0) continue;
    session.command.assign(argv + i + 1, argv + argc);
    session.has_command = true;
    return i;
  }
  return argc;
}

// The command that was named, or the program itself.
const CLI::App& Named(const CLI::App& app) {
  const std::vector<CLI::App*> named = app.get_subcommands();
  return named.empty() ? app : *named.front();
}

std::string MessageOf(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& named = Named(app);
  for (const CLI::App* one : {&named, &app}) {
    const std::vector<std::string> rest = one->remaining();
    if (!rest.empty()) return UnknownWord(rest.front(), named);
  }
  return error.what();
}

// A standard stream that is closed would else be the next file that is opened. The command of
// `run` still finds it closed, and a write of ours still fails.
void HoldStandardStreams() {
  int fd = 0;
  do {
    fd = open("/", O_PATH | O_CLOEXEC);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) close(fd);
}

}  // namespace

void AddSettings(CLI::App& app, Settings& settings) {
  app.add_option("--target", settings.target, "The daemon, as unix:PATH")
      ->type_name("TARGET")
      ->capture_default_str();
  app.add_option("--timeout", settings.timeout_seconds, "Longest wait for an answer")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.001, 86400.0).description(""))
      ->capture_default_str();
}

void AddFormat(CLI::App& app, render::Format& format) {
  AddChoice<render::Format>(app, "--format", "FORMAT", "table (the default), json or csv", format,
                            {{"table", render::Format::kTable},
                             {"json", render::Format::kJson},
                             {"csv", render::Format::kCsv}});
}

void AddBy(CLI::App& app, render::By& by) {
  AddChoice<render::By>(app, "--by", "TABLE",
                        "One table alone: syscall (of csv the default), subsystem, process, or who "
                        "served the calls: driver, object (by call), ioctl, module",
                        by,
                        {{"syscall", render::By::kSyscall},
                         {"subsystem", render::By::kSubsystem},
                         {"process", render::By::kProcess},
                         {"driver", render::By::kDriver},
                         {"object", render::By::kObject},
                         {"ioctl", render::By::kIoctl},
                         {"module", render::By::kModule}});
}

void AddOutput(CLI::App& app, OutputOptions& output, const std::string& help) {
  app.add_option("--output", output.path, help)->type_name("FILE");
  app.add_flag("--force", output.force, "Replace FILE where it exists");
}

std::string UnknownWord(const std::string& word, const CLI::App& app) {
  const std::string help =
      app.get_parent() == nullptr ? "footprint" : "footprint " + app.get_name();
  // "--form=json" is about --form.
  const std::string flag = word.substr(0, word.find('='));
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  for (const CLI::App* command : app.get_subcommands(nullptr)) known.push_back(command->get_name());
  std::erase_if(known, [&](const std::string& name) {
    return name.starts_with('-') != word.starts_with('-');
  });
  const std::string what = word.starts_with('-')         ? "no such option: "
                           : app.get_parent() == nullptr ? "no such command: "
                                                         : "not expected here: ";
  const std::string meant = DidYouMean(flag, known);
  return what + flag + (meant.empty() ? "; see " + help + " --help" : meant);
}

void AddLimit(CLI::App& app, std::optional<size_t>& limit) {
  app.add_option("--limit", limit,
                 "Rows of each table and of CSV, 0 for all; without it 20 processes where all "
                 "tables are printed, and all rows else")
      ->type_name("N");
}

void AddScope(CLI::App& app, ScopeOptions& scope) {
  const CLI::Validator pid = CLI::Range(uint32_t{1}, UINT32_MAX).description("");
  app.add_option("--pid", scope.pid, "One process")->type_name("N")->check(pid);
  app.add_option("--tree", scope.tree, "A process and all its descendants")
      ->type_name("N")
      ->check(pid);
  app.add_option("--command", scope.command,
                 "Processes whose name at their first call, or path, fits a pattern")
      ->type_name("GLOB");
  app.add_option("--unit", scope.unit, "Processes of a systemd unit or cgroup path")
      ->type_name("NAME");
}

int Main(int argc, char** argv) {
  HoldStandardStreams();
  std::setlocale(LC_CTYPE, "");  // widths of characters
  Session session;
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;  // a reader that goes away shows as EPIPE
  sigaction(SIGPIPE, &ignore, &session.sigpipe);
  session.settings.target = DefaultTarget();
  argc = SplitCommand(argc, argv, session);

  CLI::App app("Shows which system calls and kernel subsystems programs use, exactly.",
               "footprint");
  app.set_version_flag("--version", "footprint " FOOTPRINT_VERSION);
  app.require_subcommand(0, 1);
  app.footer(kFooter);
  AddSettings(app, session.settings);
  AddRun(app, session);
  AddShow(app, session);
  AddTop(app, session);
  AddWatch(app, session);
  AddModules(app, session);
  AddStatus(app, session);
  AddTier(app, session);
  AddDoctor(app, session);
  AddSystem(app, session);
  AddSyscalls(app, session);
  AddFeatures(app, session);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    Complain(MessageOf(app, error));
    return kExitUsage;
  }
  if (app.get_subcommands().empty() && !session.has_command) {
    std::cout << app.help() << std::flush;
    return kExitUsage;
  }
  if (session.has_command && !app.got_subcommand("run")) {
    Complain("only `run` takes a command after --");
    return kExitUsage;
  }
  return session.action();
}

}  // namespace footprint::client
