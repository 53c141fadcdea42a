// SPDX-License-Identifier: Apache-2.0
// From classes to rows: every call once, under who served it.
#include <catch2/catch.hpp>
#include <map>

#include "daemon/rpc/convert.h"
#include "daemon/rpc/convert_objects.h"
#include "tests/unit/rpc/numbers.h"

namespace footprint::rpc {
namespace {

model::Footprint Sample() {
  auto origin = std::make_shared<model::Origin>();
  origin->tier = "full";
  auto objects = std::make_shared<model::ObjectTable>();
  objects->classes[5] = {.server = "ext4", .driver = "ext4", .subsystem = 1};
  objects->classes[6] = {.server = "ext4", .driver = "ext4", .subsystem = 1};
  objects->classes[7] = {
      .server = "spidev", .driver = "spidev", .module = "spidev", .ioctls = "spidev"};
  objects->commands[0x800001] = {.object_class = 7, .command = 0xc0de0001};
  model::Footprint f;
  f.origin = origin;
  f.objects = objects;
  return f;
}

model::CallKey Key(int32_t number, uint32_t object_class,
                   model::CallKind kind = model::CallKind::kCalls) {
  return {.abi = 1, .number = number, .object_class = object_class, .kind = kind};
}

std::map<std::string, uint64_t> Calls(const v1::Footprint& out, const std::string& syscall) {
  std::map<std::string, uint64_t> calls;
  for (const auto& row : out.objects()) {
    if (row.syscall() == syscall) calls[row.server()] += row.calls();
  }
  return calls;
}

using Servers = std::map<std::string, uint64_t>;

v1::Footprint Convert(const model::Footprint& f) {
  v1::Footprint out;
  ToProto(f, true, out);
  return out;
}

}  // namespace

TEST_CASE("unit.rpc.objects.classes_of_one_name_are_one_row") {
  model::Footprint f = Sample();
  f.counts.calls = {{Key(kRead, 0), {.calls = 2, .errors = 2}},
                    {Key(kRead, 5), {.calls = 3}},
                    {Key(kRead, 6), {.calls = 4}},
                    {Key(kRead, 99), {.calls = 1}},
                    {Key(kGetpid, 0), {.calls = 9}}};
  const v1::Footprint out = Convert(f);
  CHECK(Calls(out, "read") == Servers{{"ext4", 7}, {"no object", 2}, {"unknown", 1}});
  CHECK(Calls(out, "getpid").empty());
  CHECK(out.objects_size() == 3);
  REQUIRE(out.syscalls_size() == 2);
  for (const auto& row : out.syscalls()) {
    if (row.name() == "getpid") CHECK(row.served_by_size() == 0);
    if (row.name() == "read") {
      CHECK(row.calls() == 10);
      CHECK(row.served_by(0) == "ext4");
    }
  }
}

TEST_CASE("unit.rpc.objects.what_a_call_made_moves_out_of_no_object") {
  model::Footprint f = Sample();
  f.counts.calls = {{Key(kOpenat, 0), {.calls = 5, .errors = 2, .total_ns = 50}},
                    {Key(kOpenat, 5, model::CallKind::kMade), {.calls = 3, .total_ns = 30}},
                    {Key(kPipe2, 0), {.calls = 4, .errors = 1}}};
  const v1::Footprint out = Convert(f);
  CHECK(Calls(out, "openat") == Servers{{"ext4", 3}, {"no object", 2}});
  CHECK(Calls(out, "pipe2") == Servers{{"pipe", 3}, {"no object", 1}});
  CHECK(out.calls() == 9);
}

TEST_CASE("unit.rpc.objects.second_descriptors_are_apart") {
  model::Footprint f = Sample();
  f.counts.calls = {{Key(kSendfile, 7), {.calls = 3}},
                    {Key(kSendfile, 5, model::CallKind::kSecond), {.calls = 3}}};
  const v1::Footprint out = Convert(f);
  CHECK(Calls(out, "sendfile") == Servers{{"spidev", 3}});
  REQUIRE(out.second_objects_size() == 1);
  CHECK(out.second_objects(0).server() == "ext4");
  CHECK(out.calls() == 3);
}

TEST_CASE("unit.rpc.objects.ioctl_commands") {
  model::Footprint f = Sample();
  f.counts.calls = {{Key(kIoctl, 0x400007), {.calls = 2}},
                    {Key(kIoctl, 0x800001), {.calls = 914, .errors = 1}}};
  const v1::Footprint out = Convert(f);
  CHECK(Calls(out, "ioctl") == Servers{{"spidev", 916}});
  REQUIRE(out.ioctls_size() == 2);
  CHECK(out.ioctls(0).command() == "0xc0de0001");
  CHECK(out.ioctls(0).calls() == 914);
  CHECK(out.ioctls(0).module() == "spidev");
  CHECK_FALSE(out.ioctls(0).named());
  CHECK(out.ioctls(1).command() == "other");
  CHECK(out.ioctls(1).driver() == "spidev");
}

TEST_CASE("unit.rpc.objects.lower_tiers_have_none") {
  model::Footprint f = Sample();
  auto origin = std::make_shared<model::Origin>();
  origin->tier = "latency";
  f.origin = origin;
  f.counts.calls = {{Key(kRead, 0), {.calls = 2}}};
  const v1::Footprint out = Convert(f);
  CHECK(out.objects_size() == 0);
  CHECK(out.notes_size() == 0);
}

TEST_CASE("unit.rpc.objects.what_is_missing_is_said") {
  model::Footprint f = Sample();
  auto objects = std::make_shared<model::ObjectTable>(*f.objects);
  objects->classes[5].why = "the kernel shows no addresses";
  f.objects = objects;
  f.counts.calls = {{Key(426, 0), {.calls = 2}}};
  const v1::Footprint out = Convert(f);
  REQUIRE(out.notes_size() == 2);
  CHECK(out.notes(0).find("io_uring") != std::string::npos);
  CHECK(out.notes(1).find("no addresses") != std::string::npos);
}

}  // namespace footprint::rpc
