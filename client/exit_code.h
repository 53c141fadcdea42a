// SPDX-License-Identifier: Apache-2.0
// The exit status of the client, by sysexits(3) where that has a name for it.
// Ownership: none.   Threads: any.   Failure: none.
#ifndef FOOTPRINT_CLIENT_EXIT_CODE_H_
#define FOOTPRINT_CLIENT_EXIT_CODE_H_

#include <string>

#include "absl/status/status.h"

namespace footprint::client {

enum ExitCode : int {
  kExitOk = 0,
  kExitNo = 1,              // the answer is "no": no such process, unit or command
  kExitUsage = 2,           // wrong arguments
  kExitData = 65,           // a malformed input file
  kExitUnavailable = 69,    // no daemon, or a kernel feature is missing
  kExitSoftware = 70,       // a defect of daemon or client
  kExitIo = 74,             // the output could not be written
  kExitDeadline = 75,       // no answer in time
  kExitUnimplemented = 76,  // the daemon does not know this call
  kExitPermission = 77,     // not allowed
  kExitConfig = 78,         // wrong configuration
  kExitNotExecutable = 126,
  kExitNotFound = 127,
};

int ExitCodeFor(absl::StatusCode code);

// Prints "footprint: <message>" on stderr, one line, every byte harmless to a terminal.
void Complain(const std::string& message);

// Complains and answers the exit status that fits. CANCELLED means that the reader
// of stdout went away: no message, kExitOk.
int Fail(const absl::Status& status);

}  // namespace footprint::client

#endif  // FOOTPRINT_CLIENT_EXIT_CODE_H_
