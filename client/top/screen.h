// SPDX-License-Identifier: Apache-2.0
// The terminal of `footprint top`: keys in, frames out. The only file with curses.
// Ownership: borrows the feed; gives the terminal back before it returns.
// Threads: main.   Failure: FAILED_PRECONDITION no terminal that curses knows.
#ifndef FOOTPRINT_CLIENT_TOP_SCREEN_H_
#define FOOTPRINT_CLIENT_TOP_SCREEN_H_

#include <string>

#include "absl/status/status.h"
#include "client/top/feed.h"

namespace footprint::client::top {

// Until the user quits.
absl::Status RunScreen(Feed& feed, const std::string& target);

}  // namespace footprint::client::top

#endif  // FOOTPRINT_CLIENT_TOP_SCREEN_H_
