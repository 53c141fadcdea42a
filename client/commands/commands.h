// SPDX-License-Identifier: Apache-2.0
// The commands of `footprint`. Each Add... declares one with its options; parsing the
// command line then sets Session::action, which main() runs.
// Ownership: options live in the closures that CLI11 keeps.   Threads: main.
// Failure: an action complains on stderr and answers an exit status of exit_code.h.
#ifndef FOOTPRINT_CLIENT_COMMANDS_COMMANDS_H_
#define FOOTPRINT_CLIENT_COMMANDS_COMMANDS_H_

#include <signal.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/connection.h"
#include "client/lookup.h"
#include "client/output.h"
#include "client/render/render.h"
#include "client/render/report.h"
#include "client/scope.h"

namespace footprint::client {

struct Session {
  Settings settings;
  // What followed `--` on the command line, and whether there was one.
  std::vector<std::string> command;
  bool has_command = false;
  // As the program was started, before it ignored SIGPIPE for its own writes.
  struct sigaction sigpipe = {};
  std::function<int()> action;
};

void AddRun(CLI::App& app, Session& session);
void AddShow(CLI::App& app, Session& session);
void AddTop(CLI::App& app, Session& session);
void AddWatch(CLI::App& app, Session& session);
void AddModules(CLI::App& app, Session& session);
void AddStatus(CLI::App& app, Session& session);
void AddTier(CLI::App& app, Session& session);
void AddDoctor(CLI::App& app, Session& session);
void AddSystem(CLI::App& app, Session& session);
void AddSyscalls(CLI::App& app, Session& session);
void AddFeatures(CLI::App& app, Session& session);

// An option with a word out of a few; CLI11's own message would not say which.
template <typename Value>
void AddChoice(CLI::App& app, const std::string& name, const std::string& type,
               const std::string& help, Value& value, std::map<std::string, Value> choices) {
  app.add_option_function<std::string>(
         name,
         [name, &value, choices = std::move(choices)](const std::string& word) {
           const auto found = choices.find(word);
           if (found == choices.end()) {
             std::string message = name + ": " + word + " is none of ";
             std::vector<std::string_view> words;
             for (const auto& choice : choices) {
               message += (words.empty() ? "" : ", ") + choice.first;
               words.push_back(choice.first);
             }
             message += NearestText(word, words);
             throw CLI::ValidationError(message, CLI::ExitCodes::ValidationError);
           }
           value = found->second;
         },
         help)
      ->type_name(type);
}

// An option or argument with a word that may not be empty: "" means that it was not given.
CLI::Option* AddWord(CLI::App& app, const std::string& name, const std::string& type,
                     const std::string& help, std::string& value);
CLI::Option* AddSeconds(CLI::App& app, const std::string& name, const std::string& help,
                        double& value, double least, double most);
// A number from 0 on.
void AddCount(CLI::App& app, const std::string& name, const std::string& help, uint64_t& value);

// Options that several commands have.
void AddSettings(CLI::App& app, Settings& settings);
void AddFormat(CLI::App& app, render::Format& format);
void AddBy(CLI::App& app, render::By& by);
void AddLimit(CLI::App& app, std::optional<size_t>& limit);
// --by and --limit mean nothing to a document. Errors: INVALID_ARGUMENT.
absl::Status CheckTable(const render::Options& options);
void AddScope(CLI::App& app, ScopeOptions& scope);
// --output and --force.
void AddOutput(CLI::App& app, OutputOptions& output, const std::string& help);

// Prints it in the format asked for, and commits the output. Beside CSV, which has no place for it,
// standard error says what is missing.
absl::Status PrintReport(Output& output, render::Report& report, render::Options options);

// What to say of a word that a command does not take, with the nearest that it does.
std::string UnknownWord(const std::string& word, const CLI::App& app);

}  // namespace footprint::client

#endif  // FOOTPRINT_CLIENT_COMMANDS_COMMANDS_H_
