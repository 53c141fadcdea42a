// SPDX-License-Identifier: Apache-2.0
// Programs that a test starts: their input, output, end, and what they are started with.
// Ownership: a Process owns its child and kills it if nobody waited for it.
// Threads: the test's own.   Failure: what cannot happen throws std::system_error.
#ifndef FOOTPRINT_TESTS_E2E_PROCESS_H_
#define FOOTPRINT_TESTS_E2E_PROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace footprint::e2e {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;
using Deadline = std::chrono::steady_clock::time_point;

inline constexpr uid_t kNobody = 65534;

// How often longer than on the live kernel a test may wait, from FOOTPRINT_TEST_SLOWNESS: for
// emulated machines. Deadlines below are multiplied by it; what a test measures is not.
int Slowness();
// The end of a test's patience, on the clock that gRPC takes, too.
inline Deadline In(std::chrono::milliseconds wait) {
  return std::chrono::steady_clock::now() + wait * Slowness();
}
inline std::chrono::system_clock::time_point WallClockIn(std::chrono::milliseconds wait) {
  return std::chrono::system_clock::now() + wait * Slowness();
}

// Asks until the answer is yes or the time is over; says which. For what has no event.
bool Eventually(const std::function<bool()>& yes, std::chrono::milliseconds most = 10s);

// build/bin/<name>, build/workloads/<name>.
std::string Binary(const std::string& name);
std::string Workload(const std::string& name);

std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, const std::string& text);

// A directory that goes when the value goes. Searchable by everyone.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

struct Launch {
  std::vector<std::string> argv;
  std::vector<std::string> environment;  // "NAME=value", beside the test's own
  bool keep_input = false;               // a pipe, see Process::Write; else /dev/null
  std::optional<uid_t> uid;              // and the same gid, no other groups
  uint64_t capabilities = 0;             // kept in spite of the uid, and no others
  bool hide_btf = false;                 // a mount namespace without kernel BTF
  int cgroup = -1;                       // born in this cgroup v2 directory (borrowed)
  std::string file;                      // path to execute where it differs from argv[0]
};

struct Outcome {
  int status = -1;  // exit status, or 128 + signal
  std::string out;
  std::string err;
};

class Process {
 public:
  explicit Process(const Launch& launch);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal) const;
  void Write(const std::string& text) const;
  // Output so far.
  std::string out() const;
  std::string err() const;
  // False after `most`, to the letter, without its end.
  bool Ended(std::chrono::milliseconds most) const;
  // Waits for the end; after `most` kills it and answers status 128 + 9.
  Outcome Wait(std::chrono::milliseconds most = 60s);

 private:
  void CloseAll();

  pid_t pid_ = -1;
  int pidfd_ = -1;
  int input_ = -1;
  int out_ = -1;  // memory files, so that a full pipe never stops a child
  int err_ = -1;
  bool reaped_ = false;
};

Outcome Run(const std::vector<std::string>& argv, std::chrono::milliseconds most = 60s);

}  // namespace footprint::e2e

#endif  // FOOTPRINT_TESTS_E2E_PROCESS_H_
