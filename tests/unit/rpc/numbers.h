// SPDX-License-Identifier: Apache-2.0
// System calls of the footprints that these tests make, by their numbers on x86_64.
#ifndef FOOTPRINT_TESTS_UNIT_RPC_NUMBERS_H_
#define FOOTPRINT_TESTS_UNIT_RPC_NUMBERS_H_

#include <cstdint>

namespace footprint::rpc {

inline constexpr int32_t kRead = 0, kIoctl = 16, kGetpid = 39, kSendfile = 40, kSocket = 41,
                         kOpenat = 257, kPipe2 = 293;

}  // namespace footprint::rpc

#endif  // FOOTPRINT_TESTS_UNIT_RPC_NUMBERS_H_
