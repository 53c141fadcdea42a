// SPDX-License-Identifier: Apache-2.0
// denied COUNT: makes COUNT getppid that seccomp refuses with EPERM, then 7 getuid.
// denied COUNT wait: reads a byte between the two, once seccomp refuses; says "up" before that.
// denied 1 refused: the second thread makes 3 getuid that seccomp refuses, and then as with
// "thread". denied 1 strict|thread|process: makes one getppid for which seccomp kills: a process in
// strict
//   mode, the second thread of this one, a process.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace {

bool Refuse(unsigned int number, unsigned int how) {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, how),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// Never returns.
void DieOf(const char* how) {
  if (strcmp(how, "strict") == 0) {
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) _exit(1);
  } else {
    const bool process = strcmp(how, "process") == 0;
    const bool refused = strcmp(how, "refused") == 0;
    if (refused && !Refuse(SYS_getuid, SECCOMP_RET_ERRNO | EPERM)) _exit(1);
    if (!Refuse(SYS_getppid, process ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_KILL_THREAD)) {
      _exit(1);
    }
    for (int i = 0; refused && i < 3; i++) syscall(SYS_getuid);
  }
  syscall(SYS_getppid);
  _exit(1);
}

void* Die(void* how) {
  DieOf(static_cast<const char*>(how));
  return nullptr;
}

// The kernel clears the word that a join waits for, whatever a thread ends of.
bool KillThread(char* how) {
  pthread_t id;
  if (pthread_create(&id, nullptr, Die, how) != 0) return false;
  return pthread_join(id, nullptr) == 0;
}

bool KillProcess(char* how) {
  const pid_t child = fork();
  if (child == 0) DieOf(how);
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFSIGNALED(status);
}

}  // namespace

int main(int argc, char** argv) {
  const bool wait = argc == 3 && strcmp(argv[2], "wait") == 0;
  if (argc == 3 && !wait) {
    const bool thread = strcmp(argv[2], "thread") == 0 || strcmp(argv[2], "refused") == 0;
    return (thread ? KillThread(argv[2]) : KillProcess(argv[2])) ? 0 : 1;
  }
  if (argc != 2 && !wait) return 2;
  if (!Refuse(SYS_getppid, SECCOMP_RET_ERRNO | EPERM)) return 1;
  char byte;
  if (wait && (write(1, "up\n", 3) != 3 || read(0, &byte, 1) != 1)) return 1;
  for (long i = 0; i < atol(argv[1]); i++)
    if (syscall(SYS_getppid) != -1 || errno != EPERM) return 1;
  for (int i = 0; i < 7; i++) syscall(SYS_getuid);
  return 0;
}
