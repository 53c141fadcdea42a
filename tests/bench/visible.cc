// SPDX-License-Identifier: Apache-2.0
// visible TARGET SAMPLES [WHAT...]: how long after a call a client sees it, in milliseconds, as
// JSON.
//   own      from a call to the answer of GetFootprint, scope: this process, that counts it
//   system   the same of the whole system, with all its processes
//   watch    from a call, made at no particular time, to the footprint of a stream of one every
//            100 ms that counts it
//   status   from a request to the answer of GetStatus; no call is waited for
// Without WHAT: own, system and watch.
#include <grpcpp/grpcpp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "footprint/v1/footprint.grpc.pb.h"

namespace footprint::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Stub = v1::FootprintService::Stub;

double Since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

v1::Scope Own() {
  v1::Scope scope;
  scope.set_pid(getpid());
  return scope;
}

v1::Scope System() {
  v1::Scope scope;
  scope.set_system(true);
  return scope;
}

// Of a call that nothing else here makes.
uint64_t Marks(const v1::Footprint& footprint) {
  for (const auto& row : footprint.syscalls()) {
    if (row.name() == "getppid") return row.calls();
  }
  return 0;
}

v1::Footprint Get(Stub& stub, const v1::Scope& scope) {
  v1::GetFootprintRequest request;
  v1::GetFootprintResponse response;
  grpc::ClientContext context;
  *request.mutable_scope() = scope;
  const grpc::Status status = stub.GetFootprint(&context, request, &response);
  if (!status.ok()) throw std::runtime_error("GetFootprint: " + status.error_message());
  return response.footprint();
}

std::vector<double> Asked(Stub& stub, const v1::Scope& scope, int samples) {
  std::vector<double> taken;
  syscall(SYS_getppid);
  uint64_t before = Marks(Get(stub, scope));
  for (int i = 0; i < samples; ++i) {
    const Clock::time_point begin = Clock::now();
    syscall(SYS_getppid);
    const uint64_t now = Marks(Get(stub, scope));
    taken.push_back(Since(begin));
    if (now <= before) throw std::runtime_error("an answer without the call before it");
    before = now;
  }
  return taken;
}

std::vector<double> Status(Stub& stub, int samples) {
  std::vector<double> taken;
  for (int i = 0; i < samples; ++i) {
    v1::GetStatusResponse response;
    grpc::ClientContext context;
    const Clock::time_point begin = Clock::now();
    const grpc::Status status = stub.GetStatus(&context, {}, &response);
    if (!status.ok()) throw std::runtime_error("GetStatus: " + status.error_message());
    taken.push_back(Since(begin));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return taken;
}

std::vector<double> Watched(Stub& stub, int samples) {
  v1::WatchFootprintRequest request;
  v1::WatchFootprintResponse response;
  grpc::ClientContext context;
  *request.mutable_scope() = Own();
  request.mutable_interval()->set_nanos(100'000'000);
  const auto reader = stub.WatchFootprint(&context, request);
  std::vector<double> taken;
  if (!reader->Read(&response)) throw std::runtime_error("WatchFootprint: no footprint");
  for (int i = 0; i < samples; ++i) {
    const uint64_t before = Marks(response.footprint());
    // In turn at every part of the interval.
    std::this_thread::sleep_for(std::chrono::milliseconds(i * 37 % 100));
    const Clock::time_point begin = Clock::now();
    syscall(SYS_getppid);
    do {
      if (!reader->Read(&response)) throw std::runtime_error("WatchFootprint: it ended");
    } while (Marks(response.footprint()) <= before);
    taken.push_back(Since(begin));
  }
  context.TryCancel();
  return taken;
}

std::vector<double> Measure(Stub& stub, const std::string& what, int samples) {
  if (what == "own") return Asked(stub, Own(), samples);
  if (what == "system") return Asked(stub, System(), samples);
  if (what == "watch") return Watched(stub, samples);
  if (what == "status") return Status(stub, samples);
  throw std::runtime_error("no such measurement: " + what);
}

}  // namespace
}  // namespace footprint::bench

int main(int argc, char** argv) {
  using namespace footprint;
  const int samples = argc >= 3 ? atoi(argv[2]) : 0;
  if (samples < 1) {
    fprintf(stderr, "usage: visible TARGET SAMPLES [own|system|watch|status...]\n");
    return 2;
  }
  std::vector<std::string> wanted(argv + 3, argv + argc);
  if (wanted.empty()) wanted = {"own", "system", "watch"};
  const auto stub = v1::FootprintService::NewStub(
      grpc::CreateChannel(argv[1], grpc::InsecureChannelCredentials()));
  try {
    nlohmann::ordered_json report;
    for (const std::string& what : wanted) report[what] = bench::Measure(*stub, what, samples);
    printf("%s\n", report.dump().c_str());
  } catch (const std::exception& error) {
    fprintf(stderr, "visible: %s\n", error.what());
    return 1;
  }
  return 0;
}
