// SPDX-License-Identifier: Apache-2.0
// The real daemon on a private socket, and the real client that asks it.
// Ownership: owns the daemon process, its directory and its socket.
// Threads: the test's own.   Failure: fails the test.
#ifndef FOOTPRINT_TESTS_E2E_DAEMON_H_
#define FOOTPRINT_TESTS_E2E_DAEMON_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nlohmann/json.hpp"
#include "tests/e2e/process.h"

namespace footprint::e2e {

using Json = nlohmann::json;

// A sanitized daemon is slower, and keeps memory that it has freed (256 MiB of quarantine).
#ifdef __SANITIZE_ADDRESS__
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

struct DaemonOptions {
  std::string config;  // TOML, beside `interval_ms = 100`, which it may not name again
  bool hide_btf = false;
  std::vector<std::string> under;  // a command that executes the daemon: unshare(1)
};

class Daemon {
 public:
  // Returns when the daemon has said READY=1.
  explicit Daemon(const DaemonOptions& options = {});
  // Stops it. A daemon that does not end well fails the test, unless Stop() was called before.
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // SIGTERM; requires exit status 0 and that nothing of it stays in the kernel.
  void Stop();

  pid_t pid() const { return process_->pid(); }
  void Signal(int signal) const { process_->Signal(signal); }
  const std::string& target() const { return target_; }  // unix:PATH
  std::string socket() const { return dir_ / "query.sock"; }
  std::string dir() const { return dir_.path(); }
  uint64_t ResidentBytes() const;

  // `footprint ARGUMENTS...` with this daemon as FOOTPRINT_TARGET.
  Outcome Client(std::vector<std::string> arguments, std::chrono::milliseconds most = 60s) const;
  // The same with --format json; requires exit status 0 and JSON.
  Json Query(std::vector<std::string> arguments) const;
  // `footprint run`: the footprint of a command, whose exit status must be `status`.
  Json Record(const std::vector<std::string>& command, int status = 0) const;
  // The command line that Record runs, for a test that needs the process.
  std::vector<std::string> RecordCommand(const std::vector<std::string>& command,
                                         const std::string& output) const;

 private:
  TempDir dir_;
  std::string target_;
  std::unique_ptr<Process> process_;
};

// When FOOTPRINT_TEST_DAEMON_AS names a user id: makes a daemon start as the service unit does
// it, as that user with CAP_BPF and CAP_PERFMON alone, who then owns `dir`. False when it does not.
bool AsInTheUnit(const TempDir& dir, Launch& launch);

// Ids of BPF programs, maps and links that a process holds open: kind and id.
std::vector<std::pair<std::string, uint32_t>> BpfIdsOf(pid_t pid);
// True when the kernel knows the id no more.
bool BpfIdGone(const std::pair<std::string, uint32_t>& id);

// What programs of this build are called in "abi".
#ifdef __aarch64__
inline constexpr char kNativeAbi[] = "arm64";
#else
inline constexpr char kNativeAbi[] = "x86_64";
#endif

// Row of a call in "syscalls"; an empty object when there is none.
Json Row(const Json& footprint, const std::string& name, const std::string& abi = kNativeAbi);
uint64_t Count(const Json& footprint, const std::string& name, const std::string& abi = kNativeAbi);
uint64_t Errno(const Json& footprint, const std::string& name, const std::string& error,
               const std::string& abi = kNativeAbi);
// Sum of a member over the rows of an array: Sum(footprint, "processes", "calls").
uint64_t Sum(const Json& footprint, const std::string& array, const std::string& member);
// Calls of the rows of an array whose `member` is `value`, by another member:
// CallsBy(footprint, "objects", "server", "syscall", "read").
std::map<std::string, uint64_t> CallsBy(const Json& footprint, const std::string& array,
                                        const std::string& by, const std::string& member,
                                        const std::string& value);

// Rows of "syscalls" whose calls or errors are not the same in both, a line each.
std::string RowsThatDiffer(const Json& left, const Json& right);

// Complete, with every loss 0, and with totals that are the sums of the rows.
void RequireSound(const Json& footprint);

}  // namespace footprint::e2e

#endif  // FOOTPRINT_TESTS_E2E_DAEMON_H_
