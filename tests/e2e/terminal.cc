// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/terminal.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace footprint::e2e {
namespace {

[[noreturn]] void Become(const std::vector<std::string>& argv) {
  unsetenv("COLUMNS");
  unsetenv("LINES");
  setenv("TERM", "xterm", 1);
  setenv("NO_COLOR", "1", 1);
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execv(words[0], words.data());
  _exit(127);
}

}  // namespace

Outcome OnTerminal(const std::vector<std::string>& argv, uint16_t columns, uint16_t lines,
                   std::chrono::milliseconds most, std::vector<Reaction> reactions) {
  const winsize size = {.ws_row = lines, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  int master = -1;
  const pid_t pid = forkpty(&master, nullptr, nullptr, &size);
  if (pid == 0) Become(argv);
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "forkpty");
  Outcome outcome;
  size_t seen = 0;  // of the output, by the reactions
  const Deadline end = In(most);
  while (std::chrono::steady_clock::now() < end) {
    pollfd ready = {master, POLLIN, 0};
    if (poll(&ready, 1, 100) <= 0) continue;
    char buffer[4096];
    const ssize_t n = read(master, buffer, sizeof(buffer));
    if (n <= 0) break;  // EIO: the last program closed the terminal
    for (ssize_t i = 0; i < n; i++)
      if (buffer[i] != '\r') outcome.out += buffer[i];
    while (!reactions.empty()) {
      const size_t at = outcome.out.find(reactions.front().after, seen);
      if (at == std::string::npos) break;
      seen = at + reactions.front().after.size();
      reactions.front().act(pid, master);
      reactions.erase(reactions.begin());
    }
  }
  close(master);
  int status = 0;
  if (waitpid(pid, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() >= end) kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
  }
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

}  // namespace footprint::e2e
