// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/commands/watch_events.h"
#include "client/exit_code.h"
#include "client/output.h"
#include "client/render/render.h"

namespace footprint::client {
namespace {

struct WatchOptions {
  ScopeOptions scope;
  render::Options render;
  double interval_seconds = 1;
  uint64_t count = 0;  // 0: until stopped
  bool delta = false;
  EventChoice events = EventChoice::kNone;
};

v1::WatchFootprintRequest ToRequest(const v1::Scope& scope, const WatchOptions& options) {
  v1::WatchFootprintRequest request;
  *request.mutable_scope() = scope;
  const auto ns = static_cast<int64_t>(std::llround(options.interval_seconds * 1e9));
  request.mutable_interval()->set_seconds(ns / 1'000'000'000);
  request.mutable_interval()->set_nanos(static_cast<int32_t>(ns % 1'000'000'000));
  request.set_delta(options.delta);
  // JSON has every key always; the other formats carry one list unless asked for more.
  request.set_omit_processes(options.render.format != render::Format::kJson &&
                             options.render.table.by != render::By::kProcess);
  return request;
}

std::string One(render::Report& report, const WatchOptions& options, bool first,
                const render::TableOptions& table) {
  render::Sort(report.footprint);
  switch (options.render.format) {
    case render::Format::kJson:
      return render::FootprintJson(report, true);
    case render::Format::kCsv:
      return render::FootprintCsv(report, table.by, first, table.limit.value_or(0));
    case render::Format::kTable:
      break;
  }
  return (first ? "" : "\n") + render::FootprintTable(report, table);
}

absl::Status Watch(const Settings& settings, const WatchOptions& options) {
  if (const absl::Status fits = CheckTable(options.render); !fits.ok()) return fits;
  const absl::StatusOr<v1::Scope> scope = ToScope(options.scope);
  if (!scope.ok()) return scope.status();
  const auto connection = Connection::Open(settings);
  if (!connection.ok()) return connection.status();
  const auto output = Output::Standard();

  render::TableOptions table = options.render.table;
  table.look = output->GetLook();
  uint64_t seen = 0;
  return (*connection)
      ->Watch(ToRequest(*scope, options),
              [&](const v1::WatchFootprintResponse& response) -> absl::StatusOr<bool> {
                render::Report report;
                report.footprint = response.footprint();
                report.scope = Describe(*scope);
                report.watch = {response.sequence(), response.skipped()};
                const absl::Status written = output->Write(One(report, options, seen == 0, table));
                if (!written.ok()) return written;
                return ++seen != options.count;
              });
}

// Events have no scope, no table and no clock: an option that would be passed over is refused.
absl::Status CheckEvents(const CLI::App& watch) {
  for (const char* name :
       {"--pid", "--tree", "--command", "--unit", "--interval", "--delta", "--by", "--limit"}) {
    if (watch.count(name) == 0) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--events are of the whole system, as they happen: leave ", name, " out"));
  }
  return absl::OkStatus();
}

}  // namespace

void AddWatch(CLI::App& app, Session& session) {
  auto options = std::make_shared<WatchOptions>();
  CLI::App* watch = app.add_subcommand("watch", "Print a footprint again and again");
  AddScope(*watch, options->scope);
  AddSeconds(*watch, "--interval", "Time between two footprints", options->interval_seconds, 0.1,
             3600);
  AddCount(*watch, "--count", "End after so many footprints or events, 0 for never",
           options->count);
  watch->add_flag("--delta", options->delta,
                  "What happened since the last one, not totals; the first has the totals");
  AddChoice<EventChoice>(*watch, "--events", "KIND",
                         "Events instead of footprints, of the whole system, as they happen: "
                         "module, process, object or all; with --format and --count alone",
                         options->events,
                         {{"module", EventChoice::kModule},
                          {"process", EventChoice::kProcess},
                          {"object", EventChoice::kObject},
                          {"all", EventChoice::kAll}});
  AddFormat(*watch, options->render.format);
  AddBy(*watch, options->render.table.by);
  AddLimit(*watch, options->render.table.limit);
  AddSettings(*watch, session.settings);
  watch->footer(R"(JSON is one document a line. A reader that is too slow misses footprints, never
counts; `skipped` says how many it missed. With --delta the first footprint has the
totals since the attach: the others add up to what comes after it.

Examples:
  footprint watch --delta
  footprint watch --pid 1 --interval 5 --count 12 --format json > lines.json
  footprint watch --unit ssh.service --delta --format csv
  footprint watch --events module)");
  watch->callback([&session, options, watch] {
    session.action = [&session, options, watch] {
      if (options->events == EventChoice::kNone) return Fail(Watch(session.settings, *options));
      if (const absl::Status fits = CheckEvents(*watch); !fits.ok()) return Fail(fits);
      return Fail(
          WatchEvents(session.settings, options->events, options->render.format, options->count));
    };
  });
}

}  // namespace footprint::client
