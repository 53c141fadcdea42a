// SPDX-License-Identifier: Apache-2.0
#include "client/commands/watch_events.h"

#include <memory>

#include "client/commands/commands.h"
#include "client/output.h"
#include "client/render/modules.h"

namespace footprint::client {
namespace {

std::string One(const v1::WatchEventsResponse& event, render::Format format, bool first) {
  switch (format) {
    case render::Format::kJson:
      return render::EventJson(event);
    case render::Format::kCsv:
      return render::EventCsv(event, first);
    case render::Format::kTable:
      break;
  }
  return render::EventText(event);
}

v1::WatchEventsRequest ToRequest(EventChoice choice) {
  v1::WatchEventsRequest request;
  if (choice == EventChoice::kModule) {
    for (const auto kind : {v1::EVENT_KIND_MODULE_LOAD, v1::EVENT_KIND_MODULE_FREE,
                            v1::EVENT_KIND_MODULE_REQUEST, v1::EVENT_KIND_MODULE_FIRST_GET}) {
      request.add_kinds(kind);
    }
  } else if (choice == EventChoice::kProcess) {
    for (const auto kind :
         {v1::EVENT_KIND_PROCESS_FORK, v1::EVENT_KIND_PROCESS_EXEC, v1::EVENT_KIND_PROCESS_EXIT}) {
      request.add_kinds(kind);
    }
  } else if (choice == EventChoice::kObject) {
    request.add_kinds(v1::EVENT_KIND_OBJECT_FIRST_SEEN);
  }
  return request;
}

}  // namespace

absl::Status WatchEvents(const Settings& settings, EventChoice choice, render::Format format,
                         uint64_t count) {
  const auto connection = Connection::Open(settings);
  if (!connection.ok()) return connection.status();
  const auto output = Output::Standard();
  uint64_t seen = 0;
  return (*connection)
      ->WatchEvents(ToRequest(choice),
                    [&](const v1::WatchEventsResponse& event) -> absl::StatusOr<bool> {
                      const absl::Status written = output->Write(One(event, format, seen == 0));
                      if (!written.ok()) return written;
                      return ++seen != count;
                    });
}

}  // namespace footprint::client
