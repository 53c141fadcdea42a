// SPDX-License-Identifier: Apache-2.0
// int80 COUNT OWN: a 64-bit program that makes COUNT getppid through int 0x80, the i386
// table's number 64, and OWN getppid in its own way.
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  for (long i = 0; i < atol(argv[1]); i++) {
    long result = 0;
    asm volatile("int $0x80" : "=a"(result) : "a"(64) : "memory", "r8", "r9", "r10", "r11");
    if (result <= 0) return 1;
  }
  for (long i = 0; i < atol(argv[2]); i++) syscall(SYS_getppid);
  return 0;
}
