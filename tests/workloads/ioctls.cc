// SPDX-License-Identifier: Apache-2.0
// ioctls known: commands of sockets, terminals, block devices, the random device, and FIONREAD on
//   three kinds of files, each a known number of times; prints server, tab, command, tab, calls.
//   "other" is what no driver knows.
// ioctls many: distinct commands that a pseudo terminal takes, once each; prints how many.
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/random.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

int next = 3;  // calls of the next command: no two are the same

void Ask(const char* server, int fd, unsigned long command, bool other = false) {
  if (fd < 0) return;
  char answer[256] = "lo";
  for (int i = 0; i < next; i++) ioctl(fd, command, answer);
  if (other)
    printf("%s\tother\t%d\n", server, next);
  else
    printf("%s\t0x%04lx\t%d\n", server, command & 0xffffffff, next);
  next += 2;
}

void Known() {
  int ends[2];
  const int udp = socket(AF_INET, SOCK_DGRAM, 0);
  // All of linux/sockios.h.
  constexpr unsigned long kSocket[] = {
      SIOCGIFFLAGS,  SIOCGIFADDR,   SIOCGIFNETMASK, SIOCGIFMTU,     SIOCGIFHWADDR,
      SIOCGIFINDEX,  SIOCGIFCONF,   SIOCGIFNAME,    SIOCGIFBRDADDR, SIOCGIFDSTADDR,
      SIOCGIFMETRIC, SIOCGIFTXQLEN, SIOCGIFMAP,     SIOCGIFMEM,     SIOCGIFENCAP,
      SIOCGIFSLAVE,  SIOCGIFPFLAGS, SIOCGIFCOUNT,   SIOCGIFBR,      SIOCGIFVLAN};
  for (const unsigned long command : kSocket) {
    Ask("udp", udp, command);
  }
  const int pty = posix_openpt(O_RDWR | O_NOCTTY);
  constexpr unsigned long kTerminal[] = {TCGETS, TIOCGWINSZ, TIOCGPTN, FIONREAD};
  for (const unsigned long command : kTerminal) {
    Ask("pty", pty, command);
  }
  if (pipe(ends) == 0) Ask("pipe", ends[0], FIONREAD);
  Ask("udp", udp, FIONREAD);
  Ask("urandom", open("/dev/urandom", O_RDONLY), RNDGETENTCNT);
  Ask("loop", open("/dev/loop0", O_RDONLY), BLKGETSIZE64);
  // Of other drivers: isatty(3) of a file, a disk's size of a terminal.
  const int null = open("/dev/null", O_RDWR);
  Ask("null", null, TCGETS);
  Ask("pty", pty, BLKGETSIZE64);
  // No driver knows these.
  Ask("udp", udp, 0x1234, true);
  Ask("pty", pty, 0xc0ffee01, true);
  Ask("null", null, 0x5a5a, true);
}

int Many() {
  const int pty = posix_openpt(O_RDWR | O_NOCTTY);
  constexpr unsigned long kTaken[] = {TCGETS,     TIOCGWINSZ,   TIOCGPTN,       FIONREAD, TIOCOUTQ,
                                      TIOCGPTLCK, TIOCGPKT,     TIOCGEXCL,      FIOCLEX,  FIONCLEX,
                                      TCGETA,     TIOCGSOFTCAR, TIOCEXCL,       TIOCNXCL, TIOCGETD,
                                      TCSBRK,     TIOCGDEV,     TIOCGLCKTRMIOS, FIOASYNC, FIONBIO};
  int taken = 0;
  for (const unsigned long command : kTaken) {
    char answer[256] = {};
    taken += ioctl(pty, command, answer) == 0;
  }
  printf("%d\n", taken);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], "known") == 0) {
    Known();
    return 0;
  }
  return argc == 2 && strcmp(argv[1], "many") == 0 ? Many() : 2;
}
