// SPDX-License-Identifier: Apache-2.0
#include "client/render/tier.h"

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/commands.h"
#include "client/exit_code.h"
#include "client/output.h"
#include "client/text.h"

namespace footprint::client {
namespace {

struct TierOptions {
  std::string tier;  // "": only asks
  bool json = false;
};

absl::StatusOr<v1::SetTierResponse> Ask(Connection& connection, const std::string& tier) {
  if (!tier.empty()) {
    // Not asked of the daemon: a word of the command line may be no UTF-8, which a request must be.
    const std::vector<std::string> tiers = {"calls", "errors", "latency", "full"};
    if (std::find(tiers.begin(), tiers.end(), tier) == tiers.end()) {
      return absl::InvalidArgumentError(absl::StrCat("no tier ", Sanitize(tier), ": there are ",
                                                     absl::StrJoin(tiers, ", "),
                                                     DidYouMean(tier, tiers)));
    }
    return connection.SetTier(tier);
  }
  const absl::StatusOr<v1::GetStatusResponse> status = connection.GetStatus();
  if (!status.ok()) return status.status();
  v1::SetTierResponse now;
  now.set_tier(status->tier());
  *now.mutable_shed() = status->shed();
  *now.mutable_measured() = status->measured();
  return now;
}

absl::Status Tier(const Settings& settings, const TierOptions& options) {
  const auto connection = Connection::Open(settings);
  if (!connection.ok()) return connection.status();
  const auto output = Output::Standard();
  const auto now = Ask(**connection, options.tier);
  if (!now.ok()) return now.status();
  return output->Write(options.json ? render::TierJson(*now) : render::TierTable(*now));
}

}  // namespace

void AddTier(CLI::App& app, Session& session) {
  auto options = std::make_shared<TierOptions>();
  CLI::App* tier = app.add_subcommand("tier", "Print what is measured, or measure something else");
  AddWord(*tier, "tier", "TIER", "calls, errors, latency or full", options->tier);
  AddChoice<bool>(*tier, "--format", "FORMAT", "table (the default) or json", options->json,
                  {{"table", false}, {"json", true}});
  AddSettings(*tier, session.settings);
  tier->footer(
      R"(Setting needs the rights that recording needs. No call is lost or counted twice by it, and
every footprint whose window holds the change says so.

Examples:
  footprint tier
  footprint tier errors)");
  tier->callback([&session, options] {
    session.action = [&session, options] { return Fail(Tier(session.settings, *options)); };
  });
}

}  // namespace footprint::client
