// SPDX-License-Identifier: Apache-2.0

#include "absl/strings/str_cat.h"
#include "client/render/json_value.h"
#include "client/render/modules.h"
#include "client/render/report.h"
#include "client/text.h"

namespace footprint::client::render {
namespace {

template <typename Strings>
Json Texts(const Strings& strings) {
  Json json = Json::array();
  for (const std::string& text : strings) json.push_back(Sanitize(text));
  return json;
}

Json ActorJson(const v1::ModuleActor& actor) {
  return {{"pid", actor.pid()}, {"comm", Sanitize(actor.comm())}, {"unit", Sanitize(actor.unit())}};
}

}  // namespace

nlohmann::ordered_json CauseJson(const v1::ModuleCause& cause) {
  return {{"time", Time(cause.time())},
          {"by", ActorJson(cause.by())},
          {"command_line", Sanitize(cause.command_line())},
          {"parent", cause.has_parent() ? ActorJson(cause.parent()) : Json()},
          {"by_kernel", cause.by_kernel()},
          {"request", Sanitize(cause.request())},
          {"requester", cause.has_requester() ? ActorJson(cause.requester()) : Json()}};
}

namespace {

template <typename Rows>
Json CallersJson(const Rows& rows) {
  Json json = Json::array();
  for (const v1::ModuleCaller& caller : rows) {
    Json row = ActorJson(caller.actor());
    row["site"] = Sanitize(caller.site());
    row["address"] = absl::StrCat("0x", absl::Hex(caller.address()));
    row["gets"] = caller.gets();
    row["puts"] = caller.puts();
    json.push_back(std::move(row));
  }
  return json;
}

// A module that is not loaded has no references: 0. A kernel that keeps none: null.
Json CountJson(bool known, int64_t count, bool loaded) {
  if (known) return count;
  return loaded ? Json() : Json(0);
}

Json UseJson(const v1::ModuleUse& use) {
  const bool ever = use.loaded_before() || use.loaded_after();
  return {{"name", Sanitize(use.name())},
          {"refcount_before",
           CountJson(use.has_refcount_before(), use.refcount_before(), use.loaded_before())},
          {"refcount_after",
           CountJson(use.has_refcount_after(), use.refcount_after(), use.loaded_after())},
          {"refcount_most", CountJson(use.has_refcount_most(), use.refcount_most(), ever)},
          {"loaded_before", use.loaded_before()},
          {"loaded_after", use.loaded_after()},
          {"loads", use.loads()},
          {"unloads", use.unloads()},
          {"gets", use.gets()},
          {"puts", use.puts()},
          {"scope_gets", use.scope_gets()},
          {"scope_puts", use.scope_puts()},
          {"users_before", Texts(use.users_before())},
          {"users_after", Texts(use.users_after())},
          {"load", use.has_load() ? CauseJson(use.load()) : Json()},
          {"unload", use.has_unload() ? CauseJson(use.unload()) : Json()},
          {"difference", Sanitize(use.difference())},
          {"by", Sanitize(ByWhom(use))},
          {"callers", CallersJson(use.callers())}};
}

Json ModuleJson(const v1::Module& module) {
  return {{"name", Sanitize(module.name())},
          {"state", Sanitize(module.state())},
          {"refcount", module.has_refcount() ? Json(module.refcount()) : Json()},
          {"refcount_at_attach",
           module.has_refcount_at_attach() ? Json(module.refcount_at_attach()) : Json()},
          {"difference", Sanitize(module.difference())},
          {"size", module.size()},
          {"taints", Sanitize(module.taints())},
          {"users", Texts(module.users())},
          {"loads", module.loads()},
          {"unloads", module.unloads()},
          {"gets", module.gets()},
          {"puts", module.puts()},
          {"first_user", module.has_first_user() ? ActorJson(module.first_user()) : Json()},
          {"load", module.has_load() ? CauseJson(module.load()) : Json()},
          {"unload", module.has_unload() ? CauseJson(module.unload()) : Json()},
          {"callers", CallersJson(module.callers())}};
}

Json RequestJson(const v1::ModuleRequest& request) {
  return {{"name", Sanitize(request.name())},
          {"waited", request.waited()},
          {"not_waited", request.not_waited()},
          {"first", request.has_first() ? ActorJson(request.first()) : Json()},
          {"site", Sanitize(request.site())}};
}

}  // namespace

nlohmann::ordered_json ModuleUsesJson(const v1::Footprint& footprint) {
  Json json = Json::array();
  for (const v1::ModuleUse& use : footprint.modules()) json.push_back(UseJson(use));
  return json;
}

std::string ModulesJson(const v1::ListModulesResponse& list) {
  const v1::ModuleFollowing& following = list.following();
  Json modules = Json::array(), requests = Json::array();
  for (const v1::Module& module : list.modules()) modules.push_back(ModuleJson(module));
  for (const v1::ModuleRequest& request : list.requests()) {
    requests.push_back(RequestJson(request));
  }
  const Json json = {{"followed", following.followed()},
                     {"bpf_object", Sanitize(following.bpf_object())},
                     {"reason", Sanitize(following.reason())},
                     {"losses",
                      {{"counts_dropped", following.counts_dropped()},
                       {"callers_dropped", following.callers_dropped()},
                       {"requests_dropped", following.requests_dropped()},
                       {"events_dropped", following.events_dropped()}}},
                     {"modules", std::move(modules)},
                     {"requests", std::move(requests)}};
  return Dump(json, false);
}

absl::StatusOr<ModuleRecording> ParseRecording(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  // A document of `show` has modules, too, from the attach on: no workload's.
  if (!json.is_object() || !json.contains("run") || !json["run"].is_object() ||
      !json.contains("modules") || !json["modules"].is_array()) {
    return absl::DataLossError("not a footprint of `footprint run --format json`");
  }
  ModuleRecording recording;
  try {
    recording.complete = json.value("complete", true);
    recording.label = json["run"].value("label", "");
    for (const Json& in : json["modules"]) {
      ModuleRow row;
      row.name = in.at("name");
      row.loaded_before = in.value("loaded_before", false);
      row.loaded_after = in.value("loaded_after", false);
      const auto count = [&in](const char* key) -> std::optional<int64_t> {
        if (!in.contains(key) || in[key].is_null()) return std::nullopt;
        return in[key].get<int64_t>();
      };
      row.before = row.loaded_before ? count("refcount_before") : std::nullopt;
      row.after = row.loaded_after ? count("refcount_after") : std::nullopt;
      row.loads = in.value("loads", uint64_t{0});
      row.unloads = in.value("unloads", uint64_t{0});
      row.gets = in.value("gets", uint64_t{0});
      row.puts = in.value("puts", uint64_t{0});
      row.most = row.loaded_before || row.loaded_after || row.Used() ? count("refcount_most")
                                                                     : std::nullopt;
      for (const char* key : {"users_after", "users_before"}) {
        if (row.users.empty() && in.contains(key)) {
          row.users = in[key].get<std::vector<std::string>>();
        }
      }
      row.by = in.value("by", "");
      recording.rows.push_back(std::move(row));
    }
  } catch (const Json::exception& error) {
    return absl::DataLossError(absl::StrCat("modules: ", error.what()));
  }
  return recording;
}

}  // namespace footprint::client::render
