// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/footprint_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "daemon/rpc/convert.h"
#include "daemon/rpc/convert_system.h"
#include "daemon/rpc/executor.h"

namespace footprint::rpc {
namespace {

constexpr int kDefaultPage = 200;
constexpr int kLargestPage = 1000;

// Where a page begins: after this image. Opaque to clients.
struct PageToken {
  model::LifeId life;
  uint32_t image = 0;
  bool first = true;
};

absl::StatusOr<PageToken> ParseToken(const std::string& token) {
  if (token.empty()) return PageToken{};
  const std::vector<std::string> parts = absl::StrSplit(token, '.');
  PageToken parsed{.first = false};
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &parsed.life.pid) ||
      !absl::SimpleAtoi(parts[1], &parsed.life.birth) ||
      !absl::SimpleAtoi(parts[2], &parsed.image)) {
    return absl::InvalidArgumentError("page_token: not one that this service gave");
  }
  return parsed;
}

void FillPage(const model::Snapshot& snapshot, const PageToken& after, int size, bool include_dead,
              v1::ListProcessesResponse& out) {
  auto life = std::lower_bound(snapshot.lives.begin(), snapshot.lives.end(), after.life,
                               [](const auto& l, const model::LifeId& id) { return l->id < id; });
  size_t bytes = 0;
  for (; life != snapshot.lives.end(); ++life) {
    for (const auto& image : (*life)->images) {
      if (!after.first && (*life)->id == after.life && image->number <= after.image) continue;
      if (!image->alive && !include_dead) continue;
      if (out.processes_size() == size || bytes >= kMaxProcessBytes) {
        return;  // next_page_token names the last one that is in
      }
      v1::Process& process = *out.add_processes();
      ToProto(**life, *image, process);
      bytes += process.ByteSizeLong();
      out.set_next_page_token(
          absl::StrCat((*life)->id.pid, ".", (*life)->id.birth, ".", image->number));
    }
  }
  out.clear_next_page_token();
}

}  // namespace

grpc::ServerUnaryReactor* FootprintService::Answer(
    grpc::CallbackServerContext* context,
    std::function<absl::Status(const model::Snapshot&)> fill) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  control_.Harvest([reactor, fill = std::move(fill)](absl::StatusOr<model::SnapshotPtr> taken) {
    RunSoon([reactor, fill, taken = std::move(taken)] {
      reactor->Finish(ToGrpc(taken.ok() ? fill(**taken) : taken.status()));
    });
  });
  return reactor;
}

grpc::ServerUnaryReactor* FootprintService::GetStatus(grpc::CallbackServerContext* context,
                                                      const v1::GetStatusRequest*,
                                                      v1::GetStatusResponse* response) {
  return Answer(context, [this, response](const model::Snapshot& snapshot) {
    ToProto(snapshot, *response);
    const ServerFacts facts = facts_();
    response->set_connections(facts.connections);
    response->set_connections_refused(facts.connections_refused);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* FootprintService::GetFootprint(grpc::CallbackServerContext* context,
                                                         const v1::GetFootprintRequest* request,
                                                         v1::GetFootprintResponse* response) {
  auto scope = ToScope(request->scope());
  if (!scope.ok()) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(ToGrpc(scope.status()));
    return reactor;
  }
  const bool omit = request->omit_processes();
  return Answer(context, [scope = *scope, omit, response](const model::Snapshot& snapshot) {
    auto footprint = model::Evaluate(snapshot, scope);
    if (footprint.ok()) ToProto(*footprint, omit, *response->mutable_footprint());
    return footprint.status();
  });
}

grpc::ServerUnaryReactor* FootprintService::ListProcesses(grpc::CallbackServerContext* context,
                                                          const v1::ListProcessesRequest* request,
                                                          v1::ListProcessesResponse* response) {
  absl::Status wrong;
  if (request->page_size() < 0) wrong = absl::InvalidArgumentError("page_size: negative");
  const auto token = ParseToken(request->page_token());
  if (wrong.ok() && !token.ok()) wrong = token.status();
  if (!wrong.ok()) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(ToGrpc(wrong));
    return reactor;
  }
  const int size =
      request->page_size() == 0 ? kDefaultPage : std::min(request->page_size(), kLargestPage);
  const bool dead = request->include_dead();
  return Answer(context, [token = *token, size, dead, response](const model::Snapshot& snapshot) {
    FillPage(snapshot, token, size, dead, *response);
    return absl::OkStatus();
  });
}

grpc::ServerWriteReactor<v1::WatchFootprintResponse>* FootprintService::WatchFootprint(
    grpc::CallbackServerContext* context, const v1::WatchFootprintRequest* request) {
  return StartFootprintWatch(context, *request, control_, streams_);
}

grpc::ServerWriteReactor<v1::WatchEventsResponse>* FootprintService::WatchEvents(
    grpc::CallbackServerContext* context, const v1::WatchEventsRequest* request) {
  return StartEventWatch(context, *request, events_, streams_);
}

grpc::ServerUnaryReactor* FootprintService::GetSystem(grpc::CallbackServerContext* context,
                                                      const v1::GetSystemRequest* request,
                                                      v1::GetSystemResponse* response) {
  absl::StatusOr<model::Scope> scope = model::Scope{};
  const bool cover = request->has_coverage();
  if (cover) scope = ToScope(request->coverage());
  if (!scope.ok() || read_system_ == nullptr) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(ToGrpc(scope.ok() ? absl::UnimplementedError("this daemon reads no system")
                                      : scope.status()));
    return reactor;
  }
  const bool omit = request->omit_config_values();
  return Answer(context,
                [this, cover, scope = *scope, omit, response](const model::Snapshot& snapshot) {
                  const auto system = read_system_();
                  ToProto(*system, omit, *response->mutable_system());
                  if (!cover) return absl::OkStatus();
                  const auto footprint = model::Evaluate(snapshot, scope);
                  if (footprint.ok()) ToProto(*system, *footprint, *response->mutable_coverage());
                  return footprint.status();
                });
}

grpc::ServerUnaryReactor* FootprintService::ListModules(grpc::CallbackServerContext* context,
                                                        const v1::ListModulesRequest* request,
                                                        v1::ListModulesResponse* response) {
  const bool built_in = request->include_builtin();
  return Answer(context, [built_in, response](const model::Snapshot& snapshot) {
    if (snapshot.modules != nullptr) SetModules(*snapshot.modules, built_in, *response);
    return absl::OkStatus();
  });
}

}  // namespace footprint::rpc
