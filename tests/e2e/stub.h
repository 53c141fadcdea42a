// SPDX-License-Identifier: Apache-2.0
// The daemon's service as another program than `footprint` calls it.
#ifndef FOOTPRINT_TESTS_E2E_STUB_H_
#define FOOTPRINT_TESTS_E2E_STUB_H_

#include <grpcpp/grpcpp.h>

#include <memory>

#include "footprint/v1/footprint.grpc.pb.h"
#include "tests/e2e/daemon.h"

namespace footprint::e2e {

inline std::unique_ptr<v1::FootprintService::Stub> Stub(const Daemon& daemon) {
  return v1::FootprintService::NewStub(
      grpc::CreateChannel(daemon.target(), grpc::InsecureChannelCredentials()));
}

}  // namespace footprint::e2e

#endif  // FOOTPRINT_TESTS_E2E_STUB_H_
