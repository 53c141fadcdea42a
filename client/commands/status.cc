// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "client/commands/commands.h"
#include "client/exit_code.h"
#include "client/output.h"
#include "client/render/render.h"

namespace footprint::client {
namespace {

absl::Status Status(const Settings& settings, render::Format format, bool calibrate) {
  const auto connection = Connection::Open(settings);
  if (!connection.ok()) return connection.status();
  const auto output = Output::Standard();
  if (calibrate) {
    if (const auto cost = (*connection)->Calibrate(); !cost.ok()) return cost.status();
  }
  const absl::StatusOr<v1::GetStatusResponse> status = (*connection)->GetStatus();
  if (!status.ok()) return status.status();
  switch (format) {
    case render::Format::kJson:
      return output->Write(render::StatusJson(*status, settings.target));
    case render::Format::kCsv:
      return output->Write(render::StatusCsv(*status, settings.target));
    case render::Format::kTable:
      break;
  }
  return output->Write(render::StatusTable(*status, settings.target, output->GetLook()));
}

}  // namespace

void AddStatus(CLI::App& app, Session& session) {
  auto format = std::make_shared<render::Format>(render::Format::kTable);
  CLI::App* status =
      app.add_subcommand("status", "Print what the daemon measures and what that costs");
  AddFormat(*status, *format);
  auto calibrate = std::make_shared<bool>(false);
  status->add_flag("--calibrate", *calibrate,
                   "Measure the cost per call again first; needs the rights that recording needs");
  AddSettings(*status, session.settings);
  status->footer(R"(Examples:
  footprint status
  footprint status --calibrate
  footprint status --format json)");
  status->callback([&session, format, calibrate] {
    session.action = [&session, format, calibrate] {
      return Fail(Status(session.settings, *format, *calibrate));
    };
  });
}

}  // namespace footprint::client
