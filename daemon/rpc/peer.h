// SPDX-License-Identifier: Apache-2.0
// Who is at the other end of a connection, as the kernel told at accept (SO_PEERCRED).
#ifndef FOOTPRINT_DAEMON_RPC_PEER_H_
#define FOOTPRINT_DAEMON_RPC_PEER_H_

#include <sys/types.h>
#include <unistd.h>

namespace footprint::rpc {

struct Peer {
  uid_t uid = 0;
  pid_t pid = 0;
  // May control, and keeps its place when others have taken theirs.
  bool Privileged() const { return uid == 0 || uid == geteuid(); }
};

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_PEER_H_
