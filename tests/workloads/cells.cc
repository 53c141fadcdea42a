// SPDX-License-Identifier: Apache-2.0
// cells N ROUNDS: calls N different numbers that no kernel has, from 1000 on, ROUNDS times over.
#include <unistd.h>

#include <cstdlib>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  for (long round = 0; round < atol(argv[2]); round++)
    for (long i = 0; i < atol(argv[1]); i++)
      if (syscall(1000 + i) != -1) return 1;
  return 0;
}
