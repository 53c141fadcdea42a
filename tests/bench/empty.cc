// SPDX-License-Identifier: Apache-2.0
// empty enter | pair: attaches programs that do nothing to sys_enter, or to sys_enter and
// sys_exit, says "ready", and stays until its input ends: the least that any observer can cost.
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "empty_bpf.skel.h"

int main(int argc, char** argv) {
  const bool pair = argc == 2 && strcmp(argv[1], "pair") == 0;
  if (argc != 2 || (!pair && strcmp(argv[1], "enter") != 0)) {
    fprintf(stderr, "usage: empty enter | pair\n");
    return 2;
  }
  empty_bpf* programs = empty_bpf::open_and_load();
  if (programs == nullptr) {
    fprintf(stderr, "empty: the programs do not load\n");
    return 1;
  }
  bpf_link* enter = bpf_program__attach(programs->progs.empty_enter);
  bpf_link* exit = pair ? bpf_program__attach(programs->progs.empty_exit) : nullptr;
  if (enter == nullptr || (pair && exit == nullptr)) {
    fprintf(stderr, "empty: the programs do not attach\n");
    return 1;
  }
  printf("ready\n");
  fflush(stdout);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  bpf_link__destroy(enter);
  bpf_link__destroy(exit);
  empty_bpf::destroy(programs);
  return 0;
}
