// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/convert.h"

#include <catch2/catch.hpp>

#include "daemon/rpc/text.h"

namespace footprint::rpc {
namespace {

TEST_CASE("unit.rpc.printable_keeps_text_and_escapes_the_rest") {
  CHECK(Printable("plain text, \"quotes\" and \\") == "plain text, \"quotes\" and \\");
  CHECK(Printable("caf\xc3\xa9") == "caf\xc3\xa9");
  CHECK(Printable("\x1b[31mred\a\n") == "\\x1b[31mred\\x07\\x0a");
  CHECK(Printable("\xff\xfe") == "\\xff\\xfe");
  CHECK(Printable("\xc0\xaf") == "\\xc0\\xaf");           // overlong
  CHECK(Printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // surrogate
  CHECK(Printable("\xe2\x80\xae") == "\\xe2\\x80\\xae");  // right-to-left override
  CHECK(Printable("\xc2\x9b") == "\\xc2\\x9b");           // C1: CSI
  CHECK(Printable("\xe2\x82") == "\\xe2\\x82");           // cut short
  CHECK(Printable(std::string(2, '\0')) == "\\x00\\x00");
}

TEST_CASE("unit.rpc.bad_scopes_are_refused") {
  v1::Scope scope;
  CHECK(absl::IsInvalidArgument(ToScope(scope).status()));
  scope.set_pid(0);
  CHECK(absl::IsInvalidArgument(ToScope(scope).status()));
  scope.set_command("");
  CHECK(absl::IsInvalidArgument(ToScope(scope).status()));
  scope.set_unit(std::string(257, 'x'));
  CHECK(absl::IsInvalidArgument(ToScope(scope).status()));
  scope.set_system(false);
  CHECK(absl::IsInvalidArgument(ToScope(scope).status()));
  scope.set_tree_pid(5);
  REQUIRE(ToScope(scope).ok());
  CHECK(ToScope(scope)->kind == model::Scope::Kind::kTree);
}

TEST_CASE("unit.rpc.footprint_has_names_owners_and_every_loss_cause") {
  model::Footprint f;
  model::Histogram histogram{};
  histogram[3] = 2;
  f.counts.calls = {{{.abi = 1, .number = 0, .object_class = 0}, {.calls = 3, .errors = 1}},
                    {{.abi = 1, .number = 0, .object_class = 5}, {.calls = 4}},
                    {{.abi = 1, .number = 99999, .object_class = 0}, {.calls = 1}}};
  f.counts.errnos = {{{1, 0, 11}, 1}};
  f.counts.latency = {{1, histogram}};
  v1::Footprint out;
  ToProto(f, false, out);
  CHECK(out.complete());
  CHECK(out.calls() == 8);
  REQUIRE(out.syscalls_size() == 2);
  CHECK(out.syscalls(0).name() == "read");
  CHECK(out.syscalls(0).calls() == 7);
  CHECK(out.syscalls(0).owner() == "filesystem");
  CHECK(out.syscalls(0).errnos(0).name() == "EAGAIN");
  CHECK(out.syscalls(1).name() == "unknown:99999");
  CHECK(out.losses().causes_size() == model::kLossCount - 1);
  bool seen = false;
  for (const auto& subsystem : out.subsystems()) {
    if (subsystem.latency_log2_ns_size() == 0) continue;
    seen = true;
    CHECK(subsystem.latency_log2_ns_size() == 35);
    CHECK(subsystem.latency_log2_ns(10) == 2);
  }
  CHECK(seen);
}

TEST_CASE("unit.rpc.losses_make_a_footprint_incomplete") {
  model::Footprint f;
  constexpr auto kUnattributed = static_cast<size_t>(model::Loss::kCallsUnattributed);
  f.losses.count[kUnattributed] = 12;
  f.own.count[kUnattributed] = 7;
  f.unplaced.count[kUnattributed] = 5;
  f.elsewhere.count[kUnattributed] = 3;
  f.overflow_calls = 12;
  v1::Footprint out;
  ToProto(f, true, out);
  CHECK_FALSE(out.complete());
  CHECK(out.losses().causes(0).name() == "calls_unattributed");
  CHECK(out.losses().causes(0).count() == 12);
  CHECK(out.losses().causes(0).own() == 7);
  CHECK(out.losses().causes(0).unplaced() == 5);
  CHECK(out.losses().causes(0).elsewhere() == 3);
  CHECK_FALSE(out.losses().why().empty());
  CHECK(out.overflow_calls() == 12);
}

TEST_CASE("unit.rpc.many_rows_are_cut_and_said_to_be") {
  model::Footprint f;
  auto life = std::make_shared<model::Life>();
  auto image = std::make_shared<model::Image>();
  for (int i = 0; i < kMaxProcessRows + 1; ++i) {
    f.rows.push_back({.life = life, .image = image, .command = nullptr, .totals = {.calls = 1}});
  }
  v1::Footprint out;
  ToProto(f, false, out);
  CHECK(out.processes_size() == kMaxProcessRows);
  CHECK(out.processes_truncated());
}

TEST_CASE("unit.rpc.status_codes_are_kept") {
  CHECK(ToGrpc(absl::NotFoundError("x")).error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(ToGrpc(absl::ResourceExhaustedError("x")).error_code() ==
        grpc::StatusCode::RESOURCE_EXHAUSTED);
}

}  // namespace
}  // namespace footprint::rpc
