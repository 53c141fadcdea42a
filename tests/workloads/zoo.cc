// SPDX-License-Identifier: Apache-2.0
// zoo FOLDER: opens one file of each kind that this machine has and asks each for its flags a
// known number of times. Prints a line for each: server, tab, calls of fcntl.
// A file of FOLDER stands for an ordinary one; its server is that of the folder's file system.
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>

namespace {

int next = 23;  // calls of the next kind: no two are the same

void Ask(const char* server, int fd) {
  if (fd < 0) return;
  for (int i = 0; i < next; i++) fcntl(fd, F_GETFL);
  printf("%s\t%d\n", server, next);
  next += 2;
}

// As the kernel names the type of the file system that holds `path`: proc(5), mountinfo.
std::string FilesystemOf(const char* path) {
  struct stat s {};
  if (stat(path, &s) != 0) return "";
  const std::string device =
      " " + std::to_string(major(s.st_dev)) + ":" + std::to_string(minor(s.st_dev)) + " ";
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    const size_t type = line.find(" - ");
    if (line.find(device) == std::string::npos || type == std::string::npos) continue;
    return line.substr(type + 3, line.find(' ', type + 3) - type - 3);
  }
  return "";
}

void Files(const std::string& folder) {
  const std::string file = folder + "/file", fifo = folder + "/fifo";
  const int ordinary = open(file.c_str(), O_RDWR | O_CREAT, 0600);
  const std::string server = FilesystemOf(file.c_str());
  if (!server.empty()) Ask(server.c_str(), ordinary);
  if (mkfifo(fifo.c_str(), 0600) == 0) Ask("fifo", open(fifo.c_str(), O_RDWR));
  Ask("tmpfs", open("/dev/shm", O_RDWR | O_TMPFILE, 0600));
  Ask("memfd", static_cast<int>(syscall(SYS_memfd_create, "zoo", 0)));
  Ask("proc", open("/proc/self/status", O_RDONLY));
  Ask("sysfs", open("/sys/kernel/mm", O_RDONLY));
  Ask("null", open("/dev/null", O_RDWR));
  Ask("zero", open("/dev/zero", O_RDWR));
  Ask("full", open("/dev/full", O_RDWR));
  Ask("urandom", open("/dev/urandom", O_RDONLY));
  const int pty = posix_openpt(O_RDWR | O_NOCTTY);
  if (pty >= 0) {
    Ask("pty", pty);
    grantpt(pty);
    unlockpt(pty);
    const char* other = ptsname(pty);
    if (other != nullptr) Ask("pty", open(other, O_RDWR | O_NOCTTY));
  }
  Ask("tun", open("/dev/net/tun", O_RDWR));
  Ask("kvm", open("/dev/kvm", O_RDWR));
  Ask("loop", open("/dev/loop0", O_RDONLY));
}

void Descriptors() {
  int ends[2];
  if (pipe(ends) == 0) {
    Ask("pipe", ends[0]);
    Ask("pipe", ends[1]);
  }
  Ask("eventfd", eventfd(0, 0));
  Ask("epoll", epoll_create1(0));
  Ask("timerfd", timerfd_create(CLOCK_MONOTONIC, 0));
  sigset_t none;
  sigemptyset(&none);
  Ask("signalfd", signalfd(-1, &none, 0));
  Ask("inotify", inotify_init1(0));
  perf_event_attr clock = {};
  clock.type = PERF_TYPE_SOFTWARE;
  clock.size = sizeof(clock);
  clock.config = PERF_COUNT_SW_TASK_CLOCK;
  Ask("perf", static_cast<int>(syscall(SYS_perf_event_open, &clock, 0, -1, -1, 0)));
  union bpf_attr map = {};
  map.map_type = BPF_MAP_TYPE_ARRAY;
  map.key_size = 4;
  map.value_size = 8;
  map.max_entries = 1;
  Ask("bpf-map", static_cast<int>(syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map))));
}

void Sockets() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0) Ask("unix", ends[0]);
  Ask("unix", socket(AF_UNIX, SOCK_DGRAM, 0));
  Ask("tcp", socket(AF_INET, SOCK_STREAM, 0));
  Ask("tcp6", socket(AF_INET6, SOCK_STREAM, 0));
  Ask("udp", socket(AF_INET, SOCK_DGRAM, 0));
  Ask("udp6", socket(AF_INET6, SOCK_DGRAM, 0));
  Ask("raw", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
  Ask("netlink", socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
  Ask("packet", socket(AF_PACKET, SOCK_RAW, 0));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  Files(argv[1]);
  Descriptors();
  Sockets();
  return 0;
}
