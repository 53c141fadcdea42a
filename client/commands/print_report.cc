// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/exit_code.h"
#include "client/render/render.h"

namespace footprint::client {
namespace {

// What a table and JSON say and rows of CSV do not; "" for nothing.
std::string NotInCsv(const v1::Footprint& footprint, render::By by) {
  std::string note;
  if (!footprint.complete()) note = absl::StrCat("incomplete: ", footprint.losses().why());
  if (by == render::By::kProcess && footprint.processes_truncated()) {
    absl::StrAppend(&note, note.empty() ? "" : "; ",
                    "the list of processes is cut at the limit of a reply");
  }
  return note;
}

}  // namespace

absl::Status PrintReport(Output& output, render::Report& report, render::Options options) {
  options.table.look = output.GetLook();
  const absl::Status written = output.Write(render::Render(report, options));
  if (!written.ok()) return written;
  if (options.format == render::Format::kCsv) {
    if (const std::string note = NotInCsv(report.footprint, options.table.by); !note.empty()) {
      Complain(note);
    }
  }
  return output.Commit();
}

}  // namespace footprint::client
