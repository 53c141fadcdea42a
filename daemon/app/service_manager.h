// SPDX-License-Identifier: Apache-2.0
// Tells the service manager how the daemon is, by the protocol of sd_notify(3), and never waits
// for it: sd_notify() itself blocks while the manager's queue is full, and with it would the
// harvest and every client.
// Ownership: nothing.   Threads: one at a time.   Failure: see Tell.
#ifndef FOOTPRINT_DAEMON_APP_SERVICE_MANAGER_H_
#define FOOTPRINT_DAEMON_APP_SERVICE_MANAGER_H_

#include <string>

namespace footprint::app {

class ServiceManager {
 public:
  // `socket`: value of $NOTIFY_SOCKET, a path or "@" and an abstract name; "": there is none.
  explicit ServiceManager(std::string socket) : socket_(std::move(socket)) {}

  // Lines of VARIABLE=VALUE. False: not delivered; a later state says it again.
  bool Tell(const std::string& state) const;

 private:
  const std::string socket_;
};

}  // namespace footprint::app

#endif  // FOOTPRINT_DAEMON_APP_SERVICE_MANAGER_H_
