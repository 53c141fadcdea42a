// SPDX-License-Identifier: Apache-2.0
#include "client/render/modules.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/render/csv.h"
#include "client/render/grid.h"
#include "client/render/report.h"
#include "client/text.h"

namespace footprint::client::render {
namespace {

using Align = Grid::Align;

constexpr char kNotLoaded[] = "not loaded";

std::string Name(const v1::ModuleActor& actor) {
  std::string name = actor.comm();
  if (actor.pid() != 0) absl::StrAppend(&name, "[", actor.pid(), "]");
  if (!actor.unit().empty()) absl::StrAppend(&name, " of ", actor.unit());
  return name;
}

// A count as ELISA writes it: "1 (bluetooth)".
std::string Usage(bool loaded, const std::optional<int64_t>& count,
                  const std::vector<std::string>& users) {
  if (!loaded) return kNotLoaded;
  std::string text = count.has_value() ? absl::StrCat(*count) : "-";
  if (!users.empty()) absl::StrAppend(&text, " (", absl::StrJoin(users, ", "), ")");
  return text;
}

std::string Count(bool known, int64_t count) { return known ? absl::StrCat(count) : "-"; }

std::string ListedBy(const v1::Module& module) {
  if (module.has_load()) return Describe(module.load());
  if (module.has_first_user()) return "first used by " + Name(module.first_user());
  return "";
}

bool EverLoaded(const ModuleRow& row) {
  return row.loaded_before || row.loaded_after || row.loads != 0;
}

}  // namespace

std::string Describe(const v1::ModuleCause& cause) {
  std::string text = Name(cause.by());
  if (!cause.request().empty()) {
    return absl::StrCat(text, ", asked for ", cause.request(), " by ", Name(cause.requester()));
  }
  if (cause.by_kernel()) return text + ", started by the kernel";
  if (cause.has_parent()) absl::StrAppend(&text, ", started by ", Name(cause.parent()));
  return text;
}

std::string ByWhom(const v1::ModuleUse& use) {
  if (use.has_load()) return Describe(use.load());
  const v1::ModuleCaller* most = nullptr;
  for (const v1::ModuleCaller& caller : use.callers()) {
    if (most == nullptr || caller.gets() > most->gets()) most = &caller;
  }
  if (most == nullptr || most->gets() == 0) return "";
  return "used by " + Name(most->actor());
}

ModuleRecording ToRecording(const v1::Footprint& footprint, const std::string& label) {
  ModuleRecording recording{.label = label, .complete = footprint.complete(), .rows = {}};
  for (const v1::ModuleUse& use : footprint.modules()) {
    ModuleRow row{.name = use.name(),
                  .loaded_before = use.loaded_before(),
                  .loaded_after = use.loaded_after(),
                  .loads = use.loads(),
                  .unloads = use.unloads(),
                  .gets = use.gets(),
                  .puts = use.puts(),
                  .by = ByWhom(use)};
    if (use.has_refcount_before()) row.before = use.refcount_before();
    if (use.has_refcount_most()) row.most = use.refcount_most();
    if (use.has_refcount_after()) row.after = use.refcount_after();
    const auto& users = use.users_after().empty() ? use.users_before() : use.users_after();
    row.users.assign(users.begin(), users.end());
    recording.rows.push_back(std::move(row));
  }
  return recording;
}

std::string ModuleUseTable(const ModuleRecording& recording, bool all, const Look& look) {
  Grid grid({{"module"},
             {"before", Align::kRight},
             {"during", Align::kRight},
             {"after", Align::kRight},
             {"loads", Align::kRight, 0, 2},
             {"unloads", Align::kRight, 0, 1},
             {"by", Align::kLeft, 16, 3}});
  bool any = false;
  for (const ModuleRow& row : recording.rows) {
    if (!all && !row.Used()) continue;
    any = true;
    grid.Add({row.name, Usage(row.loaded_before, row.before, {}),
              Usage(EverLoaded(row), row.most, row.users), Usage(row.loaded_after, row.after, {}),
              absl::StrCat(row.loads), absl::StrCat(row.unloads), row.by});
  }
  return any ? grid.ToString(look) : "no kernel module was used\n";
}

std::string ModuleComparison(const ModuleRecording& workload, const ModuleRecording& baseline,
                             bool all, const Look& look) {
  std::map<std::string, std::pair<const ModuleRow*, const ModuleRow*>> rows;
  for (const ModuleRow& row : workload.rows) rows[row.name].first = &row;
  for (const ModuleRow& row : baseline.rows) rows[row.name].second = &row;
  const auto cell = [](const ModuleRow* row) {
    return row == nullptr ? kNotLoaded : Usage(EverLoaded(*row), row->most, row->users);
  };
  Grid grid({{"module"},
             {workload.label.empty() ? "with workload" : "with " + Sanitize(workload.label)},
             {baseline.label.empty() ? "baseline" : Sanitize(baseline.label)},
             {"by"}});
  bool any = false;
  for (const auto& [name, pair] : rows) {
    const std::string with = cell(pair.first), without = cell(pair.second);
    if (!all && with == without) continue;
    any = true;
    grid.Add({name, with, without, pair.first == nullptr ? "" : pair.first->by});
  }
  std::string out;
  if (!workload.complete || !baseline.complete) out = "INCOMPLETE: a recording lacks counts\n";
  return out + (any ? grid.ToString(look) : "the module tables are equal\n");
}

std::string ModulesTable(const v1::ListModulesResponse& list, const Look& look) {
  std::string out;
  const v1::ModuleFollowing& following = list.following();
  if (!following.reason().empty()) {
    absl::StrAppend(&out, following.followed() ? "degraded: " : "not followed: ",
                    Sanitize(following.reason()), "\n");
  }
  if (following.counts_dropped() + following.callers_dropped() + following.requests_dropped() !=
      0) {
    absl::StrAppend(&out, "INCOMPLETE: counts ", following.counts_dropped(), ", callers ",
                    following.callers_dropped(), ", requests ", following.requests_dropped(), "\n");
  }
  Grid grid({{"module"},
             {"state"},
             {"at attach", Align::kRight, 0, 3},
             {"refs", Align::kRight},
             {"gets", Align::kRight},
             {"puts", Align::kRight},
             {"loads", Align::kRight, 0, 1},
             {"unloads", Align::kRight, 0, 2},
             {"held by", Align::kLeft, 12, 4},
             {"by", Align::kLeft, 16, 5}});
  for (const v1::Module& row : list.modules()) {
    grid.Add({row.name(), row.state(),
              Count(row.has_refcount_at_attach(), row.refcount_at_attach()),
              Count(row.has_refcount(), row.refcount()), absl::StrCat(row.gets()),
              absl::StrCat(row.puts()), absl::StrCat(row.loads()), absl::StrCat(row.unloads()),
              absl::StrJoin(row.users(), ","), ListedBy(row)});
  }
  if (list.modules_size() != 0) out += grid.ToString(look);
  for (const v1::Module& row : list.modules()) {
    if (row.difference().empty()) continue;
    absl::StrAppend(&out, "DIFFERENCE ", Sanitize(row.name()), ": ", Sanitize(row.difference()),
                    "\n");
  }
  if (list.requests_size() == 0) return out;
  Grid requests({{"asked for"},
                 {"waited", Align::kRight},
                 {"not", Align::kRight},
                 {"first by", Align::kLeft, 16, 1},
                 {"at", Align::kLeft, 0, 2}});
  for (const v1::ModuleRequest& row : list.requests()) {
    requests.Add({row.name(), absl::StrCat(row.waited()), absl::StrCat(row.not_waited()),
                  Name(row.first()), row.site()});
  }
  return out + "\n" + requests.ToString(look);
}

std::string ModulesCsv(const v1::ListModulesResponse& list) {
  std::string out =
      "name,state,refcount_at_attach,refcount,gets,puts,loads,unloads,size,taints,users,by,"
      "difference\r\n";
  const auto number = [](bool known, int64_t n) { return known ? absl::StrCat(n) : ""; };
  for (const v1::Module& row : list.modules()) {
    absl::StrAppend(
        &out,
        absl::StrJoin({CsvText(row.name()), CsvText(row.state()),
                       number(row.has_refcount_at_attach(), row.refcount_at_attach()),
                       number(row.has_refcount(), row.refcount()), absl::StrCat(row.gets()),
                       absl::StrCat(row.puts()), absl::StrCat(row.loads()),
                       absl::StrCat(row.unloads()), absl::StrCat(row.size()), CsvText(row.taints()),
                       CsvText(absl::StrJoin(row.users(), " ")), CsvText(ListedBy(row)),
                       CsvText(row.difference())},
                      ","),
        "\r\n");
  }
  return out;
}

}  // namespace footprint::client::render
