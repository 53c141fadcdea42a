// SPDX-License-Identifier: Apache-2.0
#include "data/features.h"

#include <algorithm>
#include <memory>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/commands.h"
#include "client/exit_code.h"
#include "client/lookup.h"
#include "client/output.h"
#include "client/render/names.h"
#include "client/text.h"
#include "daemon/system/kernel_config.h"
#include "daemon/system/reader.h"

namespace footprint::client {
namespace {

struct FeaturesOptions {
  std::string arch;  // "": the machine's own
  render::Format format = render::Format::kTable;
};

absl::StatusOr<std::vector<size_t>> FindArchs(const std::string& word) {
  const auto archs = names::FeatureArchs();
  std::vector<size_t> found(archs.size());
  std::iota(found.begin(), found.end(), size_t{0});
  if (word == "all") return found;
  std::erase_if(found, [&](size_t i) { return archs[i] != word; });
  if (!found.empty()) return found;
  const std::vector<std::string_view> all(archs.begin(), archs.end());
  const std::vector<std::string> names(archs.begin(), archs.end());
  return absl::InvalidArgumentError(absl::StrCat("no architecture ", Sanitize(word),
                                                 " in the matrix", NearestText(word, all),
                                                 "; there are ", absl::StrJoin(names, ", ")));
}

absl::Status Features(const FeaturesOptions& options) {
  const auto output = Output::Standard();
  const system::Machine machine = system::ThisMachine();
  render::FeatureView view;
  view.own = std::string(names::ArchOf(machine.machine));
  const auto archs = FindArchs(options.arch.empty() ? view.own : options.arch);
  if (!archs.ok()) return archs.status();
  view.archs = *archs;
  view.config = system::ReadConfig(machine.root, machine.release);
  return output->Write(render::Features(view, options.format, output->GetLook()));
}

}  // namespace

void AddFeatures(CLI::App& app, Session& session) {
  auto options = std::make_shared<FeaturesOptions>();
  CLI::App* features = app.add_subcommand(
      "features", "Print the kernel's matrix of features and architectures; needs no daemon");
  AddWord(*features, "--arch", "ARCH",
          "A directory of the kernel's arch/, or all; the machine's own without it", options->arch);
  AddFormat(*features, options->format);
  AddSettings(*features, session.settings);
  features->footer(R"(status: ok, TODO (not yet), .. (the hardware cannot), N/A, as the kernel's
documentation has it; this kernel: whether the configuration of the running
kernel switches it on, known for its own architecture.

Examples:
  footprint features
  footprint features --arch arm64
  footprint features --arch all --format csv)");
  features->callback(
      [&session, options] { session.action = [options] { return Fail(Features(*options)); }; });
}

}  // namespace footprint::client
