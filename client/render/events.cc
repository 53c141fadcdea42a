// SPDX-License-Identifier: Apache-2.0
#include "client/render/events.h"

#include <sys/wait.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/render/csv.h"
#include "client/render/json_value.h"
#include "client/render/modules.h"
#include "client/render/report.h"
#include "client/text.h"

namespace footprint::client::render {
namespace {

constexpr size_t kKindWidth = 17;  // "object_first_seen"

// "process_fork".
std::string KindName(v1::EventKind kind) {
  const std::string name = absl::AsciiStrToLower(v1::EventKind_Name(kind));
  constexpr std::string_view kPrefix = "event_kind_";
  // One of a newer daemon.
  if (!name.starts_with(kPrefix)) return absl::StrCat("event_", static_cast<int>(kind));
  return name.substr(kPrefix.size());
}

std::string Process(const v1::Process& process) {
  std::string text = absl::StrCat(process.comm(), "[", process.pid(), "]");
  if (!process.unit().empty()) absl::StrAppend(&text, " of ", process.unit());
  return text;
}

// "  status 3", "  signal 14"; "" where the end is not known.
std::string EndText(const v1::WatchEventsResponse& event) {
  if (!event.has_wait_status()) return "";
  const int status = event.wait_status();
  return WIFSIGNALED(status) ? absl::StrCat("  signal ", WTERMSIG(status))
                             : absl::StrCat("  status ", WEXITSTATUS(status));
}

}  // namespace

std::string EventText(const v1::WatchEventsResponse& event) {
  std::string out;
  if (event.lost() != 0) absl::StrAppend(&out, "LOST ", event.lost(), " events\n");
  absl::StrAppend(&out, LocalMillis(event.time().seconds(), event.time().nanos()), "  ",
                  FitLeft(KindName(event.kind()), kKindWidth));
  if (event.has_module()) {
    const v1::ModuleEvent& module = event.module();
    absl::StrAppend(
        &out, "  ", PadLeft(Sanitize(module.name()), 20), "  ",
        Sanitize(module.has_cause() ? Describe(module.cause()) : Process(event.process())));
    if (!module.site().empty()) absl::StrAppend(&out, " at ", Sanitize(module.site()));
    if (event.kind() == v1::EVENT_KIND_MODULE_REQUEST) out += module.wait() ? ", waits" : "";
  } else if (event.has_object()) {
    const v1::Object& object = event.object();
    const std::string device = object.device().empty() ? "" : absl::StrCat(" ", object.device());
    absl::StrAppend(&out, "  ", PadLeft(Sanitize(absl::StrCat(object.server(), device)), 20), "  ",
                    Sanitize(Process(event.process())), "  driver ", Sanitize(object.driver()));
    if (!object.module().empty()) absl::StrAppend(&out, ", module ", Sanitize(object.module()));
  } else {
    absl::StrAppend(&out, "  ", Sanitize(Process(event.process())), EndText(event), "  ",
                    CommandLine(event.process()));
  }
  return out + "\n";
}

std::string EventJson(const v1::WatchEventsResponse& event) {
  Json json = {{"kind", KindName(event.kind())},
               {"time", Time(event.time())},
               {"pid", event.process().pid()},
               {"comm", Sanitize(event.process().comm())},
               {"unit", Sanitize(event.process().unit())},
               {"command_line", CommandLine(event.process())},
               {"lost", event.lost()}};
  if (event.has_module()) {
    json["module"] = Sanitize(event.module().name());
    json["wait"] = event.module().wait();
    json["site"] = Sanitize(event.module().site());
    if (event.module().has_cause()) json["cause"] = CauseJson(event.module().cause());
  }
  if (event.has_object()) {
    const v1::Object& object = event.object();
    json["object"] = {
        {"server", Sanitize(object.server())},   {"driver", Sanitize(object.driver())},
        {"module", Sanitize(object.module())},   {"subsystem", Sanitize(object.subsystem())},
        {"fs_type", Sanitize(object.fs_type())}, {"device", Sanitize(object.device())}};
  }
  if (event.has_wait_status()) json["wait_status"] = event.wait_status();
  return Dump(json, true);
}

std::string EventCsv(const v1::WatchEventsResponse& event, bool with_header) {
  std::string out = with_header ? "time,kind,module,pid,comm,unit,command_line,wait,site,by,lost,"
                                  "wait_status,server,driver,subsystem,fs_type,device\r\n"
                                : "";
  const v1::Process& process = event.process();
  const v1::ModuleEvent& module = event.module();
  const v1::Object& object = event.object();
  absl::StrAppend(
      &out,
      absl::StrJoin(
          {Rfc3339(event.time().seconds(), event.time().nanos()), KindName(event.kind()),
           CsvText(event.has_object() ? object.module() : module.name()),
           absl::StrCat(process.pid()), CsvText(process.comm()), CsvText(process.unit()),
           CsvText(CommandLine(process)), std::string(module.wait() ? "true" : "false"),
           CsvText(module.site()), CsvText(module.has_cause() ? Describe(module.cause()) : ""),
           absl::StrCat(event.lost()),
           event.has_wait_status() ? absl::StrCat(event.wait_status()) : std::string(),
           CsvText(object.server()), CsvText(object.driver()), CsvText(object.subsystem()),
           CsvText(object.fs_type()), CsvText(object.device())},
          ","),
      "\r\n");
  return out;
}

}  // namespace footprint::client::render
