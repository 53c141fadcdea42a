// SPDX-License-Identifier: Apache-2.0
// killed: waits in pause() until its own alarm kills it (SIGALRM, default action).
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

int main() {
  itimerval soon = {};
  soon.it_value.tv_usec = 200 * 1000;
  setitimer(ITIMER_REAL, &soon, nullptr);
  pause();
  return 0;
}
