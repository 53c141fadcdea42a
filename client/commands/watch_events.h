// SPDX-License-Identifier: Apache-2.0
// `footprint watch --events`: a line for each rare event.
// Ownership: values.   Threads: main.   Failure: as Connection's.
#ifndef FOOTPRINT_CLIENT_COMMANDS_WATCH_EVENTS_H_
#define FOOTPRINT_CLIENT_COMMANDS_WATCH_EVENTS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "client/connection.h"
#include "client/render/report.h"

namespace footprint::client {

enum class EventChoice { kNone, kAll, kProcess, kModule, kObject };

// Ends after `count` events; 0: never. There may be none for hours, so that no timeout counts
// between them.
absl::Status WatchEvents(const Settings& settings, EventChoice choice, render::Format format,
                         uint64_t count);

}  // namespace footprint::client

#endif  // FOOTPRINT_CLIENT_COMMANDS_WATCH_EVENTS_H_
