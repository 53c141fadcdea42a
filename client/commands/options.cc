// SPDX-License-Identifier: Apache-2.0
// Options that several commands have, and the reading of their values.
#include <concepts>
#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"

namespace footprint::client {
namespace {

[[noreturn]] void Refuse(const std::string& message) {
  throw CLI::ValidationError(message, CLI::ExitCodes::ValidationError);
}

// A whole number in a range. CLI11 takes -1 as the largest number, and any number that is too
// large.
template <std::unsigned_integral Number>
CLI::Option* AddNumber(CLI::App& app, const std::string& name, const std::string& help,
                       std::function<void(Number)> take, Number least) {
  const auto read = [name, take = std::move(take), least](const std::string& word) {
    Number number = 0;
    if (absl::SimpleAtoi(word, &number) && number >= least) return take(number);
    const bool digits = !word.empty() && word.find_first_not_of("0123456789") == std::string::npos;
    constexpr Number kMost = std::numeric_limits<Number>::max();
    if (digits && number >= least) Refuse(absl::StrCat(name, ": ", word, " is above ", kMost));
    Refuse(absl::StrCat(name, ": ", word, " is no number from ", least, " on"));
  };
  return app.add_option_function<std::string>(name, read, help)->type_name("N");
}

}  // namespace

CLI::Option* AddWord(CLI::App& app, const std::string& name, const std::string& type,
                     const std::string& help, std::string& value) {
  const auto read = [name, type, &value](const std::string& word) {
    if (word.empty()) {
      Refuse(absl::StrCat(name, ": the value is empty: give a ", type, ", or leave it out"));
    }
    value = word;
  };
  return app.add_option_function<std::string>(name, read, help)->type_name(type);
}

CLI::Option* AddSeconds(CLI::App& app, const std::string& name, const std::string& help,
                        double& value, double least, double most) {
  const auto read = [name, &value, least, most](const std::string& word) {
    double seconds = 0;
    // Not a number compares as false.
    if (!absl::SimpleAtod(word, &seconds) || !(seconds >= least && seconds <= most)) {
      Refuse(absl::StrCat(name, ": ", word, " is no number of seconds from ", least, " to ", most));
    }
    value = seconds;
  };
  return app.add_option_function<std::string>(name, read, help)
      ->type_name("SECONDS")
      ->default_str(absl::StrCat(value));
}

void AddCount(CLI::App& app, const std::string& name, const std::string& help, uint64_t& value) {
  AddNumber<uint64_t>(
      app, name, help, [&value](uint64_t number) { value = number; }, 0)
      ->default_str(absl::StrCat(value));
}

void AddSettings(CLI::App& app, Settings& settings) {
  AddWord(app, "--target", "TARGET", "The daemon, as unix:PATH", settings.target)
      ->default_str(settings.target);
  AddSeconds(app, "--timeout", "Longest wait for an answer", settings.timeout_seconds, 0.001,
             86400);
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
                        "served the calls: driver, object (by call), ioctl, module; not of json",
                        by,
                        {{"syscall", render::By::kSyscall},
                         {"subsystem", render::By::kSubsystem},
                         {"process", render::By::kProcess},
                         {"driver", render::By::kDriver},
                         {"object", render::By::kObject},
                         {"ioctl", render::By::kIoctl},
                         {"module", render::By::kModule}});
}

void AddLimit(CLI::App& app, std::optional<size_t>& limit) {
  AddNumber<size_t>(
      app, "--limit",
      "Rows of each table and of CSV, 0 for all; without it 20 processes where all tables are "
      "printed, and all rows else; not of json",
      [&limit](size_t number) { limit = number; }, 0);
}

absl::Status CheckTable(const render::Options& options) {
  if (options.format != render::Format::kJson) return absl::OkStatus();
  const bool by = options.table.by != render::By::kDefault;
  if (!by && !options.table.limit) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(by ? "--by" : "--limit",
                   " chooses from tables and CSV; a JSON document has all of it: leave ",
                   by ? "--by" : "--limit", " or --format json out"));
}

void AddOutput(CLI::App& app, OutputOptions& output, const std::string& help) {
  CLI::Option* path = AddWord(app, "--output", "FILE", help, output.path);
  app.add_flag("--force", output.force, "Replace FILE where it exists")->needs(path);
}

void AddScope(CLI::App& app, ScopeOptions& scope) {
  AddNumber<uint32_t>(
      app, "--pid", "One process", [&scope](uint32_t pid) { scope.pid = pid; }, 1);
  AddNumber<uint32_t>(
      app, "--tree", "A process and all its descendants",
      [&scope](uint32_t pid) { scope.tree = pid; }, 1);
  AddWord(app, "--command", "GLOB",
          "Processes whose name at their first call, or path, fits a pattern", scope.command);
  AddWord(app, "--unit", "NAME", "Processes of a systemd unit or cgroup path", scope.unit);
}

}  // namespace footprint::client
