// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "client/commands/commands.h"
#include "client/exit_code.h"
#include "client/output.h"
#include "client/render/diagnosis.h"
#include "client/render/render.h"
#include "daemon/features/features.h"
#include "daemon/system/kernel_config.h"
#include "daemon/system/reader.h"

namespace footprint::client {
namespace {

int Doctor(render::Format format) {
  const auto output = Output::Standard();
  const system::Machine machine = system::ThisMachine();
  const std::vector<features::Finding> findings =
      features::Probe(system::ReadConfig(machine.root, machine.release).text);
  const std::string missing = features::MissingCapabilities();
  std::string text;
  switch (format) {
    case render::Format::kJson:
      text = render::DoctorJson(findings, missing);
      break;
    case render::Format::kCsv:
      text = render::DoctorCsv(findings);
      break;
    case render::Format::kTable:
      text = render::DoctorTable(findings, missing, output->GetLook());
      break;
  }
  const absl::Status written = output->Write(text);
  if (!written.ok()) return Fail(written);
  switch (render::Judge(findings, missing)) {
    case render::Verdict::kGood:
      return kExitOk;
    case render::Verdict::kNotPermitted:
      return kExitPermission;
    case render::Verdict::kUnavailable:
      break;
  }
  return kExitUnavailable;
}

}  // namespace

void AddDoctor(CLI::App& app, Session& session) {
  auto format = std::make_shared<render::Format>(render::Format::kTable);
  CLI::App* doctor = app.add_subcommand(
      "doctor", "Print what this kernel offers and what is missing; needs no daemon");
  AddFormat(*doctor, *format);
  AddSettings(*doctor, session.settings);
  doctor->footer(R"(Exit status: 0 all that is required is there; 77 capabilities are missing;
69 the kernel lacks something.

Examples:
  footprint doctor
  footprint doctor --format json)");
  doctor->callback([&session, format] { session.action = [format] { return Doctor(*format); }; });
}

}  // namespace footprint::client
