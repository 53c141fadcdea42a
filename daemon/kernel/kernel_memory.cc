// SPDX-License-Identifier: Apache-2.0
#include "daemon/kernel/kernel_memory.h"

#include <bpf/libbpf.h>

#include <fstream>
#include <string>

namespace footprint::kernel {
uint64_t MapMemoryBytes(int fd) {
  if (fd < 0) return 0;
  std::ifstream info("/proc/self/fdinfo/" + std::to_string(fd));
  for (std::string word; info >> word;) {
    uint64_t bytes = 0;
    if (word == "memlock:" && info >> bytes) return bytes;
  }
  return 0;
}

uint64_t ObjectMemoryBytes(bpf_object* object) {
  uint64_t sum = 0;
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) sum += MapMemoryBytes(bpf_map__fd(map));
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) sum += MapMemoryBytes(bpf_program__fd(program));
  return sum;
}

}  // namespace footprint::kernel
