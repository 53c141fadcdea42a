// SPDX-License-Identifier: Apache-2.0
// Reads a whole BPF hash map.   Threads: collector thread only.
#ifndef FOOTPRINT_DAEMON_KERNEL_WALK_H_
#define FOOTPRINT_DAEMON_KERNEL_WALK_H_

#include <bpf/bpf.h>

#include <cerrno>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace footprint::kernel {

// Hands each entry to `sink(key, value)`; one that changes meanwhile is handed over as it was at
// one moment. A hash bucket of more than 256 entries is unheard of.
template <typename Key, typename Value, typename Sink>
absl::Status WalkMap(int fd, const char* name, const Sink& sink) {
  std::vector<Key> keys(256);
  std::vector<Value> values(keys.size());
  uint32_t cursor = 0;
  for (bool first = true, more = true; more; first = false) {
    uint32_t count = keys.size();
    const int error = bpf_map_lookup_batch(fd, first ? nullptr : &cursor, &cursor, keys.data(),
                                           values.data(), &count, nullptr);
    if (error != 0 && error != -ENOENT) {
      return absl::ErrnoToStatus(-error, absl::StrCat("read the map ", name));
    }
    for (uint32_t i = 0; i < count; ++i) sink(keys[i], values[i]);
    more = error == 0;
  }
  return absl::OkStatus();
}

}  // namespace footprint::kernel

#endif  // FOOTPRINT_DAEMON_KERNEL_WALK_H_
