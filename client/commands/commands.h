// SPDX-License-Identifier: Apache-2.0
// The commands of `footprint`. Each Add... declares one with its options; parsing the
// command line then sets Session::action, which main() runs.
// Ownership: options live in the closures that CLI11 keeps.   Threads: main.
// Failure: an action complains on stderr and answers an exit status of exit_code.h.
#ifndef FOOTPRINT_CLIENT_COMMANDS_COMMANDS_H_
#define FOOTPRINT_CLIENT_COMMANDS_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "client/connection.h"
#include "client/render/report.h"
#include "client/scope.h"

namespace footprint::client {

struct Session {
  Settings settings;
  // What followed `--` on the command line.
  std::vector<std::string> command;
  std::function<int()> action;
};

void AddRun(CLI::App& app, Session& session);
void AddShow(CLI::App& app, Session& session);
void AddTop(CLI::App& app, Session& session);
void AddWatch(CLI::App& app, Session& session);
void AddStatus(CLI::App& app, Session& session);
void AddDoctor(CLI::App& app, Session& session);
void AddSystem(CLI::App& app, Session& session);
void AddSyscalls(CLI::App& app, Session& session);
void AddFeatures(CLI::App& app, Session& session);

// Options that several commands have.
void AddSettings(CLI::App& app, Settings& settings);
void AddFormat(CLI::App& app, render::Format& format);
void AddBy(CLI::App& app, render::By& by);
void AddScope(CLI::App& app, ScopeOptions& scope);

// Parses the command line and runs the action; answers the exit status.
int Main(int argc, char** argv);

}  // namespace footprint::client

#endif  // FOOTPRINT_CLIENT_COMMANDS_COMMANDS_H_
