// SPDX-License-Identifier: Apache-2.0
#include "tests/bpf/counter.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <mntent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>
#include <vector>

#include "counter_bpf.skel.h"

namespace footprint::bpf_test {
namespace {

std::string CgroupMount() {
  std::string found;
  FILE* mounts = setmntent("/proc/self/mounts", "r");
  REQUIRE(mounts);
  while (mntent* entry = getmntent(mounts))
    if (found.empty() && strcmp(entry->mnt_type, "cgroup2") == 0) found = entry->mnt_dir;
  endmntent(mounts);
  return found;
}

}  // namespace

Counter::Counter(uint64_t cgroup) : skeleton_(counter_bpf::open()) {
  REQUIRE(skeleton_);
  skeleton_->rodata->only_cgroup = cgroup;
  REQUIRE(counter_bpf::load(skeleton_) == 0);
  REQUIRE(counter_bpf::attach(skeleton_) == 0);
}

Counter::~Counter() { counter_bpf::destroy(skeleton_); }

uint64_t Counter::Read(uint32_t index) const {
  std::vector<uint64_t> each(libbpf_num_possible_cpus());
  REQUIRE(bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.counts), &index, each.data()) == 0);
  uint64_t sum = 0;
  for (uint64_t count : each) sum += count;
  return sum;
}

uint64_t Counter::Missed() const {
  bpf_prog_info info = {};
  uint32_t size = sizeof(info);
  REQUIRE(bpf_obj_get_info_by_fd(bpf_program__fd(skeleton_->progs.witness), &info, &size) == 0);
  return info.recursion_misses;
}

Cgroup::Cgroup(const std::string& name) : path_("/" + name + "." + std::to_string(getpid())) {
  const std::string mount = CgroupMount();
  INFO("no cgroup2 mount");
  REQUIRE_FALSE(mount.empty());
  directory_ = mount + path_;
  REQUIRE(mkdir(directory_.c_str(), 0755) == 0);
  fd_ = open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  REQUIRE(fd_ >= 0);
}

Cgroup::~Cgroup() {
  close(fd_);
  rmdir(directory_.c_str());
}

uint64_t Cgroup::id() const {
  struct stat status = {};
  REQUIRE(fstat(fd_, &status) == 0);
  return status.st_ino;
}

}  // namespace footprint::bpf_test
