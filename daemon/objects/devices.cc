// SPDX-License-Identifier: Apache-2.0
#include "daemon/objects/devices.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace footprint::objects {
namespace {

constexpr uint32_t kMiscMajor = 10;

// " 10 misc" -> {10, "misc"}. A line without a leading number has an empty name.
std::pair<uint32_t, std::string_view> NumberAndName(std::string_view line) {
  const size_t start = line.find_first_not_of(' ');
  if (start == std::string_view::npos) return {};
  uint32_t number = 0;
  const char* end = line.data() + line.size();
  const auto [after, error] = std::from_chars(line.data() + start, end, number);
  if (error != std::errc() || after == end || *after != ' ') return {};
  return {number, std::string_view(after + 1, end)};
}

// The last name of a number: of "4 /dev/vc/0", "4 tty", "4 ttyS" the most particular stands last.
std::string FindNumber(std::istream& lines, uint32_t wanted, std::string_view section) {
  std::string found;
  bool inside = section.empty();
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with(':')) inside = line == section;
    const auto [number, name] = NumberAndName(line);
    if (inside && !name.empty() && number == wanted) found = name;
  }
  return found;
}

std::string LinkName(const std::string& link) {
  std::error_code error;
  return std::filesystem::read_symlink(link, error).filename().string();
}

}  // namespace

Devices::Devices(std::string root) : root_(std::move(root)) {}

DeviceName Devices::Find(bool block, uint32_t rdev) const {
  const uint32_t major = MajorOf(rdev), minor = MinorOf(rdev);
  DeviceName device;
  std::ifstream majors(root_ + "/proc/devices");
  device.major = FindNumber(majors, major, block ? "Block devices:" : "Character devices:");
  if (!block && major == kMiscMajor) {
    std::ifstream misc(root_ + "/proc/misc");
    device.misc = FindNumber(misc, minor, "");
  }
  const std::string link =
      absl::StrCat(root_, "/sys/dev/", block ? "block" : "char", "/", major, ":", minor);
  device.node = LinkName(link);
  device.subsystem = LinkName(link + "/subsystem");
  return device;
}

}  // namespace footprint::objects
