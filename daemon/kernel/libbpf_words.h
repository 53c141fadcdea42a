// SPDX-License-Identifier: Apache-2.0
// What libbpf says when an object cannot be loaded, as a part of our own error.
// Ownership: none.
// Threads: the one that loads objects: libbpf's print function takes no context.
// Failure: none.
#ifndef FOOTPRINT_DAEMON_KERNEL_LIBBPF_WORDS_H_
#define FOOTPRINT_DAEMON_KERNEL_LIBBPF_WORDS_H_

#include <string>

#include "absl/status/status.h"

namespace footprint::kernel {

// From here on libbpf prints nothing, and its last warning is kept. Forgets those of before.
void KeepLibbpfWarning();
// "OBJECT object: STEP (libbpf's last warning): errno". `object`: "" while it is none in
// particular. `error`: an errno, of either sign.
absl::Status StepFailed(const std::string& object, const std::string& step, int error);

}  // namespace footprint::kernel

#endif  // FOOTPRINT_DAEMON_KERNEL_LIBBPF_WORDS_H_
