// SPDX-License-Identifier: Apache-2.0
// What a program image executes. Strings are raw bytes.
// Ownership: shared, const, once published: a fork runs its parent's.   Threads: any.
#ifndef FOOTPRINT_DAEMON_MODEL_PROGRAM_H_
#define FOOTPRINT_DAEMON_MODEL_PROGRAM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/shared_text.h"

namespace footprint::model {

// Where `exe` is from. kGiven: the file name that the exec was given, which a link or the
// process's own root may make another file.
enum class ExeSource { kUnknown, kKernel, kProc, kGiven };
const char* ExeSourceName(ExeSource source);  // "", "kernel", "proc", "given"

struct Program {
  // The file that the kernel executes, as seen from the process's own root; of a script its
  // interpreter.
  SharedText exe;
  ExeSource exe_source = ExeSource::kUnknown;
  bool exe_cut = false;   // its beginning is missing: "..." stands for it
  SharedText script;      // what the interpreter runs; "": no script
  SharedText given;       // file name given to the exec
  std::string argv;       // each argument with a NUL behind it: a list would take 16 times as much
  bool argv_cut = false;  // its end is missing
  std::string exec_comm;  // name of the process at the exec; "" where nobody saw it
  uint32_t mount_namespace = 0;  // inode number; 0: unknown
  bool given_cut = false;        // the end of `given` is missing
  // It may be, or run, a file that is not named here, or not wholly.
  bool names_unsure = false;
  bool operator==(const Program&) const = default;
};
using ProgramPtr = std::shared_ptr<const Program>;

// The arguments, in the memory of `program`.
std::vector<std::string_view> Arguments(const Program& program);

}  // namespace footprint::model

#endif  // FOOTPRINT_DAEMON_MODEL_PROGRAM_H_
