// SPDX-License-Identifier: Apache-2.0
// calls [NAME=COUNT | wait]...: makes known numbers of known calls, in the order given.
//   getppid=N   N calls that succeed
//   getuid=N    N calls that succeed
//   close=N     N calls close(-1), each EBADF
//   none=N      N execve of a path that does not exist, each ENOENT
//   ldt=N       N calls of modify_ldt (x86), each ENOSYS
//   number=N    one call with the number N, ENOSYS where there is none
//   wait        reads one byte from standard input
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace {

void Make(const char* name, long count) {
  if (strcmp(name, "number") == 0) {
    syscall(count);
    return;
  }
  for (long i = 0; i < count; i++) {
    if (strcmp(name, "getppid") == 0) syscall(SYS_getppid);
    if (strcmp(name, "getuid") == 0) syscall(SYS_getuid);
    if (strcmp(name, "close") == 0) syscall(SYS_close, -1);
#ifdef SYS_modify_ldt
    if (strcmp(name, "ldt") == 0) syscall(SYS_modify_ldt, 99, nullptr, 0);
#endif
    if (strcmp(name, "none") == 0) syscall(SYS_execve, "/nonexistent/program", nullptr, nullptr);
  }
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; i++) {
    char byte;
    char* equals = strchr(argv[i], '=');
    if (strcmp(argv[i], "wait") == 0) {
      if (read(STDIN_FILENO, &byte, 1) < 0) return 1;
    } else if (equals) {
      *equals = 0;
      Make(argv[i], atol(equals + 1));
    } else {
      return 2;
    }
  }
  return 0;
}
