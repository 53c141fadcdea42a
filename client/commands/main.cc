// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <algorithm>
#include <clocale>
#include <cstdint>
#include <cstring>

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
int SplitCommand(int argc, char** argv, std::vector<std::string>& command) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--") != 0) continue;
    command.assign(argv + i + 1, argv + argc);
    return i;
  }
  return argc;
}

std::string MessageOf(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> rest = app.remaining();
  if (app.get_subcommands().empty() && !rest.empty()) {
    return "no such command or option: " + rest.front() + "; see footprint --help";
  }
  return error.what();
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

void AddScope(CLI::App& app, ScopeOptions& scope) {
  const CLI::Validator pid = CLI::Range(uint32_t{1}, UINT32_MAX).description("");
  app.add_option("--pid", scope.pid, "One process")->type_name("N")->check(pid);
  app.add_option("--tree", scope.tree, "A process and all its descendants")
      ->type_name("N")
      ->check(pid);
  app.add_option("--command", scope.command, "Processes whose name or path fits a pattern")
      ->type_name("GLOB");
  app.add_option("--unit", scope.unit, "Processes of a systemd unit or cgroup path")
      ->type_name("NAME");
}

int Main(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "");  // widths of characters
  signal(SIGPIPE, SIG_IGN);      // a reader that goes away shows as EPIPE
  Session session;
  session.settings.target = DefaultTarget();
  const bool has_command = std::any_of(
      argv + 1, argv + argc, [](const char* word) { return std::strcmp(word, "--") == 0; });
  argc = SplitCommand(argc, argv, session.command);

  CLI::App app("Shows which system calls and kernel subsystems programs use, exactly.",
               "footprint");
  app.set_version_flag("--version", "footprint " FOOTPRINT_VERSION);
  app.require_subcommand(1);
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
  if (has_command && !app.got_subcommand("run")) {
    Complain("only `run` takes a command after --");
    return kExitUsage;
  }
  return session.action();
}

}  // namespace footprint::client
