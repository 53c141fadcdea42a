// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstddef>
#include <cstring>

#include "daemon/base/unique_fd.h"

namespace footprint::app {
namespace {

// A manager's end of the socket, at a path or an abstract name.
base::UniqueFd Listen(const std::string& name) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name[0] == '@') address.sun_path[0] = '\0';
  base::UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const socklen_t length = offsetof(sockaddr_un, sun_path) + name.size();
  REQUIRE(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
  return fd;
}

std::string Heard(const base::UniqueFd& fd) {
  char text[256];
  const ssize_t size = recv(fd.get(), text, sizeof(text), MSG_DONTWAIT);
  return size < 0 ? "" : std::string(text, size);
}

TEST_CASE("unit.app.service_manager_that_reads_nothing_holds_nobody_up") {
  const std::string path = "/tmp/footprint_notify_" + std::to_string(getpid());
  const base::UniqueFd manager = Listen(path);
  const ServiceManager told(path);
  int delivered = 0;
  // The queue of a datagram socket ends, net.unix.max_dgram_qlen: a call that waits hangs here.
  while (delivered < 100'000 && told.Tell("WATCHDOG=1")) ++delivered;
  CHECK(delivered > 0);
  CHECK(delivered < 100'000);
  CHECK(Heard(manager) == "WATCHDOG=1");
  CHECK(told.Tell("STATUS=back"));  // there is room again
  unlink(path.c_str());
}

TEST_CASE("unit.app.service_manager_at_an_abstract_name") {
  const std::string name = "@footprint_notify_" + std::to_string(getpid());
  const base::UniqueFd manager = Listen(name);
  CHECK(ServiceManager(name).Tell("READY=1\nSTATUS=complete"));
  CHECK(Heard(manager) == "READY=1\nSTATUS=complete");
}

TEST_CASE("unit.app.no_service_manager") {
  CHECK_FALSE(ServiceManager("").Tell("READY=1"));
  CHECK_FALSE(ServiceManager("/nonexistent/notify").Tell("READY=1"));
  CHECK_FALSE(ServiceManager(std::string(200, 'x')).Tell("READY=1"));
}

}  // namespace
}  // namespace footprint::app
