// SPDX-License-Identifier: Apache-2.0
#include "daemon/collect/object_book.h"

#include <spdlog/spdlog.h>
#include <string.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/objects/devices.h"

namespace footprint::collect {
namespace {

template <size_t size>
std::string Text(const char (&bytes)[size]) {
  return {bytes, strnlen(bytes, size)};
}

bool SameKey(const fp_class_key& a, const fp_class_key& b) {
  return a.fops == b.fops && a.detail == b.detail && a.traits == b.traits && a.epoch == b.epoch;
}

model::ObjectClass ClassOf(const objects::ClassFacts& facts, objects::ObjectName name) {
  model::ObjectClass row{.server = std::move(name.server),
                         .driver = std::move(name.driver),
                         .fops_symbol = std::move(name.fops_symbol),
                         .module = std::move(name.module),
                         .subsystem = name.subsystem,
                         .ioctls = std::move(name.ioctls),
                         .fs_type = facts.fs_type,
                         .device = "",
                         .why = std::move(name.why)};
  if (S_ISCHR(facts.mode) || S_ISBLK(facts.mode)) {
    const uint32_t minor = objects::MinorOf(facts.rdev);
    row.device = absl::StrCat(objects::MajorOf(facts.rdev), ":",
                              minor == FP_MINOR_ANY ? "*" : absl::StrCat(minor));
  }
  return row;
}

}  // namespace

objects::ClassFacts FactsOf(const fp_class& announced) {
  objects::ClassFacts facts;
  const uint64_t traits = announced.key.traits;
  static_assert(objects::kOperations == FP_OPERATIONS);
  facts.fops = announced.key.fops;
  std::copy(std::begin(announced.functions), std::end(announced.functions),
            facts.functions.begin());
  facts.module = Text(announced.module);
  facts.fs_type = Text(announced.fs_type);
  facts.fs_module = Text(announced.fs_module);
  facts.mode = (traits & 0xf) << 12;
  if (S_ISCHR(facts.mode) || S_ISBLK(facts.mode)) facts.rdev = traits >> 32;
  facts.socket = announced.socket != 0;
  if (facts.socket) {
    facts.family = traits >> 16;
    facts.type = traits >> 32;
    facts.protocol = traits >> 48;
    facts.socket_module = Text(announced.socket_module);
    facts.protocol_name = Text(announced.protocol);
  }
  // Files of people keep their names to themselves: only those of the kernel's own tell a class.
  if (traits & FP_TRAIT_KERNEL_MOUNT) facts.anon_name = Text(announced.dentry);
  return facts;
}

const model::ObjectClass* ObjectBook::Find(uint32_t id) const {
  const auto it = table_->classes.find(id);
  return it == table_->classes.end() ? nullptr : &it->second;
}

void ObjectBook::NameAll(const std::vector<std::pair<uint32_t, fp_class>>& fresh,
                         model::ObjectTable& table) {
  std::vector<objects::ClassFacts> facts;
  for (const auto& [id, announced] : fresh) facts.push_back(FactsOf(announced));
  std::vector<objects::ObjectName> names = namer_(facts);
  for (size_t i = 0; i < fresh.size(); ++i) {
    const auto& [id, announced] = fresh[i];
    table.classes[id] = ClassOf(facts[i], std::move(names[i]));
    known_[id] = announced.key;
  }
}

void ObjectBook::Refresh() {
  const uint64_t announced = source_.ClassesTotal();
  if (announced == announced_) return;
  const uint32_t epoch = source_.ModulesEpoch();
  std::vector<std::pair<uint32_t, fp_class>> fresh;
  std::vector<std::pair<uint32_t, fp_class_key>> gone;
  bool all = true;
  absl::Status status = source_.WalkClasses([&](uint32_t id, const fp_class& entry) {
    if (entry.ready == 0) {
      all = false;  // being filled in
      return;
    }
    const auto known = known_.find(id);
    if (known == known_.end() || !SameKey(known->second, entry.key)) fresh.emplace_back(id, entry);
    if (entry.key.epoch != 0 && entry.key.epoch != epoch) gone.emplace_back(id, entry.key);
  });
  auto table = std::make_shared<model::ObjectTable>(*table_);
  if (!fresh.empty()) NameAll(fresh, *table);
  if (status.ok()) {
    status = source_.WalkCommands([&](uint32_t id, const fp_command& command) {
      table->commands[id] = {.object_class = command.class_id, .command = command.command};
    });
  }
  for (const auto& [id, key] : gone) source_.ForgetClass(id, key);
  table_ = std::move(table);
  if (status.ok() && all) announced_ = announced;
  if (!status.ok()) spdlog::warn("{}", status.ToString());
}

}  // namespace footprint::collect
