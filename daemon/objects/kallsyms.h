// SPDX-License-Identifier: Apache-2.0
// Names of kernel addresses out of /proc/kallsyms.
// Ownership: holds a path only; nothing of the file is kept, so a batch costs one pass through it
//   (tens of milliseconds) and no resident memory. Callers cache the answers.
// Threads: any, one call at a time.
// Failure: PERMISSION_DENIED where the kernel shows no addresses, else the reading errno.
// Source: /proc/kallsyms; kernel/kallsyms.c.
#ifndef FOOTPRINT_DAEMON_OBJECTS_KALLSYMS_H_
#define FOOTPRINT_DAEMON_OBJECTS_KALLSYMS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/objects/symbols.h"

namespace footprint::objects {

class Kallsyms : public Symbols {
 public:
  explicit Kallsyms(std::string path = "/proc/kallsyms");

  // One answer for each address, in their order. 0 has no name.
  // A function is found from any address within its first 64 KiB; data only from its beginning, and
  // only on kernels with CONFIG_KALLSYMS_ALL. Of several names the first global one is taken.
  absl::StatusOr<std::vector<Symbol>> Resolve(std::span<const uint64_t> addresses) const override;

 private:
  std::string path_;
};

}  // namespace footprint::objects

#endif  // FOOTPRINT_DAEMON_OBJECTS_KALLSYMS_H_
