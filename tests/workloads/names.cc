// SPDX-License-Identifier: Apache-2.0
// names PARENTS CHILDREN: parents that stay, each with children of a name of their own, one after
// the other, of 36 distinct calls. Says "ready" when all children have ended; ends when its input
// does.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

constexpr int kFirstNumber = 700;  // of calls that no table has
constexpr int kNumbers = 30;

// The name is known to the kernel's programs when the process makes its first call, so it is set by
// a parent of its own.
void RunNamed(int parent, int child) {
  const pid_t namer = fork();
  if (namer == 0) {
    char name[16];
    snprintf(name, sizeof(name), "%d.%d", parent, child);
    prctl(PR_SET_NAME, name);
    const pid_t named = fork();
    if (named == 0) {
      for (int i = 0; i < kNumbers; ++i) syscall(kFirstNumber + i);
      syscall(SYS_getppid);
      close(-1);
      _exit(0);
    }
    waitpid(named, nullptr, 0);
    _exit(0);
  }
  waitpid(namer, nullptr, 0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::vector<pid_t> parents(atoi(argv[1]));
  const int children = atoi(argv[2]);
  for (size_t i = 0; i < parents.size(); ++i) {
    int done[2];
    if (pipe(done) != 0) return 1;
    parents[i] = fork();
    if (parents[i] == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that fails leaves none behind
      for (int j = 0; j < children; ++j) RunNamed(static_cast<int>(i), j);
      if (write(done[1], "x", 1) != 1) _exit(1);
      pause();
      _exit(0);
    }
    char byte;
    if (read(done[0], &byte, 1) != 1) return 1;
    close(done[0]);
    close(done[1]);
  }
  puts("ready");
  fflush(stdout);
  char byte;
  while (read(0, &byte, 1) > 0) {
  }
  for (const pid_t parent : parents) {
    kill(parent, SIGKILL);
    waitpid(parent, nullptr, 0);
  }
  return 0;
}
