// SPDX-License-Identifier: Apache-2.0
// pairs N [wait]: N different pairs of a call and an errno, once each, answered by a filter of
// seccomp(2); with "wait" says "up" then, and waits until its input ends.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace {

constexpr unsigned int kMark = 0x5eed;  // in the upper half of the last argument; below, the errno
constexpr int kErrnos = 133;            // include/uapi/asm-generic/errno.h

bool AnswerMarkedCalls() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[5]) + 4),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kMark, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[5])),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, SECCOMP_RET_DATA),
      BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO),
      BPF_STMT(BPF_RET | BPF_A, 0),
  };
  sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || !AnswerMarkedCalls()) return 2;
  const long pairs = atol(argv[1]);
  for (long i = 0; i < pairs; i++) {
    const unsigned long error = i % kErrnos + 1;
    if (syscall(i / kErrnos, 0, 0, 0, 0, 0, (1UL * kMark << 32) | error) != -1) return 1;
    if (errno != static_cast<int>(error)) return 1;
  }
  if (argc < 3 || strcmp(argv[2], "wait") != 0) return 0;
  // All arguments are set: the mark may still be in the register of the last one.
  char byte;
  if (syscall(SYS_write, 1, "up\n", 3, 0, 0, 0) != 3) return 1;
  return syscall(SYS_read, 0, &byte, 1, 0, 0, 0) == 0 ? 0 : 1;
}
