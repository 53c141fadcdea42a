// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace footprint::app {
namespace {

// Takes one value, or says what is wrong with it.
using Reader = std::function<std::string(const toml::node&)>;

Reader Word(std::string& into, std::vector<std::string> allowed = {}) {
  return [&into, allowed](const toml::node& node) -> std::string {
    const auto value = node.value_exact<std::string>();
    if (!value) return "must be a string";
    if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), *value) == allowed.end()) {
      return absl::StrCat("must be one of ", absl::StrJoin(allowed, ", "));
    }
    into = *value;
    return "";
  };
}

Reader Number(int64_t& into, int64_t least, int64_t most) {
  return [&into, least, most](const toml::node& node) -> std::string {
    const auto value = node.value_exact<int64_t>();
    if (!value) return "must be an integer";
    if (*value < least || *value > most) {
      return absl::StrCat("must be from ", least, " to ", most);
    }
    into = *value;
    return "";
  };
}

// 0, or a power of two in the range.
Reader PowerOfTwo(int64_t& into, int64_t least, int64_t most, bool zero) {
  return [&into, least, most, zero](const toml::node& node) -> std::string {
    const auto value = node.value_exact<int64_t>();
    const bool power = value && *value >= least && *value <= most && (*value & (*value - 1)) == 0;
    if (!power && !(zero && value && *value == 0)) {
      return absl::StrCat("must be ", zero ? "0 or " : "", "a power of two from ", least, " to ",
                          most);
    }
    into = *value;
    return "";
  };
}

Reader Words(std::vector<std::string>& into) {
  return [&into](const toml::node& node) -> std::string {
    const toml::array* array = node.as_array();
    if (array == nullptr) return "must be an array of strings";
    into.clear();
    for (const toml::node& element : *array) {
      const auto value = element.value_exact<std::string>();
      if (!value) return "must be an array of strings";
      into.push_back(*value);
    }
    return "";
  };
}

std::map<std::string, Reader, std::less<>> Readers(Config& c) {
  return {
      {"listen", Word(c.listen)},
      {"tier", Word(c.tier, {"calls", "errors", "latency", "full"})},
      {"object", Word(c.object, {"auto", "core", "full", "plain"})},
      {"interval_ms", Number(c.interval_ms, 50, 3'600'000)},
      {"slots", PowerOfTwo(c.slots, 64, 65536, true)},
      {"spill_entries", Number(c.spill_entries, 64, 1 << 20)},
      {"object_classes", Number(c.object_classes, 0, 1 << 14)},
      {"ring_kib", PowerOfTwo(c.ring_kib, 64, 16384, false)},
      {"max_dead_images", Number(c.max_dead_images, 16, 100'000)},
      {"max_commands", Number(c.max_commands, 16, 100'000)},
      {"max_recordings", Number(c.max_recordings, 1, 10'000)},
      {"max_connections", Number(c.max_connections, 4, 512)},
      {"disable_hooks", Words(c.disable_hooks)},
      {"log_level", Word(c.log_level, {"trace", "debug", "info", "warn", "error"})},
      {"log_to", Word(c.log_to, {"auto", "journal", "stderr"})},
  };
}

}  // namespace

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return absl::ErrnoToStatus(errno != 0 ? errno : EIO, path);

  Config config;
  toml::table table;
  try {
    table = toml::parse(text.str(), path);
  } catch (const toml::parse_error& error) {  // the library's only way to report
    return absl::InvalidArgumentError(
        absl::StrCat(path, ":", error.source().begin.line, ": ", std::string(error.description())));
  }
  const auto readers = Readers(config);
  for (const auto& [key, node] : table) {
    const auto where = absl::StrCat(path, ":", node.source().begin.line, ": ");
    const auto reader = readers.find(key.str());
    if (reader == readers.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(where, "unknown key \"", std::string(key.str()), "\""));
    }
    if (const std::string wrong = reader->second(node); !wrong.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(where, std::string(key.str()), " ", wrong));
    }
  }
  return config;
}

}  // namespace footprint::app
