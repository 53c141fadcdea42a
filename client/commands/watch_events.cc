// SPDX-License-Identifier: Apache-2.0
#include "client/commands/watch_events.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/output.h"
#include "client/render/events.h"

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

bool Attached(const v1::GetStatusResponse& status, std::string_view hook) {
  return std::ranges::any_of(
      status.hooks(), [&](const v1::Hook& one) { return one.attached() && one.name() == hook; });
}

// A stream that could never have an event would wait for ever. UNAVAILABLE: why there is none.
absl::Status CheckComes(Connection& connection, EventChoice choice) {
  if (choice == EventChoice::kModule) {
    const auto list = connection.ListModules(false);
    if (!list.ok()) return list.status();
    if (list->following().followed()) return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrCat("modules are not followed: ", list->following().reason()));
  }
  if (choice == EventChoice::kAll) return absl::OkStatus();
  const auto status = connection.GetStatus();
  if (!status.ok()) return status.status();
  if (choice == EventChoice::kObject) {
    if (status->tier() == "full" && status->bpf_object() != "core") return absl::OkStatus();
    return absl::UnavailableError(
        status->tier() == "full"
            ? std::string("objects are not told: the core object is loaded; see footprint doctor")
            : absl::StrCat("objects are not measured in tier ", status->tier(),
                           ": footprint tier full"));
  }
  for (const char* hook : {"sched_process_fork", "sched_process_exec", "sched_process_exit"}) {
    if (Attached(*status, hook)) return absl::OkStatus();
  }
  return absl::UnavailableError(
      "processes are not followed: no sched_process hook is attached; see footprint status");
}

}  // namespace

absl::Status WatchEvents(const Settings& settings, EventChoice choice, render::Format format,
                         uint64_t count) {
  const auto connection = Connection::Open(settings);
  if (!connection.ok()) return connection.status();
  if (const absl::Status comes = CheckComes(**connection, choice); !comes.ok()) return comes;
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
