// SPDX-License-Identifier: Apache-2.0
// What a process that nobody asks about takes of the daemon's memory, by the account of malloc(3).
#include <malloc.h>

#include <catch2/catch.hpp>
#include <string>

#include "daemon/collect/process_table.h"

namespace footprint::collect {
namespace {

// Of the arena of this thread, with malloc's own heads. A sanitizer's allocator keeps none.
size_t BytesInUse() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// As a program of the C library has after its start: 25 rows of calls, 6 histograms.
model::PackedPtr CountsOfProgram(const ImageState&) {
  model::Counts counts;
  for (int i = 0; i < 25; ++i) {
    counts.calls.push_back(
        {{.abi = 1, .number = 9 * i, .object_class = i % 2 == 0 ? 0 : 0x400000u + 13 * i},
         {.calls = 1u + i % 9, .total_ns = 90'000, .max_ns = 40'000u + i}});
  }
  for (int i = 0; i < 5; ++i) {
    counts.errnos.push_back({{.abi = 1, .number = 35 * i, .value = 2}, 1});
  }
  for (uint8_t i = 0; i < 6; ++i) counts.latency.push_back({i, {0, 1, 9, 200, 3, 0, 1}});
  return model::PackedCounts::Pack(counts);
}

}  // namespace

TEST_CASE("unit.collect.an_idle_process_takes_little_memory") {
  constexpr size_t kProcesses = 1000;
  ProcessTable table({}, 1, [](uint32_t) { return true; });
  model::TextPool texts;
  const auto describe = [&] {
    model::Image image{.comm = "worker"};
    image.exe = texts.Share("/usr/lib/postgresql/15/bin/postgres");
    image.cgroup = texts.Share("/system.slice/system-postgresql.slice/postgresql@15.service");
    image.unit = texts.Share("system-postgresql.slice/postgresql@15.service");
    return image;
  };
  const auto pass = [&] {
    model::Snapshot snapshot;
    table.Settle({});
    table.ForEachImage([](const ImageId&, ImageState& image) { image.changed = true; });
    table.Publish(snapshot, CountsOfProgram);
    return snapshot;
  };
  const size_t before = BytesInUse();
  for (uint32_t pid = 2; pid < kProcesses + 2; ++pid) {
    ImageState& image = table.Get({.life = {pid, pid}, .key = {}}, {1, 1}, pid, describe);
    image.slots.push_back(pid);
    image.open_slots = 1;
  }
  model::Snapshot latest = pass();
  for (int i = 0; i < 3; ++i) latest = pass();
  const size_t each = (BytesInUse() - before) / kProcesses;
  UNSCOPED_INFO("bytes a process: " << each);
#ifndef __SANITIZE_ADDRESS__
  CHECK(each > 512);
  CHECK(each <= 1536);
#endif
  CHECK(latest.lives.size() == kProcesses);
}

}  // namespace footprint::collect
