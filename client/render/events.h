// SPDX-License-Identifier: Apache-2.0
// The lines of `footprint watch --events`. An event's kind has one name in every format.
// Ownership: values.   Threads: any.   Failure: none; foreign names are escaped.
#ifndef FOOTPRINT_CLIENT_RENDER_EVENTS_H_
#define FOOTPRINT_CLIENT_RENDER_EVENTS_H_

#include <string>

#include "footprint/v1/footprint.pb.h"

namespace footprint::client::render {

std::string EventText(const v1::WatchEventsResponse& event);
std::string EventJson(const v1::WatchEventsResponse& event);
std::string EventCsv(const v1::WatchEventsResponse& event, bool with_header);

}  // namespace footprint::client::render

#endif  // FOOTPRINT_CLIENT_RENDER_EVENTS_H_
