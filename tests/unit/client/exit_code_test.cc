// SPDX-License-Identifier: Apache-2.0
#include "client/exit_code.h"

#include <catch2/catch.hpp>

#include "client/child.h"
#include "client/connection.h"
#include "client/scope.h"

namespace footprint::client {
namespace {

TEST_CASE("status codes become the documented exit statuses", "[client]") {
  using Code = absl::StatusCode;
  CHECK(ExitCodeFor(Code::kOk) == 0);
  CHECK(ExitCodeFor(Code::kNotFound) == 1);
  CHECK(ExitCodeFor(Code::kInvalidArgument) == 2);
  CHECK(ExitCodeFor(Code::kUnavailable) == 69);
  CHECK(ExitCodeFor(Code::kResourceExhausted) == 69);
  CHECK(ExitCodeFor(Code::kInternal) == 70);
  CHECK(ExitCodeFor(Code::kDataLoss) == 74);
  CHECK(ExitCodeFor(Code::kDeadlineExceeded) == 75);
  CHECK(ExitCodeFor(Code::kUnimplemented) == 76);
  CHECK(ExitCodeFor(Code::kPermissionDenied) == 77);
  CHECK(ExitCodeFor(Code::kCancelled) == 0);  // the reader of stdout went away
}

TEST_CASE("wait statuses become what a shell would say", "[client]") {
  CHECK(ExitStatusOf(7 << 8) == 7);
  CHECK(ExitStatusOf(9) == 137);
}

TEST_CASE("a target is a unix socket", "[client]") {
  CHECK(Connection::Open({"localhost:1", 1}).status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(Connection::Open({"unix:", 1}).status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(Connection::Open({"unix:/" + std::string(200, 'x'), 1}).status().code() ==
        absl::StatusCode::kInvalidArgument);
}

TEST_CASE("an absent daemon is named with its target", "[client]") {
  const auto connection = Connection::Open({"unix:/nonexistent/footprint.sock", 5});
  REQUIRE(connection.ok());
  const absl::Status status = (*connection)->GetStatus().status();
  CHECK(status.code() == absl::StatusCode::kUnavailable);
  CHECK(status.message() ==
        "no daemon at unix:/nonexistent/footprint.sock: No such file or directory; --target or "
        "FOOTPRINT_TARGET name another, or start it: sudo footprintd --listen "
        "unix:/nonexistent/footprint.sock");
}

TEST_CASE("at most one scope option", "[client]") {
  CHECK(ToScope({})->system());
  CHECK(ToScope({.tree = 12})->tree_pid() == 12);
  CHECK(Describe(*ToScope({.unit = "ssh.service"})) == "unit ssh.service");
  // A protobuf string must be UTF-8; names need not be.
  CHECK(ToScope({.command = "caf\xc3\xa9"})->command() == "caf\xc3\xa9");
  CHECK(ToScope({.command = "\xff*"})->command_raw() == "\xff*");
  CHECK(ToScope({.unit = "\xc3"})->unit_raw() == "\xc3");
  CHECK(Describe(*ToScope({.unit = "\xc3"})) == "unit \\xc3");
  CHECK(ToScope({.pid = 1, .command = "x"}).status().code() == absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace footprint::client
