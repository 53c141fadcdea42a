// SPDX-License-Identifier: Apache-2.0
// mixed SEED STEPS REFUSED: random calls by a seed: descriptors that are made, used, missing and
//   refused by a filter that comes half way (REFUSED 1), ioctl commands, numbers in no table, in
//   several processes. What is called does not depend on the machine.
// mixed openat REFUSED: 112 openat (100 fail, 12 succeed, two of them ld.so's own where it is
//   linked so), 30 socket that fail; then, with REFUSED 1, one of each that a filter refuses.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <random>

namespace {

// From here on openat, socket and ioctl answer EPERM without being entered.
void RefuseFromHereOn() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) _exit(1);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) _exit(1);
}

int Openat(bool refused) {
  for (int i = 0; i < 100; i++) syscall(SYS_openat, AT_FDCWD, "/nonexistent", O_RDONLY);
  for (int i = 0; i < 10; i++) close(open("/dev/null", O_RDONLY));
  for (int i = 0; i < 30; i++) syscall(SYS_socket, 99, 1, 0);
  if (!refused) return 0;
  RefuseFromHereOn();
  if (open("/dev/null", O_RDONLY) != -1 || errno != EPERM) return 1;
  if (syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0) != -1 || errno != EPERM) return 1;
  return 0;
}

void Step(std::mt19937& random) {
  static const char* const kFiles[] = {"/dev/null", "/dev/zero", "/proc/self/stat", "/nonexistent",
                                       "/dev/urandom"};
  static constexpr unsigned long kCommands[] = {0x5401, 0x541b, 0x5413, 0x80045200, 0x7a11, 0x1234};
  char byte = 0;
  const int fd = static_cast<int>(random() % 9);
  switch (random() % 9) {
    case 0:
      syscall(SYS_openat, AT_FDCWD, kFiles[random() % 5], O_RDWR);
      break;
    case 1:
      syscall(SYS_socket, random() % 4 == 0 ? 99 : AF_UNIX, SOCK_DGRAM, 0);
      break;
    case 2:
      if (fd > 2) close(fd);
      break;
    case 3:
      ioctl(fd, kCommands[random() % 6], &byte);
      break;
    case 4:
      fcntl(fd, F_GETFD);
      break;
    case 5:
      if (fd > 2) syscall(SYS_dup, fd);
      break;
    case 6:
      syscall(SYS_getppid);
      break;
    case 7:
      syscall(480 + random() % 3);
      break;
    default:
      syscall(SYS_lseek, fd, 0L, SEEK_CUR);
  }
}

int Random(uint32_t seed, uint32_t steps, bool refused) {
  for (uint32_t child = 0; child < 4; child++) {
    const pid_t pid = fork();
    if (pid < 0) return 1;
    if (pid > 0) continue;
    std::mt19937 random(seed * 4 + child);
    for (uint32_t i = 0; i < steps; i++) {
      if (refused && i == steps / 2) RefuseFromHereOn();
      Step(random);
    }
    _exit(0);
  }
  while (wait(nullptr) > 0) {
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && strcmp(argv[1], "openat") == 0) return Openat(atoi(argv[2]) != 0);
  if (argc != 4) return 2;
  return Random(strtoul(argv[1], nullptr, 10), strtoul(argv[2], nullptr, 10), atoi(argv[3]) != 0);
}
