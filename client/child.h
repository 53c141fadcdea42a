// SPDX-License-Identifier: Apache-2.0
// A command that is forked first and let go later, and that behaves on the terminal as if
// the client were not there: same process group, same standard streams, and the signal
// dispositions, mask and limits that the client was started with.
// Ownership: owns the process until Wait(); one object a program, as it blocks the program's
// signals.   Threads: the main thread, before any other thread exists, since the signals that
// it blocks must be blocked in all of them.
// Failure: a Child that is destroyed before Start() ends without running the command.
#ifndef FOOTPRINT_CLIENT_CHILD_H_
#define FOOTPRINT_CLIENT_CHILD_H_

#include <signal.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace footprint::client {

struct ChildOptions {
  std::vector<std::string> command;
  // What the program was started with, before it ignored SIGPIPE for its own writes.
  struct sigaction sigpipe = {};
  // Standard output is taken: what the command writes to its own goes to standard error.
  bool output_to_stderr = false;
};

class Child {
 public:
  // Forks. The child has made a system call by the time this returns, so that a daemon
  // that counts calls knows it. From now on every signal that a process can wait for is
  // blocked in this one, so that none ends it before the command.
  static absl::StatusOr<std::unique_ptr<Child>> Fork(const ChildOptions& options);

  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  pid_t pid() const { return pid_; }

  // Lets the child execute the command. 0, or the errno of the failed exec.
  absl::StatusOr<int> Start();

  // Waits for the end; answers the wait status of waitpid(2). Meanwhile signals are passed on,
  // except those that a terminal sends: these hit the child as well, being in the same process
  // group. When the child stops, so does this process, and SIGCONT resumes both.
  absl::StatusOr<int> Wait();

 private:
  Child() = default;
  [[noreturn]] void Become(const ChildOptions& options, int gate, int report);
  void TakeSignals();
  void RestoreSignals(const ChildOptions& options);

  pid_t pid_ = -1;
  int gate_ = -1;    // a byte written here lets the child go; closed unwritten, it ends
  int report_ = -1;  // the child's first byte, then the errno of a failed exec
  bool reaped_ = false;
  sigset_t old_mask_;
  sigset_t waited_;
  struct sigaction old_child_action_ = {};
};

// The exit status a shell would answer: the command's own, or 128 + signal.
int ExitStatusOf(int wait_status);

}  // namespace footprint::client

#endif  // FOOTPRINT_CLIENT_CHILD_H_
