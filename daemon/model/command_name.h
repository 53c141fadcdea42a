// SPDX-License-Identifier: Apache-2.0
// What a row of ended processes is called, and what it becomes when there is no room for it.
// Ownership: plain values.   Threads: any.   Failure: none.
#ifndef FOOTPRINT_DAEMON_MODEL_COMMAND_NAME_H_
#define FOOTPRINT_DAEMON_MODEL_COMMAND_NAME_H_

#include <compare>
#include <cstdint>
#include <string>

#include "daemon/model/name_sketch.h"
#include "daemon/model/snapshot.h"

namespace footprint::model {

inline constexpr char kOther[] = "(other)";

struct CommandName {
  SharedText cgroup;  // path; "": not known
  SharedText exe, script;
  std::string comm;
  bool observer = false;  // the daemon's own are never mixed with others
  auto operator<=>(const CommandName&) const = default;
};

CommandName NameOf(const Image& image, bool observer);
CommandName NameOf(const Command& command);

// May it be an image of a command that is not among its names? Its file, or the script that it may
// run, is not known, or not wholly.
bool NameUnknown(const Image& image);

// The row that a row is folded into: the cgroup path loses its last component, one at a time
// ("/a/x.service" to "/a/(other)" to "/(other)"), so that scopes above it stay exact; then exe and
// comm go. False: there is nothing left to leave out.
bool Coarsen(CommandName& name);

// Notes in `sketch` which names `calls` can be asked for by no more, after a fold of `from` to
// `to`.
void NoteFold(const CommandName& from, const CommandName& to, uint64_t calls, NameSketch& sketch);

}  // namespace footprint::model

#endif  // FOOTPRINT_DAEMON_MODEL_COMMAND_NAME_H_
