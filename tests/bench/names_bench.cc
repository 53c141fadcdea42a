// SPDX-License-Identifier: Apache-2.0
// names_bench [ROWS]: what it costs to name the rows of a footprint: ABI, call, owner, definition.
// Prints the best and the median of many rounds; no test, since a busy machine has its own time.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "data/names.h"

namespace {

using footprint::names::Abi;

struct Row {
  Abi abi;
  int32_t number;
};

// As a large system would have them: all ABIs, in no order, some in no table.
std::vector<Row> Rows(size_t count) {
  std::vector<Row> rows;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t scattered = i * 2654435761u;
    rows.push_back(
        {static_cast<Abi>(1 + scattered % 6), static_cast<int32_t>(scattered >> 8) % 480});
  }
  return rows;
}

// Bytes of all names: keeps the compiler from leaving the work out.
size_t LookUp(const std::vector<Row>& rows) {
  size_t bytes = 0;
  for (const Row& row : rows) {
    bytes += footprint::names::AbiName(row.abi).size();
    if (const auto* call = footprint::names::FindSyscall(row.abi, row.number)) {
      bytes += call->name.size() + call->definition.size();
      bytes += footprint::names::SubsystemName(call->subsystem).size();
    }
  }
  return bytes;
}

// The same into strings of their own, as the daemon's replies hold them.
size_t Copy(const std::vector<Row>& rows) {
  size_t bytes = 0;
  for (const Row& row : rows) {
    const std::string name = footprint::names::SyscallName(row.abi, row.number);
    const std::string owner(
        footprint::names::SubsystemName(footprint::names::OwnerOf(row.abi, row.number)));
    bytes += name.size() + owner.size();
  }
  return bytes;
}

template <typename Work>
void Measure(const char* what, const std::vector<Row>& rows, Work work) {
  std::vector<double> micros;
  size_t bytes = 0;
  for (int round = 0; round < 201; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    bytes += work(rows);
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    micros.push_back(took.count());
  }
  std::sort(micros.begin(), micros.end());
  std::printf("%-10s %zu rows: best %.0f us, median %.0f us (%zu bytes)\n", what, rows.size(),
              micros.front(), micros[micros.size() / 2], bytes);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<Row> rows = Rows(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 5000);
  Measure("look up", rows, LookUp);
  Measure("copy", rows, Copy);
  return 0;
}
