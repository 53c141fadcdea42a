// SPDX-License-Identifier: Apache-2.0
// Names of kernel addresses, from whoever knows them.
// Ownership: values.   Threads: any, one call at a time.   Failure: see Resolve.
#ifndef FOOTPRINT_DAEMON_OBJECTS_SYMBOLS_H_
#define FOOTPRINT_DAEMON_OBJECTS_SYMBOLS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace footprint::objects {

struct Symbol {
  std::string name;     // "spidev_ioctl"; "" where no symbol holds the address
  std::string module;   // "spidev"; "" for what is built in
  uint64_t offset = 0;  // bytes from the beginning of the function
};

class Symbols {
 public:
  virtual ~Symbols() = default;
  // One answer for each address, in their order. 0 has no name.
  // A function is found from any address within it; data only from its beginning, and only on
  // kernels with CONFIG_KALLSYMS_ALL.
  // Errors: PERMISSION_DENIED where the kernel shows no addresses, else what went wrong.
  virtual absl::StatusOr<std::vector<Symbol>> Resolve(
      std::span<const uint64_t> addresses) const = 0;
};

// What the kernel's format %pS wrote: "spidev_ioctl+0x10/0x2a0 [spidev]"; an address alone has no
// name. Source: lib/vsprintf.c, symbol_string().
Symbol ParseSymbol(std::string_view text);

}  // namespace footprint::objects

#endif  // FOOTPRINT_DAEMON_OBJECTS_SYMBOLS_H_
