// SPDX-License-Identifier: Apache-2.0
// programs ID...: what the kernel says of BPF programs, as a JSON array. Sizes in bytes; an
// unknown size is 0. `verified` are the instructions that the verifier walked; kernels before 5.16
// do not tell.
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

int main(int argc, char** argv) {
  nlohmann::ordered_json programs = nlohmann::ordered_json::array();
  for (int i = 1; i < argc; ++i) {
    const int file = bpf_prog_get_fd_by_id(atoi(argv[i]));
    bpf_prog_info info = {};
    __u32 size = sizeof(info);
    if (file < 0 || bpf_obj_get_info_by_fd(file, &info, &size) != 0) {
      fprintf(stderr, "programs: %s: %s\n", argv[i], strerror(errno));
      return 1;
    }
    programs.push_back({{"name", info.name},
                        {"verified", info.verified_insns},
                        {"instructions", info.xlated_prog_len / 8},
                        {"jited_bytes", info.jited_prog_len}});
    close(file);
  }
  printf("%s\n", programs.dump().c_str());
  return 0;
}
