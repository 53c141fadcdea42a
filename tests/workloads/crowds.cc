// SPDX-License-Identifier: Apache-2.0
// What an ordinary user can make many of.
// crowds ptys N: N pseudo terminals at one time, one write each; prints how many.
// crowds protocols: a raw socket of each of 255 protocols, one fcntl each; prints how many.
// crowds commands N: N commands that no driver has, on /dev/null and on a descriptor that is none.
// crowds sizes N: N sizes of a command that is done whatever its size, of a pidfd and of a
// namespace,
//   where the kernel has them (Linux 6.13, 6.11).
// crowds numbers BASE CHILDREN PER: one child after the other, each with PER calls of numbers that
//   nobody asked for before.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

int Ptys(int count) {
  const rlimit most = {4096, 4096};
  if (setrlimit(RLIMIT_NOFILE, &most) != 0) return 1;
  int made = 0;
  for (; made < count; made++) {
    const int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) break;
    const int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (slave < 0 || write(slave, "x", 1) != 1) break;
    close(slave);
  }
  printf("%d\n", made);
  return made == count ? 0 : 1;
}

int Protocols() {
  int made = 0;
  for (int protocol = 1; protocol < 256; protocol++) {
    const int fd = socket(AF_INET, SOCK_RAW, protocol);
    if (fd < 0) continue;
    fcntl(fd, F_GETFD);
    close(fd);
    made++;
  }
  printf("%d\n", made);
  return 0;
}

int Commands(int count) {
  const int null = open("/dev/null", O_RDWR);
  for (int i = 0; i < count; i++) {
    ioctl(null, 0xfeed0000 + i, nullptr);
    ioctl(-1, 0xfeed0000 + i, nullptr);
  }
  return 0;
}

int Sizes(int count) {
  static char answer[1 << 14];
  const int pidfd = syscall(SYS_pidfd_open, getpid(), 0);
  const int mounts = open("/proc/self/ns/mnt", O_RDONLY);
  for (int size = 64; size < 64 + count; size++) {
    memset(answer, 0, 64);
    ioctl(pidfd, _IOC(_IOC_READ | _IOC_WRITE, 0xff, 11, size), answer);  // PIDFD_GET_INFO
    memset(answer, 0, 64);
    ioctl(mounts, _IOC(_IOC_READ, 0xb7, 10, size), answer);  // NS_MNT_GET_INFO
  }
  return 0;
}

int Numbers(long base, int children, int per) {
  for (int i = 0; i < children; i++) {
    const pid_t pid = vfork();
    if (pid < 0) return 1;
    if (pid == 0) {
      for (int j = 0; j < per; j++) syscall(base + j);
      _exit(0);
    }
    base += per;
    waitpid(pid, nullptr, 0);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && strcmp(argv[1], "ptys") == 0) return Ptys(atoi(argv[2]));
  if (argc == 2 && strcmp(argv[1], "protocols") == 0) return Protocols();
  if (argc == 3 && strcmp(argv[1], "commands") == 0) return Commands(atoi(argv[2]));
  if (argc == 3 && strcmp(argv[1], "sizes") == 0) return Sizes(atoi(argv[2]));
  if (argc == 5 && strcmp(argv[1], "numbers") == 0)
    return Numbers(atol(argv[2]), atoi(argv[3]), atoi(argv[4]));
  return 2;
}
