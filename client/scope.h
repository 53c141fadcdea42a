// SPDX-License-Identifier: Apache-2.0
// The options that choose whose footprint is meant.
// Ownership: values.   Threads: any.   Failure: INVALID_ARGUMENT more than one is given.
#ifndef FOOTPRINT_CLIENT_SCOPE_H_
#define FOOTPRINT_CLIENT_SCOPE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "footprint/v1/footprint.pb.h"

namespace footprint::client {

// As given; 0 and "" mean not given, and are refused on the command line.
struct ScopeOptions {
  uint32_t pid = 0;
  uint32_t tree = 0;
  std::string command;
  std::string unit;
};

absl::StatusOr<v1::Scope> ToScope(const ScopeOptions& options);
// "system", "pid 12", "tree of pid 12", "command ssh*", "unit ssh.service".
std::string Describe(const v1::Scope& scope);

}  // namespace footprint::client

#endif  // FOOTPRINT_CLIENT_SCOPE_H_
