// SPDX-License-Identifier: Apache-2.0
// A command that is forked first and let go later, and that behaves on the terminal as if
// the client were not there: same process group, same standard streams.
// Ownership: owns the process until Wait(); one object a program, as it changes the
// program's signal dispositions.   Threads: the main thread, before any other thread exists,
// since the signals that it blocks must be blocked in all of them.
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

class Child {
 public:
  // Forks. The child has made a system call by the time this returns, so that a daemon
  // that counts calls knows it.
  static absl::StatusOr<std::unique_ptr<Child>> Fork(const std::vector<std::string>& command);

  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  pid_t pid() const { return pid_; }

  // Lets the child execute the command. 0, or the errno of the failed exec.
  absl::StatusOr<int> Start();

  // Waits for the end; answers the wait status of waitpid(2). Meanwhile SIGTERM and SIGHUP
  // are passed on; SIGINT and SIGQUIT are the terminal's to send, and hit the child alone;
  // when the child stops, so does this process, and SIGCONT resumes both.
  absl::StatusOr<int> Wait();

 private:
  Child() = default;
  [[noreturn]] void Become(const std::vector<std::string>& command, int gate, int report);
  void TakeSignals();
  void RestoreSignals();

  pid_t pid_ = -1;
  int gate_ = -1;    // a byte written here lets the child go; closed unwritten, it ends
  int report_ = -1;  // the child's first byte, then the errno of a failed exec
  bool reaped_ = false;
  sigset_t old_mask_;
  sigset_t waited_;
  std::vector<std::pair<int, struct sigaction>> old_actions_;
};

// The exit status a shell would answer: the command's own, or 128 + signal.
int ExitStatusOf(int wait_status);

}  // namespace footprint::client

#endif  // FOOTPRINT_CLIENT_CHILD_H_
