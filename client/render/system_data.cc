// SPDX-License-Identifier: Apache-2.0
// The static view for programs: JSON and CSV.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/render/csv.h"
#include "client/render/json_value.h"
#include "client/render/system.h"
#include "client/text.h"

namespace footprint::client::render {
namespace {

Json Begin(const system::Reading& reading) {
  return {{"source", Sanitize(reading.source)},
          {"problem", Sanitize(reading.problem)},
          {"note", Sanitize(reading.note)}};
}

// A list with where it was read.
template <typename Row, typename Convert>
Json ListJson(const system::List<Row>& list, const std::string& key, const Convert& convert) {
  Json json = Begin(list.reading);
  json[key] = Json::array();
  for (const Row& row : list.rows) json[key].push_back(convert(row));
  return json;
}

// Hands over name and value of each option.
template <typename Each>
void ForEachOption(const std::string& text, const Each& each) {
  for (size_t begin = 0, end; begin < text.size(); begin = end + 1) {
    end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    const size_t equals = line.find('=');
    if (equals == std::string::npos) continue;
    each(Sanitize(line.substr(0, equals)), Sanitize(line.substr(equals + 1)));
  }
}

Json ConfigJson(const SystemReport& report) {
  const system::Config& config = report.system.config;
  Json json = Begin(config.reading);
  json["sha256"] = Sanitize(config.sha256);
  json["options"] = report.config_options;
  json["values"] = Json::object();
  ForEachOption(config.text, [&](const std::string& name, const std::string& value) {
    json["values"][name] = value;
  });
  return json;
}

Json AbiJson(const system::AbiCalls& abi) {
  Json json = {{"abi", Sanitize(abi.abi)}, {"table", Sanitize(abi.table)}};
  json.update(Begin(abi.reading));
  json["offered"] = abi.offered;
  json["possible"] = abi.calls.size();
  if (abi.reading.problem.empty()) {
    json["built_in"] =
        std::ranges::count(abi.calls, system::CallState::kBuiltIn, &system::Call::state);
  } else {
    json["built_in"] = nullptr;
  }
  json["calls"] = Json::array();
  for (const system::Call& call : abi.calls) {
    json["calls"].push_back({{"number", call.number},
                             {"name", Sanitize(call.name)},
                             {"owner", Sanitize(call.owner)},
                             {"state", system::Name(call.state)}});
  }
  return json;
}

Json SystemModuleJson(const system::LoadedModule& module) {
  Json users = Json::array();
  for (const std::string& user : module.users) users.push_back(Sanitize(user));
  return {{"name", Sanitize(module.name)},   {"size", module.size},
          {"refcount", module.refcount},     {"users", std::move(users)},
          {"state", Sanitize(module.state)}, {"taints", Sanitize(module.taints)}};
}

Json CoverageJson(const SystemReport& report) {
  const v1::Coverage& coverage = *report.coverage;
  Json losses = Json::object(), rows = Json::array();
  for (const auto& cause : coverage.losses().causes()) {
    losses[Sanitize(cause.name())] = cause.count();
  }
  for (const v1::Coverage::Row& row : coverage.rows()) {
    Json json = {{"abi", Sanitize(row.abi())},
                 {"subsystem", Sanitize(row.subsystem())},
                 {"title", Sanitize(row.title())},
                 {"possible", row.possible()},
                 {"built_in", nullptr},
                 {"used", row.used()},
                 {"used_not_built_in", nullptr},
                 {"calls", row.calls()}};
    if (row.has_built_in()) json["built_in"] = row.built_in();
    if (row.has_used_not_built_in()) json["used_not_built_in"] = row.used_not_built_in();
    rows.push_back(std::move(json));
  }
  const v1::Provenance& origin = coverage.provenance();
  return {{"scope", Sanitize(report.scope)},
          {"complete", coverage.complete()},
          {"losses", std::move(losses)},
          {"start_time", Rfc3339(origin.start_time().seconds(), origin.start_time().nanos())},
          {"end_time", Rfc3339(origin.end_time().seconds(), origin.end_time().nanos())},
          {"rows", std::move(rows)}};
}

// A line of the CSV.
void Add(std::string& out, const std::string& section, const std::string& abi,
         const std::string& name, const std::string& value, const system::Reading& reading) {
  absl::StrAppend(&out, section, ",", CsvText(abi), ",", CsvText(name), ",", CsvText(value), ",",
                  CsvText(reading.source), ",", CsvText(reading.problem), "\r\n");
}

// A line for each row, or one that says why there are none.
template <typename Row, typename ValueOf>
void AddList(std::string& out, const std::string& section, const system::List<Row>& list,
             const ValueOf& value_of) {
  if (!list.reading.problem.empty()) Add(out, section, "", "", "", list.reading);
  for (const Row& row : list.rows) Add(out, section, "", row.name, value_of(row), list.reading);
}

std::string CoverageCsv(const SystemReport& report) {
  std::string out =
      "abi,subsystem,title,possible,built_in,used,used_not_built_in,calls,complete\r\n";
  for (const v1::Coverage::Row& row : report.coverage->rows()) {
    absl::StrAppend(&out, CsvText(row.abi()), ",", CsvText(row.subsystem()), ",",
                    CsvText(row.title()), ",", row.possible(), ",",
                    row.has_built_in() ? absl::StrCat(row.built_in()) : "", ",", row.used(), ",",
                    row.has_used_not_built_in() ? absl::StrCat(row.used_not_built_in()) : "", ",",
                    row.calls(), ",", report.coverage->complete() ? "true" : "false", "\r\n");
  }
  return out;
}

}  // namespace

std::string SystemJson(const SystemReport& report) {
  const system::System& view = report.system;
  Json facts = Json::object();
  for (const system::Fact& fact : view.facts) {
    Json json = {{"value", Sanitize(fact.value)}, {"detail", Sanitize(fact.detail)}};
    json.update(Begin(fact.reading));
    facts[Sanitize(fact.name)] = std::move(json);
  }
  Json abis = Json::array();
  for (const system::AbiCalls& abi : view.abis) abis.push_back(AbiJson(abi));
  Json json = {{"read_by", Sanitize(report.read_by)},
               {"facts", std::move(facts)},
               {"config", ConfigJson(report)},
               {"abis", std::move(abis)}};
  json["builtin_modules"] =
      ListJson(view.builtin_modules, "modules", [](const system::BuiltinModule& row) -> Json {
        return {{"name", Sanitize(row.name)}, {"path", Sanitize(row.path)}};
      });
  json["modules"] = ListJson(view.modules, "modules", SystemModuleJson);
  json["filesystems"] =
      ListJson(view.filesystems, "filesystems", [](const system::Filesystem& row) -> Json {
        return {{"name", Sanitize(row.name)}, {"device", row.device}};
      });
  json["protocols"] =
      ListJson(view.protocols, "protocols", [](const system::Protocol& row) -> Json {
        return {{"name", Sanitize(row.name)}, {"module", Sanitize(row.module)}};
      });
  json["tracepoints"] =
      ListJson(view.tracepoints, "tracepoints", [](const system::Tracepoint& row) -> Json {
        return {{"name", Sanitize(row.name)},
                {"required", row.required},
                {"presence", system::Name(row.presence)},
                {"detail", Sanitize(row.detail)}};
      });
  if (report.coverage) json["coverage"] = CoverageJson(report);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string SystemCsv(const SystemReport& report) {
  if (report.coverage) return CoverageCsv(report);
  const system::System& view = report.system;
  std::string out = "section,abi,name,value,source,problem\r\n";
  for (const system::Fact& fact : view.facts) {
    Add(out, "fact", "", fact.name, fact.value, fact.reading);
  }
  Add(out, "config", "", "sha256", view.config.sha256, view.config.reading);
  ForEachOption(view.config.text, [&](const std::string& name, const std::string& value) {
    Add(out, "config", "", name, value, view.config.reading);
  });
  for (const system::AbiCalls& abi : view.abis) {
    for (const system::Call& call : abi.calls) {
      Add(out, "call", abi.abi, call.name, system::Name(call.state), abi.reading);
    }
  }
  AddList(out, "builtin_module", view.builtin_modules, [](const auto& row) { return row.path; });
  AddList(out, "module", view.modules, [](const auto& row) { return absl::StrCat(row.refcount); });
  AddList(out, "filesystem", view.filesystems,
          [](const auto& row) { return std::string(row.device ? "device" : "nodev"); });
  AddList(out, "protocol", view.protocols, [](const auto& row) { return row.module; });
  AddList(out, "tracepoint", view.tracepoints,
          [](const auto& row) { return std::string(system::Name(row.presence)); });
  return out;
}

}  // namespace footprint::client::render
