// SPDX-License-Identifier: Apache-2.0
// What the renderers are given: a footprint with what the client knows about it.
// Ownership: values.   Threads: any.   Failure: none.
#ifndef FOOTPRINT_CLIENT_RENDER_REPORT_H_
#define FOOTPRINT_CLIENT_RENDER_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/look.h"
#include "footprint/v1/footprint.pb.h"

namespace footprint::client::render {

enum class Format { kTable, kJson, kCsv };
// One table of a footprint, or, in the table format only, all of them.
enum class By { kDefault, kSyscall, kSubsystem, kProcess, kDriver, kObject, kIoctl, kModule };

// Of `footprint run` only.
struct RunResult {
  std::vector<std::string> command;
  std::string label;
  int exit_status = 0;
  int signal = 0;  // 0: ended by itself
};

// Of `footprint watch` only.
struct WatchPosition {
  uint64_t sequence = 0;
  uint64_t skipped = 0;
};

struct Report {
  v1::Footprint footprint;
  std::string scope;  // as Describe() words it
  std::optional<RunResult> run;
  std::optional<WatchPosition> watch;
};

// Rows by calls, descending; equals by ABI and number, by name, by pid: the same
// footprint always reads the same.
void Sort(v1::Footprint& footprint);

// The arguments of a process for a person: quoted as a shell wants them, " ..." at the end of cut
// ones.
std::string CommandLine(const v1::Process& process);
// "COMPLETE", or "INCOMPLETE: 12 calls counted without detail (detail_dropped: raise
// spill_entries)".
std::string Stamp(bool complete, const v1::Losses& losses);

}  // namespace footprint::client::render

#endif  // FOOTPRINT_CLIENT_RENDER_REPORT_H_
