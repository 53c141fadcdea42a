// SPDX-License-Identifier: Apache-2.0
// halted: a process that dies inside a call. reboot(2) in a pid namespace other than the
// first never returns: it kills the namespace's first process and ends its caller there
// (reboot_pid_ns, kernel/pid_namespace.c). Nearly every other call of a killed thread
// leaves through sys_exit, with a restart code, before the thread dies.
#include <linux/reboot.h>
#include <sched.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

int main() {
  if (unshare(CLONE_NEWPID) != 0) return 1;
  pid_t pid = fork();
  if (pid == 0) {
    // The first process of the new namespace, or not in one at all: then the call is not made.
    if (getpid() == 1) reboot(LINUX_REBOOT_CMD_HALT);
    _exit(99);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? 0 : 1;
}
