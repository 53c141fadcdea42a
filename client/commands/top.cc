// SPDX-License-Identifier: Apache-2.0
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/exit_code.h"
#include "client/output.h"
#include "client/top/feed.h"
#include "client/top/frame.h"
#include "client/top/screen.h"

namespace footprint::client {
namespace {

struct TopOptions {
  double interval_seconds = 1;
  bool once = false;
};

// Of a file or a pipe: wide enough that no name is cut.
constexpr size_t kAnyColumns = 1000;
constexpr size_t kFrameLines = 4;  // of top::Draw, beside the processes

size_t FromEnvironment(const char* name, size_t otherwise) {
  const char* text = std::getenv(name);
  uint32_t value = 0;
  if (text == nullptr || !absl::SimpleAtoi(text, &value) || value == 0 || value > 10000) {
    return otherwise;
  }
  return value;
}

// COLUMNS and LINES, else the terminal's, else what `processes` take.
std::pair<size_t, size_t> ScreenSize(size_t processes) {
  struct winsize size = {};
  size_t columns = kAnyColumns;
  size_t lines = processes + kFrameLines;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0 && size.ws_row != 0) {
    columns = size.ws_col;
    lines = size.ws_row;
  }
  return {FromEnvironment("COLUMNS", columns), FromEnvironment("LINES", lines)};
}

absl::Status Once(Connection& connection, const Settings& settings, const v1::Scope& system,
                  v1::Footprint first, double interval_seconds) {
  const auto output = Output::Standard();
  top::Model model;
  model.Update(first);
  // Two footprints make a rate; the time between them is the measurement itself.
  std::this_thread::sleep_for(std::chrono::duration<double>(interval_seconds));
  absl::StatusOr<v1::Footprint> second = connection.GetFootprint(system, false);
  if (!second.ok()) return second.status();
  model.Update(*second);
  const auto [columns, lines] = ScreenSize(model.rows().size());
  std::vector<top::Line> frame = top::Draw(model, settings.target, columns, lines);
  frame.pop_back();  // the keys
  std::string text;
  for (const top::Line& line : frame) {
    absl::StrAppend(&text, line.text.substr(0, line.text.find_last_not_of(' ') + 1), "\n");
  }
  return output->Write(text);
}

absl::Status Top(const Settings& settings, const TopOptions& options) {
  if (!options.once && (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1)) {
    return absl::InvalidArgumentError("top needs a terminal; without one, use top --once");
  }
  absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(settings);
  if (!connection.ok()) return connection.status();
  // A daemon that is not there to begin with is an error; one that goes away later is waited for.
  v1::Scope system;
  system.set_system(true);
  absl::StatusOr<v1::Footprint> first = (*connection)->GetFootprint(system, false);
  if (!first.ok()) return first.status();
  if (options.once) {
    return Once(**connection, settings, system, std::move(*first), options.interval_seconds);
  }
  top::Feed feed(std::move(*connection),
                 std::chrono::milliseconds(std::lround(options.interval_seconds * 1000)));
  return top::RunScreen(feed, settings.target);
}

}  // namespace

void AddTop(CLI::App& app, Session& session) {
  auto options = std::make_shared<TopOptions>();
  CLI::App* top = app.add_subcommand("top", "Watch processes by calls, errors and time, live");
  AddSeconds(*top, "--interval", "Time between two looks", options->interval_seconds, 0.1, 3600);
  top->add_flag("--once", options->once, "Print one frame as text and end; needs no terminal");
  AddSettings(*top, session.settings);
  top->footer(R"(Keys: c e t p sort by calls, errors, time, pid; / filter by name, unit or pid;
Enter opens a process into subsystems and system calls; Esc goes back; h or ? says
what the list means; q quits. A name in parentheses is that of a process that has
ended; a row "ended" stands for several of them.
TIME/S is time within system calls per second, waiting included, summed over
threads; a call counts when it ends. DENIED is there when seccomp refused calls.
--once prints as many processes as LINES has room for; without LINES and without a
terminal all of them, uncut.

Examples:
  footprint top
  footprint top --interval 5
  COLUMNS=120 LINES=40 footprint top --once)");
  top->callback([&session, options] {
    session.action = [&session, options] { return Fail(Top(session.settings, *options)); };
  });
}

}  // namespace footprint::client
