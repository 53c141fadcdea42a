// SPDX-License-Identifier: Apache-2.0
// The names of real open files: facts taken by a program of the test's own (classes.bpf.c), named
// by daemon/objects with the symbols of the running kernel. `bpf_objects "[capture]"` prints them
// as the fixture that the unit tests read.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "classes_bpf.skel.h"
#include "daemon/base/unique_fd.h"
#include "daemon/objects/kallsyms.h"
#include "daemon/objects/object_namer.h"
#include "data/names.h"
#include "tests/bpf/classes_abi.h"

namespace footprint::bpf_test {
namespace {

using base::UniqueFd;
using objects::ClassFacts;
using objects::ObjectName;

objects::ClassFacts FactsOf(const class_record& record) {
  ClassFacts facts;
  facts.fops = record.fops;
  std::copy(std::begin(record.functions), std::end(record.functions), facts.functions.begin());
  facts.module = record.module;
  facts.fs_type = record.fs_type;
  facts.fs_module = record.fs_module;
  facts.mode = record.mode;
  facts.rdev = record.rdev;
  facts.socket = record.socket != 0;
  facts.family = record.family;
  facts.type = record.type;
  facts.protocol = record.protocol;
  facts.socket_module = record.socket_module;
  facts.protocol_name = record.protocol_name;
  if (facts.fs_type == "anon_inodefs") facts.anon_name = record.dentry;
  return facts;
}

// Facts of this process's open descriptors.
std::map<int, ClassFacts> OpenFiles() {
  classes_bpf* skeleton = classes_bpf::open();
  REQUIRE(skeleton);
  skeleton->rodata->only_tgid = getpid();
  REQUIRE(classes_bpf::load(skeleton) == 0);
  REQUIRE(classes_bpf::attach(skeleton) == 0);
  std::map<int, ClassFacts> found;
  {
    const UniqueFd records(bpf_iter_create(bpf_link__fd(skeleton->links.files)));
    REQUIRE(records.valid());
    class_record record;
    while (read(records.get(), &record, sizeof(record)) == sizeof(record))
      found[record.fd] = FactsOf(record);
  }
  classes_bpf::destroy(skeleton);
  return found;
}

// Opens one file of each kind that this machine has. Owns all of them.
class Zoo {
 public:
  Zoo() {
    AddFiles();
    AddDescriptors();
    AddSockets();
  }
  ~Zoo() {
    unlink(fifo_.c_str());
    rmdir(folder_.c_str());
  }

  // By the name that is expected of its server.
  const std::multimap<std::string, UniqueFd>& files() const { return files_; }

 private:
  void Add(const std::string& server, int fd) {
    if (fd >= 0) files_.emplace(server, UniqueFd(fd));
  }

  void AddFiles() {
    char name[] = "/dev/shm/footprint-zoo.XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    folder_ = name;
    fifo_ = folder_ + "/fifo";
    REQUIRE(mkfifo(fifo_.c_str(), 0600) == 0);
    Add("fifo", open(fifo_.c_str(), O_RDWR));
    Add("tmpfs", open(folder_.c_str(), O_RDONLY | O_DIRECTORY));
    Add("tmpfs", open(folder_.c_str(), O_RDWR | O_TMPFILE, 0600));
    Add("tmpfs", static_cast<int>(syscall(SYS_memfd_create, "zoo", 0)));
    Add("proc", open("/proc/self/status", O_RDONLY));
    Add("proc", open("/proc/version", O_RDONLY));
    Add("proc", open("/proc/self/fd", O_RDONLY));
    Add("sysfs", open("/sys/kernel/profiling", O_RDONLY));
    Add("sysfs", open("/sys/devices/system/cpu/online", O_RDONLY));
    Add("namespace", open("/proc/self/ns/mnt", O_RDONLY));
    Add("null", open("/dev/null", O_RDWR));
    Add("zero", open("/dev/zero", O_RDWR));
    Add("full", open("/dev/full", O_RDWR));
    Add("random", open("/dev/random", O_RDONLY));
    Add("urandom", open("/dev/urandom", O_RDONLY));
    Add("pty", posix_openpt(O_RDWR | O_NOCTTY));
    Add("tun", open("/dev/net/tun", O_RDWR));
    Add("kvm", open("/dev/kvm", O_RDWR));
    Add("loop", open("/dev/loop0", O_RDONLY));
    Add("loop-control", open("/dev/loop-control", O_RDWR));
    Add("fuse-dev", open("/dev/fuse", O_RDWR));
  }

  void AddDescriptors() {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    Add("pipe", ends[0]);
    Add("pipe", ends[1]);
    Add("eventfd", eventfd(0, 0));
    Add("epoll", epoll_create1(0));
    Add("timerfd", timerfd_create(CLOCK_MONOTONIC, 0));
    sigset_t none;
    sigemptyset(&none);
    Add("signalfd", signalfd(-1, &none, 0));
    Add("inotify", inotify_init1(0));
    Add("pidfd", static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0)));
    perf_event_attr clock = {};
    clock.type = PERF_TYPE_SOFTWARE;
    clock.size = sizeof(clock);
    clock.config = PERF_COUNT_SW_TASK_CLOCK;
    Add("perf", static_cast<int>(syscall(SYS_perf_event_open, &clock, 0, -1, -1, 0)));
    Add("bpf-map", bpf_map_create(BPF_MAP_TYPE_ARRAY, "zoo", 4, 8, 1, nullptr));
  }

  void AddSockets() {
    Add("unix", socket(AF_UNIX, SOCK_STREAM, 0));
    Add("unix", socket(AF_UNIX, SOCK_DGRAM, 0));
    Add("tcp", socket(AF_INET, SOCK_STREAM, 0));
    Add("tcp6", socket(AF_INET6, SOCK_STREAM, 0));
    Add("udp", socket(AF_INET, SOCK_DGRAM, 0));
    Add("udp6", socket(AF_INET6, SOCK_DGRAM, 0));
    Add("raw", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
    Add("netlink", socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
    Add("packet", socket(AF_PACKET, SOCK_RAW, 0));
  }

  std::string folder_, fifo_;
  std::multimap<std::string, UniqueFd> files_;
};

std::vector<ObjectName> NamesOf(const std::vector<ClassFacts>& classes) {
  const objects::Kallsyms symbols;
  return objects::ObjectNamer(symbols, objects::Devices()).Name(classes);
}

}  // namespace

TEST_CASE("bpf.objects.every_kind_of_file_has_its_name") {
  const Zoo zoo;
  REQUIRE(zoo.files().size() > 30);
  std::map<int, ClassFacts> open = OpenFiles();
  std::vector<std::string> wanted;
  std::vector<ClassFacts> classes;
  for (const auto& [server, fd] : zoo.files()) {
    REQUIRE(open.contains(fd.get()));
    wanted.push_back(server);
    classes.push_back(open[fd.get()]);
  }
  const std::vector<ObjectName> names = NamesOf(classes);
  REQUIRE(names.size() == wanted.size());
  for (size_t i = 0; i < names.size(); ++i) {
    CAPTURE(wanted[i], names[i].driver, names[i].fops_symbol, classes[i].anon_name);
    CHECK(names[i].server == wanted[i]);
    CHECK(names[i].why == "");
    CHECK(names[i].subsystem != 0);
    const bool filesystem = names::SubsystemName(names[i].subsystem) == "filesystem";
    const bool wanted_filesystem =
        wanted[i] == "tmpfs" || wanted[i] == "proc" || wanted[i] == "sysfs";
    CHECK(filesystem == wanted_filesystem);
  }
}

TEST_CASE("bpf.objects.capture", "[.][capture]") {
  const Zoo zoo;
  std::map<int, ClassFacts> open = OpenFiles();
  for (const auto& [server, fd] : zoo.files()) {
    const ClassFacts& f = open[fd.get()];
    printf("%s\t%lx", server.c_str(), f.fops);
    for (const uint64_t function : f.functions) printf("\t%lx", function);
    printf("\t%s\t%s\t%s\t%o\t%x\t%d\t%u\t%u\t%u\t%s\t%s\t%s\n", f.module.c_str(),
           f.fs_type.c_str(), f.fs_module.c_str(), f.mode, f.rdev, f.socket, f.family, f.type,
           f.protocol, f.socket_module.c_str(), f.protocol_name.c_str(), f.anon_name.c_str());
  }
}

}  // namespace footprint::bpf_test
