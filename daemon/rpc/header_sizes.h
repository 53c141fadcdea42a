// SPDX-License-Identifier: Apache-2.0
// How large the header lists of an HTTP/2 peer are once they are unpacked (RFC 7541), without
// unpacking them: an upper bound. One byte of HPACK can stand for 4 KiB.
// Ownership: values.   Threads: one.   Failure: nullopt for a block that is malformed.
#ifndef FOOTPRINT_DAEMON_RPC_HEADER_SIZES_H_
#define FOOTPRINT_DAEMON_RPC_HEADER_SIZES_H_

#include <cstddef>
#include <optional>
#include <string_view>

namespace footprint::rpc {

class HeaderSizes {
 public:
  // Bytes of names and values in one whole header block, with 32 for each field as RFC 9113
  // section 6.5.2 counts them.
  std::optional<size_t> Take(std::string_view block);

 private:
  std::optional<size_t> TakeField(std::string_view& rest);
  std::optional<size_t> TakeLiteral(std::string_view& rest, int prefix, bool indexed);
  size_t OfIndex(size_t index) const;

  // Of the fields that the peer has put into the table of this connection. Which of them an
  // index means is not followed: the largest is assumed.
  size_t largest_ = 0;
};

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_HEADER_SIZES_H_
