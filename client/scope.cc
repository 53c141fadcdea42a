// SPDX-License-Identifier: Apache-2.0
#include "client/scope.h"

#include "absl/strings/str_cat.h"
#include "client/text.h"

namespace footprint::client {

absl::StatusOr<v1::Scope> ToScope(const ScopeOptions& options) {
  v1::Scope scope;
  int given = 0;
  if (options.pid != 0) {
    scope.set_pid(options.pid);
    ++given;
  }
  if (options.tree != 0) {
    scope.set_tree_pid(options.tree);
    ++given;
  }
  if (!options.command.empty()) {
    if (IsUtf8(options.command)) {
      scope.set_command(options.command);
    } else {
      scope.set_command_raw(options.command);
    }
    ++given;
  }
  if (!options.unit.empty()) {
    if (IsUtf8(options.unit)) {
      scope.set_unit(options.unit);
    } else {
      scope.set_unit_raw(options.unit);
    }
    ++given;
  }
  if (given > 1) {
    return absl::InvalidArgumentError(
        "only one of --pid, --tree, --command and --unit may be given");
  }
  if (given == 0) scope.set_system(true);
  return scope;
}

std::string Describe(const v1::Scope& scope) {
  switch (scope.kind_case()) {
    case v1::Scope::kPid:
      return absl::StrCat("pid ", scope.pid());
    case v1::Scope::kTreePid:
      return absl::StrCat("tree of pid ", scope.tree_pid());
    case v1::Scope::kCommand:
      return absl::StrCat("command ", scope.command());
    case v1::Scope::kCommandRaw:
      return absl::StrCat("command ", Sanitize(scope.command_raw()));
    case v1::Scope::kUnit:
      return absl::StrCat("unit ", scope.unit());
    case v1::Scope::kUnitRaw:
      return absl::StrCat("unit ", Sanitize(scope.unit_raw()));
    default:
      return "system";
  }
}

}  // namespace footprint::client
