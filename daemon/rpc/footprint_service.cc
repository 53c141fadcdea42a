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
  std::pair<uint32_t, uint64_t> image;  // number and cgroup: in their order
  bool first = true;
};

absl::StatusOr<PageToken> ParseToken(const std::string& token) {
  if (token.empty()) return PageToken{};
  const std::vector<std::string> parts = absl::StrSplit(token, '.');
  PageToken parsed{.first = false};
  if (parts.size() != 4 || !absl::SimpleAtoi(parts[0], &parsed.life.pid) ||
      !absl::SimpleAtoi(parts[1], &parsed.life.birth) ||
      !absl::SimpleAtoi(parts[2], &parsed.image.first) ||
      !absl::SimpleAtoi(parts[3], &parsed.image.second)) {
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
      const std::pair key{image->number, image->cgroup_id};
      if (!after.first && (*life)->id == after.life && key <= after.image) continue;
      if (!image->alive && !include_dead) continue;
      if (out.processes_size() == size || bytes >= kMaxProcessBytes) {
        return;  // next_page_token names the last one that is in
      }
      v1::Process& process = *out.add_processes();
      ToProto(**life, *image, process);
      bytes += process.ByteSizeLong();
      out.set_next_page_token(
          absl::StrCat((*life)->id.pid, ".", (*life)->id.birth, ".", key.first, ".", key.second));
    }
  }
  out.clear_next_page_token();
}

}  // namespace

template <typename Response, typename Fill>
grpc::ServerUnaryReactor* FootprintService::Answer(Call* call, Fill fill) {
  control_.Harvest([call, fill = std::move(fill)](absl::StatusOr<model::SnapshotPtr> taken) {
    RunSoon([call, fill, taken = std::move(taken)] {
      if (!taken.ok()) return call->Reply(taken.status());
      if (call->Cancelled()) return call->Reply(absl::CancelledError());
      Response response;
      const absl::Status status = fill(**taken, response);
      call->Reply(status, &response);
    });
  });
  return call;
}

grpc::ServerUnaryReactor* FootprintService::GetStatus(grpc::CallbackServerContext* context,
                                                      const grpc::ByteBuffer* bytes,
                                                      grpc::ByteBuffer* response) {
  v1::GetStatusRequest request;
  Call* const call = Call::Begin(context, streams_.clients(), *bytes, request, response);
  if (!call->open()) return call;
  return Answer<v1::GetStatusResponse>(
      call, [this](const model::Snapshot& snapshot, v1::GetStatusResponse& out) {
        ToProto(snapshot, out);
        const ServerFacts facts = facts_();
        out.set_connections(facts.connections);
        out.set_connections_refused(facts.connections_refused);
        out.set_connections_cut(facts.connections_cut);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* FootprintService::GetFootprint(grpc::CallbackServerContext* context,
                                                         const grpc::ByteBuffer* bytes,
                                                         grpc::ByteBuffer* response) {
  v1::GetFootprintRequest request;
  Call* const call = Call::Begin(context, streams_.clients(), *bytes, request, response);
  if (!call->open()) return call;
  auto scope = ToScope(request.scope());
  if (!scope.ok()) {
    call->Reply(scope.status());
    return call;
  }
  return Answer<v1::GetFootprintResponse>(
      call, [scope = *std::move(scope), omit = request.omit_processes()](
                const model::Snapshot& snapshot, v1::GetFootprintResponse& out) {
        auto footprint = model::Evaluate(snapshot, scope);
        if (footprint.ok()) ToProto(*footprint, omit, *out.mutable_footprint());
        return footprint.status();
      });
}

grpc::ServerUnaryReactor* FootprintService::ListProcesses(grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer* bytes,
                                                          grpc::ByteBuffer* response) {
  v1::ListProcessesRequest request;
  Call* const call = Call::Begin(context, streams_.clients(), *bytes, request, response);
  if (!call->open()) return call;
  absl::Status wrong;
  if (request.page_size() < 0) wrong = absl::InvalidArgumentError("page_size: negative");
  const auto token = ParseToken(request.page_token());
  if (wrong.ok() && !token.ok()) wrong = token.status();
  if (!wrong.ok()) {
    call->Reply(wrong);
    return call;
  }
  const int size =
      request.page_size() == 0 ? kDefaultPage : std::min(request.page_size(), kLargestPage);
  return Answer<v1::ListProcessesResponse>(
      call, [token = *token, size, dead = request.include_dead()](const model::Snapshot& snapshot,
                                                                  v1::ListProcessesResponse& out) {
        FillPage(snapshot, token, size, dead, out);
        return absl::OkStatus();
      });
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* FootprintService::WatchFootprint(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return StartFootprintWatch(context, *request, control_, streams_);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* FootprintService::WatchEvents(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return StartEventWatch(context, *request, events_, streams_);
}

grpc::ServerUnaryReactor* FootprintService::GetSystem(grpc::CallbackServerContext* context,
                                                      const grpc::ByteBuffer* bytes,
                                                      grpc::ByteBuffer* response) {
  v1::GetSystemRequest request;
  Call* const call = Call::Begin(context, streams_.clients(), *bytes, request, response);
  if (!call->open()) return call;
  absl::StatusOr<model::Scope> scope = model::Scope{};
  const bool cover = request.has_coverage();
  if (cover) scope = ToScope(request.coverage());
  if (!scope.ok() || read_system_ == nullptr) {
    call->Reply(scope.ok() ? absl::UnimplementedError("this daemon reads no system")
                           : scope.status());
    return call;
  }
  return Answer<v1::GetSystemResponse>(
      call, [this, cover, scope = *std::move(scope), omit = request.omit_config_values()](
                const model::Snapshot& snapshot, v1::GetSystemResponse& out) {
        const auto system = read_system_();
        ToProto(*system, omit, *out.mutable_system());
        if (!cover) return absl::OkStatus();
        const auto footprint = model::Evaluate(snapshot, scope);
        if (footprint.ok()) ToProto(*system, *footprint, *out.mutable_coverage());
        return footprint.status();
      });
}

grpc::ServerUnaryReactor* FootprintService::ListModules(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* bytes,
                                                        grpc::ByteBuffer* response) {
  v1::ListModulesRequest request;
  Call* const call = Call::Begin(context, streams_.clients(), *bytes, request, response);
  if (!call->open()) return call;
  return Answer<v1::ListModulesResponse>(
      call, [built_in = request.include_builtin()](const model::Snapshot& snapshot,
                                                   v1::ListModulesResponse& out) {
        if (snapshot.modules != nullptr) SetModules(*snapshot.modules, built_in, out);
        return absl::OkStatus();
      });
}

}  // namespace footprint::rpc
