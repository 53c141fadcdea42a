// SPDX-License-Identifier: Apache-2.0
// Which object is tried after which refusal.
#include "daemon/kernel/attempts.h"

#include <catch2/catch.hpp>
#include <map>

namespace footprint::kernel {
namespace {

// Refuses as many attempts as it has words for, in their order.
struct Kernel {
  absl::StatusOr<Attempts> Try(ObjectChoice choice, bool preemptible) {
    return TryObjects(choice, preemptible, [this](const Attempt& attempt) {
      tried.push_back(attempt);
      const size_t number = tried.size() - 1;
      return number < refusals.size() ? refusals[number] : absl::OkStatus();
    });
  }
  std::vector<absl::Status> refusals;
  std::vector<Attempt> tried;
};

TEST_CASE("unit.attempts.the_richest_that_is_accepted_serves") {
  Kernel kernel{.refusals = {absl::InvalidArgumentError("typed"),
                             absl::InvalidArgumentError("full"),
                             absl::InvalidArgumentError("unread")}};
  const auto made = kernel.Try(ObjectChoice::kAuto, false);
  REQUIRE(made.ok());
  CHECK(made->last.kind == ObjectKind::kCore);
  CHECK(made->reasons == std::vector<std::string>{"full"});
  REQUIRE(kernel.tried.size() == 4);
  CHECK(kernel.tried[1].may_read_kernel);
  CHECK(kernel.tried[2].kind == ObjectKind::kFull);
  CHECK_FALSE(kernel.tried[2].may_read_kernel);
}

TEST_CASE("unit.attempts.without_perf_before_without_detail") {
  Kernel kernel{.refusals = {absl::PermissionDeniedError("paranoid")}};
  const auto made = kernel.Try(ObjectChoice::kAuto, true);
  REQUIRE(made.ok());
  CHECK(made->last.kind == ObjectKind::kFullTyped);
  CHECK_FALSE(made->last.rescues);
  CHECK(made->without_perf.message() == "paranoid");
  CHECK(made->reasons.empty());
}

// Another object would be the poorer one for nothing, or be refused for the same reason.
TEST_CASE("unit.attempts.end_where_no_thread_is_to_be_had") {
  for (const bool preemptible : {false, true}) {
    for (size_t before : {0, 1, 2, 3}) {
      Kernel kernel{.refusals = std::vector<absl::Status>(before, absl::InternalError("other"))};
      kernel.refusals.push_back(NoThreadError());
      const auto made = kernel.Try(ObjectChoice::kAuto, preemptible);
      CHECK(kernel.tried.size() == before + 1);
      CHECK(absl::IsUnavailable(made.status()));
      CHECK(made.status().message() == NoThreadError().message());
    }
  }
}

// A smaller object may do with what there is.
TEST_CASE("unit.attempts.go_on_where_memory_is_short") {
  Kernel kernel{.refusals = {absl::ResourceExhaustedError("no memory")}};
  CHECK(kernel.Try(ObjectChoice::kAuto, false).ok());
  CHECK(kernel.tried.size() == 2);
}

TEST_CASE("unit.attempts.a_chosen_object_alone_is_tried") {
  const std::map<ObjectChoice, size_t> attempts{{ObjectChoice::kAuto, 4},
                                                {ObjectChoice::kFull, 3},
                                                {ObjectChoice::kPlain, 2},
                                                {ObjectChoice::kCore, 1}};
  for (const auto& [choice, count] : attempts) {
    Kernel kernel{.refusals = std::vector<absl::Status>(9, absl::PermissionDeniedError("root"))};
    CHECK(absl::IsPermissionDenied(kernel.Try(choice, false).status()));
    CHECK(kernel.tried.size() == count);
  }
}

}  // namespace
}  // namespace footprint::kernel
