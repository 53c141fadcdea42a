// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/process.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>

namespace footprint::e2e {
namespace {

int Check(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

// To another user, with these capabilities alone, also after an exec: what systemd does for
// User=, CapabilityBoundingSet=, AmbientCapabilities= and LimitRTPRIO=1. That last one is refused
// in a container without CAP_SYS_RESOURCE; it matters on kernels that preempt programs alone.
bool Become(uid_t uid, uint64_t capabilities) {
  const rlimit lowest = {1, 1};
  setrlimit(RLIMIT_RTPRIO, &lowest);
  if (prctl(PR_SET_KEEPCAPS, 1) != 0) return false;
  for (int which = 0; prctl(PR_CAPBSET_READ, which) >= 0; which++)
    if (!(capabilities >> which & 1) && prctl(PR_CAPBSET_DROP, which) != 0) return false;
  if (setgroups(0, nullptr) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)
    return false;
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  for (int half : {0, 1}) {
    const uint32_t bits = capabilities >> 32 * half;
    data[half] = {bits, bits, bits};
  }
  if (syscall(SYS_capset, &header, data) != 0) return false;
  for (int which = 0; which < 64; which++)
    if (capabilities >> which & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, which, 0, 0) != 0)
      return false;
  return true;
}

// In the child: no allocation, since other threads of the test may hold locks.
void Prepare(const Launch& launch) {
  if (launch.hide_btf) {
    if (unshare(CLONE_NEWNS) != 0 || mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("/dev/null", "/sys/kernel/btf/vmlinux", nullptr, MS_BIND, nullptr) != 0)
      _exit(120);
  }
  if (launch.uid && !Become(*launch.uid, launch.capabilities)) _exit(121);
}

pid_t Fork(int cgroup) {
  clone_args arguments = {};
  arguments.exit_signal = SIGCHLD;
  if (cgroup < 0) return fork();
  arguments.flags = CLONE_INTO_CGROUP;
  arguments.cgroup = cgroup;
  return syscall(SYS_clone3, &arguments, sizeof(arguments));
}

std::string ReadAll(int file) {
  std::string text;
  char buffer[65536];
  for (;;) {
    ssize_t got = pread(file, buffer, sizeof(buffer), text.size());
    if (got <= 0) return text;
    text.append(buffer, got);
  }
}

}  // namespace

int Slowness() {
  static const int factor = [] {
    const char* text = getenv("FOOTPRINT_TEST_SLOWNESS");
    return text && atoi(text) > 1 ? atoi(text) : 1;
  }();
  return factor;
}

bool Eventually(const std::function<bool()>& yes, std::chrono::milliseconds most) {
  const Deadline end = In(most);
  while (!yes()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

std::string Binary(const std::string& name) { return FOOTPRINT_BINARY_DIR "/bin/" + name; }
std::string Workload(const std::string& name) { return FOOTPRINT_BINARY_DIR "/workloads/" + name; }

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

TempDir::TempDir() {
  char name[] = "/tmp/footprint-test-XXXXXX";
  if (!mkdtemp(name)) throw std::system_error(errno, std::generic_category(), "mkdtemp");
  path_ = name;
  chmod(name, 0755);
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Process::Process(const Launch& launch) {
  std::vector<char*> argv, environment;
  std::vector<std::string> words = launch.environment;
  for (char** entry = environ; *entry; entry++) words.push_back(*entry);
  for (const std::string& word : launch.argv) argv.push_back(const_cast<char*>(word.c_str()));
  for (std::string& word : words) environment.push_back(word.data());
  argv.push_back(nullptr);
  environment.push_back(nullptr);
  const std::string& file = launch.file.empty() ? launch.argv.at(0) : launch.file;

  int ends[2] = {-1, -1};
  if (launch.keep_input)
    Check(pipe2(ends, O_CLOEXEC), "pipe2");
  else
    ends[0] = Check(open("/dev/null", O_RDONLY | O_CLOEXEC), "/dev/null");
  input_ = ends[1];
  out_ = Check(memfd_create("out", MFD_CLOEXEC), "memfd_create");
  err_ = Check(memfd_create("err", MFD_CLOEXEC), "memfd_create");
  pid_ = Check(Fork(launch.cgroup), "fork");
  if (pid_ == 0) {
    dup2(ends[0], STDIN_FILENO);
    dup2(out_, STDOUT_FILENO);
    dup2(err_, STDERR_FILENO);
    Prepare(launch);
    execvpe(file.c_str(), argv.data(), environment.data());
    _exit(122);
  }
  close(ends[0]);
  pidfd_ = Check(syscall(SYS_pidfd_open, pid_, 0), "pidfd_open");
}

Process::~Process() {
  if (!reaped_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  CloseAll();
}

void Process::CloseAll() {
  for (int* file : {&pidfd_, &input_, &out_, &err_}) {
    if (*file >= 0) close(*file);
    *file = -1;
  }
}

void Process::Signal(int signal) const { Check(kill(pid_, signal), "kill"); }

void Process::Write(const std::string& text) const {
  Check(write(input_, text.data(), text.size()), "write");
}

std::string Process::out() const { return ReadAll(out_); }
std::string Process::err() const { return ReadAll(err_); }

bool Process::Ended(std::chrono::milliseconds most) const {
  pollfd end = {pidfd_, POLLIN, 0};
  return poll(&end, 1, most.count()) == 1;
}

Outcome Process::Wait(std::chrono::milliseconds most) {
  int status = 0;
  if (!Ended(most * Slowness())) kill(pid_, SIGKILL);
  Check(waitpid(pid_, &status, 0), "waitpid");
  reaped_ = true;
  Outcome outcome;
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.out = out();
  outcome.err = err();
  return outcome;
}

Outcome Run(const std::vector<std::string>& argv, std::chrono::milliseconds most) {
  Launch launch;
  launch.argv = argv;
  return Process(launch).Wait(most);
}

}  // namespace footprint::e2e
