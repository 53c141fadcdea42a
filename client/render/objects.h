// SPDX-License-Identifier: Apache-2.0
// Who served the calls: sums over the objects of a footprint.
// Ownership: values.   Threads: any.   Failure: none.
#ifndef FOOTPRINT_CLIENT_RENDER_OBJECTS_H_
#define FOOTPRINT_CLIENT_RENDER_OBJECTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "footprint/v1/footprint.pb.h"

namespace footprint::client::render {

struct Served {
  std::string server, driver, module, subsystem, device;
  uint64_t calls = 0, errors = 0;
  uint64_t total_ns = 0, max_ns = 0;
};

// One row a driver, device numbers apart; by calls, descending.
std::vector<Served> ByDriver(const v1::Footprint& footprint);
// One row a module, "" for what is built in; calls without an object are in none.
std::vector<Served> ByModule(const v1::Footprint& footprint);

// "ext4, pipe", "ext4, pipe, tcp +2"; "" where no descriptor is involved.
std::string ServedBy(const v1::Syscall& row);

}  // namespace footprint::client::render

#endif  // FOOTPRINT_CLIENT_RENDER_OBJECTS_H_
