// SPDX-License-Identifier: Apache-2.0
#include "client/child.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace footprint::client {
namespace {

// read(2) of all bytes; how many came before the end.
ssize_t ReadAll(int fd, void* buffer, size_t size) {
  size_t got = 0;
  while (got < size) {
    const ssize_t n = read(fd, static_cast<char*>(buffer) + got, size - got);
    if (n == 0) break;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    got += static_cast<size_t>(n);
  }
  return static_cast<ssize_t>(got);
}

// Whether a stop of the child should stop the client. The terminal's own stops always do.
// A plain SIGSTOP does on a terminal, where a shell waits to be given it back; elsewhere
// somebody stopped the child alone, and will continue the child alone.
bool FollowsStop(int signal) { return signal != SIGSTOP || isatty(STDIN_FILENO) == 1; }

// Whether a signal that reached this process did not reach the command, and was to. A timer
// of this process (SIGALRM, SIGPROF) is one that was set before the client was executed:
// it was meant for the command.
bool IsForTheCommand(const siginfo_t& info) {
  if (info.si_signo == SIGCHLD) return false;
  if (info.si_code != SI_KERNEL) return true;
  constexpr std::array kOfTerminals = {SIGINT,  SIGQUIT, SIGHUP,  SIGTSTP,
                                       SIGTTIN, SIGTTOU, SIGCONT, SIGWINCH};
  return std::find(kOfTerminals.begin(), kOfTerminals.end(), info.si_signo) == kOfTerminals.end();
}

void PassOn(const siginfo_t& info, pid_t pid) {
  if (info.si_code == SI_QUEUE) {
    sigqueue(pid, info.si_signo, info.si_value);
  } else {
    kill(pid, info.si_signo);
  }
}

// Where standard error is closed, the command's output is dropped rather than mixed with ours.
bool OutputToStderr() {
  if (dup2(STDERR_FILENO, STDOUT_FILENO) >= 0) return true;
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  return null >= 0 && dup2(null, STDOUT_FILENO) >= 0;
}

}  // namespace

void Child::TakeSignals() {
  sigfillset(&waited_);
  // A fault of our own raises these; blocked, they would end us without a trace. A SIGPIPE is
  // of our own writes, and ignored.
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGPIPE}) {
    sigdelset(&waited_, signal);
  }
  sigprocmask(SIG_BLOCK, &waited_, &old_mask_);
  // Inherited SIG_IGN would take the child's status away from us.
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &action, &old_child_action_);
}

void Child::RestoreSignals(const ChildOptions& options) {
  sigaction(SIGCHLD, &old_child_action_, nullptr);
  sigaction(SIGPIPE, &options.sigpipe, nullptr);
  sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
}

absl::StatusOr<std::unique_ptr<Child>> Child::Fork(const ChildOptions& options) {
  std::unique_ptr<Child> child(new Child);
  int gate[2];
  int report[2];
  if (pipe2(gate, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "make a pipe");
  if (pipe2(report, O_CLOEXEC) != 0) {
    const int error = errno;
    close(gate[0]);
    close(gate[1]);
    return absl::ErrnoToStatus(error, "make a pipe");
  }
  child->TakeSignals();
  child->pid_ = fork();
  if (child->pid_ == 0) {
    close(gate[1]);
    close(report[0]);
    child->Become(options, gate[0], report[1]);
  }
  const int error = errno;
  close(gate[0]);
  close(report[1]);
  child->gate_ = gate[1];
  child->report_ = report[0];
  if (child->pid_ < 0) return absl::ErrnoToStatus(error, "fork");
  char ready;
  ReadAll(child->report_, &ready, 1);  // nothing comes if it was killed; Wait() tells
  return child;
}

void Child::Become(const ChildOptions& options, int gate, int report) {
  RestoreSignals(options);
  if (options.output_to_stderr && !OutputToStderr()) _exit(126);
  const char ready = 'r';
  if (write(report, &ready, 1) != 1) _exit(127);
  char go;
  if (ReadAll(gate, &go, 1) != 1) _exit(127);
  std::vector<char*> argv;
  for (const std::string& word : options.command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  const int error = errno;
  if (write(report, &error, sizeof(error)) != sizeof(error)) _exit(126);
  _exit(error == ENOENT ? 127 : 126);
}

Child::~Child() {
  if (gate_ >= 0) close(gate_);
  if (report_ >= 0) close(report_);
  if (pid_ > 0 && !reaped_) waitpid(pid_, nullptr, 0);  // ends at once: the gate is shut
}

absl::StatusOr<int> Child::Start() {
  const char go = 'g';
  // EPIPE: the child was killed while it waited.
  if (write(gate_, &go, 1) != 1 && errno != EPIPE) return absl::ErrnoToStatus(errno, "start");
  close(gate_);
  gate_ = -1;
  int error = 0;
  const ssize_t got = ReadAll(report_, &error, sizeof(error));
  return got == sizeof(error) ? error : 0;
}

absl::StatusOr<int> Child::Wait() {
  while (true) {
    int status = 0;
    const pid_t changed = waitpid(pid_, &status, WUNTRACED | WNOHANG);
    if (changed < 0 && errno != EINTR) return absl::ErrnoToStatus(errno, "wait for the command");
    if (changed == pid_ && !WIFSTOPPED(status)) {
      reaped_ = true;
      return status;
    }
    if (changed == pid_) {
      if (FollowsStop(WSTOPSIG(status))) {
        raise(SIGSTOP);
        kill(pid_, SIGCONT);  // whoever resumed us may have meant us alone
      }
      continue;
    }
    siginfo_t info;
    if (sigwaitinfo(&waited_, &info) > 0 && IsForTheCommand(info)) PassOn(info, pid_);
  }
}

int ExitStatusOf(int wait_status) {
  if (WIFEXITED(wait_status)) return WEXITSTATUS(wait_status);
  return 128 + WTERMSIG(wait_status);
}

}  // namespace footprint::client
