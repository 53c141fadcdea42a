// SPDX-License-Identifier: Apache-2.0
// hostile NAME [ARGUMENT...]: gives itself the comm NAME, makes 23 getppid and reads one byte.
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char** argv) {
  char byte;
  if (argc < 2 || prctl(PR_SET_NAME, argv[1]) != 0) return 2;
  for (int i = 0; i < 23; i++) syscall(SYS_getppid);
  return read(STDIN_FILENO, &byte, 1) < 0;
}
