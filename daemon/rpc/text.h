// SPDX-License-Identifier: Apache-2.0
// Names from the kernel are arbitrary bytes; what leaves the daemon as text is not.
#ifndef FOOTPRINT_DAEMON_RPC_TEXT_H_
#define FOOTPRINT_DAEMON_RPC_TEXT_H_

#include <string>
#include <string_view>

namespace footprint::rpc {

// Valid UTF-8 in which every control character (C0, C1, DEL), every bidirectional
// override (U+202A..202E, U+2066..2069) and every byte that is no UTF-8 stands as \xNN,
// one per byte. Meant to be read: a backslash in the name stays as it is.
std::string Printable(std::string_view bytes);

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_TEXT_H_
