// SPDX-License-Identifier: Apache-2.0
// Classes are named once, while they are there, and retired with their module.
#include "daemon/collect/object_book.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "daemon/collect/counts_builder.h"
#include "tests/unit/collect/fake_source.h"

namespace footprint::collect {
namespace {

fp_class Announced(const char* module, uint32_t epoch, uint64_t fops) {
  fp_class entry{};
  entry.key = {.fops = fops, .detail = 7, .traits = S_IFCHR >> 12, .epoch = epoch, .pad = 0};
  entry.key.traits |= uint64_t{10 << 20 | 232} << 32;
  entry.ready = 1;
  std::strncpy(entry.module, module, sizeof(entry.module) - 1);
  return entry;
}

struct Book {
  std::vector<objects::ClassFacts> asked;
  FakeSource source{8};
  ObjectBook book{
      source, [this](std::span<const objects::ClassFacts> classes) {
        std::vector<objects::ObjectName> names;
        for (const auto& facts : classes) {
          asked.push_back(facts);
          names.push_back({.server = "spi", .driver = "spidev", .module = facts.module});
        }
        return names;
      }};
  void Announce(uint32_t id, const fp_class& entry) {
    source.classes[id] = entry;
    ++source.classes_total;
  }
};

}  // namespace

TEST_CASE("unit.collect.a_class_is_named_once") {
  Book b;
  b.Announce(17, Announced("spidev", 1, 0x1000));
  b.book.Refresh();
  b.book.Refresh();
  REQUIRE(b.asked.size() == 1);
  CHECK(b.asked[0].rdev == (10 << 20 | 232));
  CHECK(S_ISCHR(b.asked[0].mode));
  REQUIRE(b.book.Find(17) != nullptr);
  CHECK(b.book.Find(17)->device == "10:232");
  CHECK(b.book.Find(17)->module == "spidev");
  CHECK(b.book.Find(18) == nullptr);
}

TEST_CASE("unit.collect.a_class_being_filled_in_is_named_later") {
  Book b;
  fp_class entry = Announced("", 0, 0x1000);
  entry.ready = 0;
  b.Announce(17, entry);
  b.book.Refresh();
  CHECK(b.asked.empty());
  b.source.classes[17].ready = 1;
  b.book.Refresh();
  CHECK(b.asked.size() == 1);
}

TEST_CASE("unit.collect.classes_of_unloaded_modules_leave_the_kernel_and_keep_their_names") {
  Book b;
  b.Announce(17, Announced("spidev", 1, 0x1000));
  b.Announce(18, Announced("", 0, 0x2000));
  b.book.Refresh();
  b.source.epoch = 2;
  b.Announce(19, Announced("i2c_dev", 2, 0x1000));  // at the address of the one that went
  b.book.Refresh();
  CHECK_FALSE(b.source.classes.contains(17));
  CHECK(b.source.classes.contains(18));
  CHECK(b.source.classes.contains(19));
  CHECK(b.book.Find(17)->module == "spidev");
  CHECK(b.book.Find(19)->module == "i2c_dev");
}

TEST_CASE("unit.collect.snapshots_keep_their_table") {
  Book b;
  b.Announce(17, Announced("spidev", 1, 0x1000));
  b.book.Refresh();
  const auto before = b.book.Table();
  b.source.commands[0x800001] = {.class_id = 17, .command = 0x6b01};
  ++b.source.classes_total;
  b.book.Refresh();
  CHECK(before->commands.empty());
  REQUIRE(b.book.Table()->commands.contains(0x800001));
  CHECK(b.book.Table()->commands.at(0x800001).command == 0x6b01);
  CHECK(b.book.Table()->commands.at(0x800001).object_class == 17);
}

TEST_CASE("unit.collect.facts_of_a_socket") {
  fp_class entry{};
  entry.key.traits = S_IFSOCK >> 12 | FP_TRAIT_KERNEL_MOUNT | uint64_t{10} << 16 |
                     uint64_t{1} << 32 | uint64_t{6} << 48;
  entry.socket = 1;
  std::strcpy(entry.protocol, "TCPv6");
  const objects::ClassFacts facts = FactsOf(entry);
  CHECK(facts.socket);
  CHECK(facts.family == 10);
  CHECK(facts.type == 1);
  CHECK(facts.protocol == 6);
  CHECK(facts.protocol_name == "TCPv6");
  CHECK(facts.rdev == 0);
}

TEST_CASE("unit.collect.made_and_second_objects_are_in_no_total") {
  fp_slot slot{};
  const uint64_t open = Key(257);
  slot.cells[0] = {.key = open, .calls = 5, .errors = 2, .total_ns = 50, .max_ns = 20};
  slot.cells[1] = {.key = open | FP_KEY_MADE | uint64_t{17} << FP_KEY_CLASS_SHIFT,
                   .calls = 3,
                   .errors = 0,
                   .total_ns = 30,
                   .max_ns = 20};
  slot.cells[2] = {.key = Key(275) | FP_KEY_SECOND | uint64_t{18} << FP_KEY_CLASS_SHIFT,
                   .calls = 7,
                   .errors = 0,
                   .total_ns = 0,
                   .max_ns = 0};
  CountsBuilder builder;
  builder.AddSlot(slot);
  const model::Counts counts = builder.Build();
  CHECK(model::Sum(counts).calls == 5);
  CHECK(model::Sum(counts).errors == 2);
  REQUIRE(counts.calls.size() == 3);
  CHECK(counts.calls[1].first.kind == model::CallKind::kMade);
  CHECK(counts.calls[1].first.object_class == 17);
  CHECK(counts.calls[2].first.kind == model::CallKind::kSecond);
}

}  // namespace footprint::collect
