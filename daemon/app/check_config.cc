// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/check_config.h"

#include "absl/strings/str_cat.h"
#include "daemon/kernel/probe.h"
#include "daemon/rpc/server.h"

namespace footprint::app {

absl::Status CheckBudget(const Config& config) {
  if (config.cpu_budget <= 0 || config.calibrate) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "cpu_budget needs calibrate = true: without the cost of a call there is nothing to keep "
      "within a budget");
}

absl::Status CheckConfig(const Config& config) {
  if (absl::Status s = rpc::Server::CheckListen(config.listen); !s.ok()) return s;
  if (absl::Status s = kernel::CheckHookNames(config.disable_hooks); !s.ok()) return s;
  return CheckBudget(config);
}

}  // namespace footprint::app
