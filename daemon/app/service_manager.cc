// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

#include "daemon/base/unique_fd.h"

namespace footprint::app {

bool ServiceManager::Tell(const std::string& state) const {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (socket_.empty() || socket_.size() >= sizeof(address.sun_path)) return false;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_[0] == '@') address.sun_path[0] = '\0';
  const base::UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const socklen_t length = offsetof(sockaddr_un, sun_path) + socket_.size();
  return fd.valid() && sendto(fd.get(), state.data(), state.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                              reinterpret_cast<const sockaddr*>(&address),
                              length) == static_cast<ssize_t>(state.size());
}

}  // namespace footprint::app
