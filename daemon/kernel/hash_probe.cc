// SPDX-License-Identifier: Apache-2.0
#include "daemon/kernel/hash_probe.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <cstdint>
#include <iterator>

#include "daemon/base/unique_fd.h"

namespace footprint::kernel {

bool HashesMayAllocate() {
  bpf_map_create_opts map_options{};
  map_options.sz = sizeof(map_options);
  map_options.map_flags = BPF_F_NO_PREALLOC;
  const base::UniqueFd map(bpf_map_create(BPF_MAP_TYPE_HASH, "hash_probe", sizeof(uint64_t),
                                          sizeof(uint32_t), 1, &map_options));
  if (!map.valid()) return false;
  // r1 = the map (two instructions); r0 = 0; exit
  const bpf_insn program[] = {
      {BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map.get()},
      {0, 0, 0, 0, 0},
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  };
  const base::UniqueFd loaded(bpf_prog_load(BPF_PROG_TYPE_PERF_EVENT, "hash_probe", "GPL", program,
                                            std::size(program), nullptr));
  return loaded.valid();
}

}  // namespace footprint::kernel
