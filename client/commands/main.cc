// SPDX-License-Identifier: Apache-2.0
#include "client/commands/main.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <clocale>
#include <cstdint>
#include <cstring>
#include <memory>

#include "client/commands/commands.h"
#include "client/exit_code.h"
#include "client/output.h"

namespace footprint::client {
namespace {

constexpr char kFooter[] = R"(Exit status:
  0 good; 1 no such process, unit or command; 2 usage; 65 a malformed input file;
  69 daemon or kernel feature unavailable; 70 a defect; 74 output failed; 75 no answer
  in time; 76 the daemon does not know the call; 77 not permitted. `run` answers the
  command's own status.

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

std::string WordFrom(const std::string& text, size_t at) {
  if (at == std::string::npos) return text;
  return text.substr(at, text.find_first_of(" :=", at) - at);
}

// What CLI11 says of options without a value, or with too many: it does not say what to do.
std::string MessageOf(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& named = Named(app);
  for (const CLI::App* one : {&named, &app}) {
    const std::vector<std::string> rest = one->remaining();
    if (!rest.empty()) return UnknownWord(rest.front(), named);
  }
  const std::string said = error.what();
  const std::string name = said.substr(0, said.find(':'));
  if (error.get_name() == "ArgumentMismatch") {
    return name + (said.find("received") != std::string::npos ? ": given more than once"
                                                              : ": a value is missing");
  }
  // "Could not convert: --delta = x".
  if (error.get_name() == "ConversionError")
    return WordFrom(said, said.find('-')) + ": takes no value";
  return said;
}

// CLI11's own help() is that of the command that was named, whomever one asks.
int PrintHelp(const CLI::App& app, int status) {
  const std::string name =
      app.get_parent() == nullptr ? app.get_name() : "footprint " + app.get_name();
  const absl::Status written = Output::Standard()->Write(
      app.get_formatter()->make_help(&app, name, CLI::AppFormatMode::Normal));
  return written.ok() || absl::IsCancelled(written) ? status : Fail(written);
}

int HelpFor(const CLI::App& app, const std::string& name) {
  if (name.empty()) return PrintHelp(app, kExitOk);
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (command->get_name() == name) return PrintHelp(*command, kExitOk);
  }
  Complain(UnknownWord(name, app));
  return kExitUsage;
}

void AddHelp(CLI::App& app, Session& session) {
  CLI::App* help = app.add_subcommand("help", "Print this, or what a command takes");
  auto name = std::make_shared<std::string>();
  AddWord(*help, "command", "COMMAND", "The name of a command", *name);
  help->callback(
      [&app, &session, name] { session.action = [&app, name] { return HelpFor(app, *name); }; });
}

// --help and --version end the parsing as if they were errors.
int Stopped(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_name() == "CallForHelp") return PrintHelp(Named(app), kExitOk);
  if (error.get_exit_code() == 0) {
    const absl::Status written = Output::Standard()->Write(std::string(error.what()) + "\n");
    return Fail(written);
  }
  Complain(MessageOf(app, error));
  return kExitUsage;
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
  AddHelp(app, session);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Stopped(app, error);
  }
  if (app.get_subcommands().empty() && !session.has_command) {
    return PrintHelp(app, kExitUsage);
  }
  if (session.has_command && !app.got_subcommand("run")) {
    Complain("only `run` takes a command after --");
    return kExitUsage;
  }
  return session.action();
}

}  // namespace footprint::client
