// SPDX-License-Identifier: Apache-2.0
#include "data/ioctls.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <tuple>
#include <vector>

namespace footprint::names {
namespace {

// Names are places in one string: thousands of pointers would be relocated at every start.
struct IoctlRow {
  uint32_t command;
  uint32_t mask;  // which bits of a command are compared
  uint32_t name;  // offset into kIoctlNames
  uint8_t length;
  uint8_t context;  // index into kIoctlContexts
  uint8_t abis;     // of kAbi64 and kAbi32
};

constexpr uint8_t kAbi64 = 1;
constexpr uint8_t kAbi32 = 2;

#include "data/ioctls.inc"

constexpr auto IoctlKeyOf(const IoctlRow& row) { return std::tuple(row.context, row.command); }

static_assert(std::ranges::is_sorted(kIoctls, {}, IoctlKeyOf));
static_assert(std::ranges::is_sorted(kIoctlRanges, {}, IoctlKeyOf));
static_assert(std::ranges::is_sorted(kIoctlContexts));

std::string_view NameOf(const IoctlRow& row) { return {kIoctlNames + row.name, row.length}; }

std::string_view FindExact(uint8_t context, uint32_t command, uint8_t abi) {
  const auto found =
      std::ranges::equal_range(kIoctls, std::tuple(context, command), {}, IoctlKeyOf);
  const auto row = std::ranges::find_if(found, [abi](const IoctlRow& r) { return r.abis & abi; });
  return row != found.end() ? NameOf(*row) : std::string_view{};
}

// drm_ioctl() takes a command by its number, whatever its direction and size are: structs grew.
std::string_view FindOfDrm(uint8_t context, uint32_t command, uint8_t abi) {
  constexpr uint32_t kTypeAndNumber = 0xffff;
  constexpr uint32_t kDrmType = 'd' << 8;
  if (!kIoctlContexts[context].starts_with("drm") || (command & 0xff00) != kDrmType) return {};
  const auto* row = std::ranges::find_if(kIoctls, [=](const IoctlRow& r) {
    return r.context == context && (r.abis & abi) &&
           (r.command & kTypeAndNumber) == (command & kTypeAndNumber);
  });
  return row != std::end(kIoctls) ? NameOf(*row) : std::string_view{};
}

std::string_view FindRange(uint8_t context, uint32_t command, uint8_t abi) {
  const auto* row = std::ranges::find_if(kIoctlRanges, [=](const IoctlRow& r) {
    return r.context == context && (r.abis & abi) && (command & r.mask) == r.command;
  });
  return row != std::end(kIoctlRanges) ? NameOf(*row) : std::string_view{};
}

// Is `name` "context", or "context:module" where a module is given?
bool Matches(std::string_view name, std::string_view context, std::string_view module) {
  if (!name.starts_with(context)) return false;
  name.remove_prefix(context.size());
  return module.empty() ? name.empty() : name.starts_with(':') && name.substr(1) == module;
}

// What `find` answers in one context.
template <typename Find>
std::string_view InContext(std::string_view context, std::string_view module, Find find) {
  const auto* const end = std::end(kIoctlContexts);
  const auto* name = std::ranges::lower_bound(kIoctlContexts, context);
  for (; name != end && name->starts_with(context); ++name) {
    if (Matches(*name, context, module)) {
      return find(static_cast<uint8_t>(name - std::begin(kIoctlContexts)));
    }
  }
  return {};
}

// What `find` answers in the first context that knows; that of the module before that of all.
template <typename Find>
std::string_view InContexts(std::string_view contexts, std::string_view module, Find find) {
  std::string_view found;
  while (found.empty() && !contexts.empty()) {
    const std::string_view context = contexts.substr(0, contexts.find(','));
    contexts.remove_prefix(std::min(contexts.size(), context.size() + 1));
    if (!module.empty()) found = InContext(context, module, find);
    if (found.empty()) found = InContext(context, {}, find);
  }
  return found;
}

}  // namespace

std::string_view IoctlName(std::string_view contexts, uint32_t command, bool compat,
                           std::string_view module) {
  const uint8_t abi = compat ? kAbi32 : kAbi64;
  const auto exact = [=](uint8_t context) { return FindExact(context, command, abi); };
  const auto range = [=](uint8_t context) { return FindRange(context, command, abi); };
  std::string_view found = InContext("vfs", {}, exact);
  if (found.empty()) found = InContexts(contexts, module, exact);
  const auto drm = [=](uint8_t context) { return FindOfDrm(context, command, abi); };
  if (found.empty()) found = InContexts(contexts, module, drm);
  return found.empty() ? InContexts(contexts, module, range) : found;
}

std::string IoctlText(uint32_t command) {
  const uint32_t direction = command >> 30;
  const uint32_t size = command >> 16 & 0x3fff;
  const uint32_t type = command >> 8 & 0xff;
  const bool letter = type > ' ' && type < 0x7f && type != '\'' && type != '\\';
  std::array<char, 8> shown{};
  std::snprintf(shown.data(), shown.size(), letter ? "'%c'" : "0x%02x", type);
  constexpr std::array kMacros = {"_IO", "_IOW", "_IOR", "_IOWR"};
  std::array<char, 48> text{};
  if (direction == 0 && size == 0) {
    std::snprintf(text.data(), text.size(), "_IO(%s, 0x%02x)", shown.data(), command & 0xff);
  } else if (direction == 0) {
    // No macro makes this; _IOC() does.
    std::snprintf(text.data(), text.size(), "_IOC(_IOC_NONE, %s, 0x%02x, %u)", shown.data(),
                  command & 0xff, size);
  } else {
    std::snprintf(text.data(), text.size(), "%s(%s, 0x%02x, %u)", kMacros[direction], shown.data(),
                  command & 0xff, size);
  }
  return text.data();
}

std::string ForeignIoctlName(uint32_t command, bool compat) {
  const uint8_t abi = compat ? kAbi32 : kAbi64;
  // Programs ask what they hold whether it is a terminal, more often than all else.
  const auto exact = [=](uint8_t context) { return FindExact(context, command, abi); };
  if (const std::string_view tty = InContext("tty", {}, exact); !tty.empty()) {
    return std::string(tty);
  }
  std::vector<std::string_view> found;
  for (const IoctlRow& row : kIoctls) {
    if (row.command != command || !(row.abis & abi)) continue;
    if (std::ranges::find(found, NameOf(row)) == found.end()) found.push_back(NameOf(row));
  }
  constexpr size_t kMost = 3;
  if (found.size() > kMost) found.resize(kMost);
  std::string text;
  for (const std::string_view name : found) {
    if (!text.empty()) text += " or ";
    text += name;
  }
  return text;
}

std::span<const uint32_t> IoctlCommands() {
  static const std::vector<uint32_t> commands = [] {
    std::vector<uint32_t> all;
    for (const IoctlRow& row : kIoctls) all.push_back(row.command);
    std::ranges::sort(all);
    const auto again = std::ranges::unique(all);
    all.erase(again.begin(), again.end());
    return all;
  }();
  return commands;
}

std::span<const std::string_view> IoctlContexts() { return kIoctlContexts; }

}  // namespace footprint::names
