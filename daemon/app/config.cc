// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/config.h"

#include <fcntl.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "daemon/app/check_config.h"
#include "daemon/app/ignore.h"
#include "daemon/base/unique_fd.h"
#include "daemon/kernel/probe.h"
#include "daemon/rpc/server.h"

namespace footprint::app {
namespace {

constexpr size_t kMaxConfigBytes = 1 << 20;

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

Reader Flag(bool& into) {
  return [&into](const toml::node& node) -> std::string {
    const auto value = node.value_exact<bool>();
    if (!value) return "must be true or false";
    into = *value;
    return "";
  };
}

// A number, or a string with a percent sign.
Reader Percent(double& into) {
  return [&into](const toml::node& node) -> std::string {
    double value = -1;
    if (const auto text = node.value_exact<std::string>()) {
      absl::string_view digits = *text;
      if (absl::ConsumeSuffix(&digits, "%") && !absl::SimpleAtod(digits, &value)) value = -1;
    } else {
      value = node.value<double>().value_or(-1);
    }
    if (!(value >= 0 && value <= 100)) return "must be from 0 to 100, or \"0%\" to \"100%\"";
    into = value;
    return "";
  };
}

// Words that `wrong` has nothing against.
Reader Checked(std::vector<std::string>& into,
               std::function<std::string(const std::string&)> wrong) {
  return [&into, wrong = std::move(wrong)](const toml::node& node) -> std::string {
    if (const std::string fault = Words(into)(node); !fault.empty()) return fault;
    for (const std::string& word : into) {
      if (const std::string fault = wrong(word); !fault.empty()) return fault;
    }
    return "";
  };
}

using ReaderMap = std::map<std::string, Reader, std::less<>>;

ReaderMap IgnoreReaders(Config& c) {
  return {{"syscalls", Checked(c.ignore_syscalls, WrongSyscall)},
          {"commands", Checked(c.ignore_commands, WrongCommand)},
          {"units", Checked(c.ignore_units, WrongUnit)}};
}

ReaderMap Readers(Config& c) {
  return {
      {"listen", Word(c.listen)},
      {"tier", Word(c.tier, {"calls", "errors", "latency", "full"})},
      {"object", Word(c.object, {"auto", "core", "full", "plain"})},
      {"cpu_budget", Percent(c.cpu_budget)},
      {"calibrate", Flag(c.calibrate)},
      {"interval_ms", Number(c.interval_ms, 50, 3'600'000)},
      {"slots", PowerOfTwo(c.slots, 64, 65536, true)},
      {"slot_memory_mib", Number(c.slot_memory_mib, 0, 384)},
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

absl::Status ReadTable(const toml::table& table, const ReaderMap& readers, const std::string& path,
                       const std::string& prefix) {
  for (const auto& [key, node] : table) {
    const auto where = absl::StrCat(path, ":", node.source().begin.line, ": ");
    const auto name = absl::StrCat(prefix, std::string(key.str()));
    const auto reader = readers.find(key.str());
    if (reader == readers.end()) {
      return absl::InvalidArgumentError(absl::StrCat(where, "unknown key \"", name, "\""));
    }
    if (const std::string wrong = reader->second(node); !wrong.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(where, name, " ", wrong));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSlots(const Config& config) {
  if (config.slots == 0 || config.slot_memory_mib == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "slots and slot_memory_mib both say how many slots there may be: leave one out");
}

// What a single value cannot show, with the place in the file where it can be mended.
absl::Status CheckTogether(const Config& config, const toml::table& table,
                           const std::string& path) {
  const std::pair<const char*, absl::Status> found[] = {
      {"listen", rpc::Server::CheckListen(config.listen)},
      {"disable_hooks", kernel::CheckHookNames(config.disable_hooks)},
      {"cpu_budget", CheckBudget(config)},
      {"slots", CheckSlots(config)}};
  for (const auto& [key, status] : found) {
    if (status.ok()) continue;
    const toml::node* node = table.get(key);
    const auto line = node != nullptr ? node->source().begin.line : 1;
    return absl::InvalidArgumentError(
        absl::StrCat(path, ":", line, ": ", std::string(status.message())));
  }
  return absl::OkStatus();
}

// All of it: with a stream the error of a read, as of a directory, looks like an empty file.
absl::StatusOr<std::string> ReadAll(const std::string& path) {
  const auto wrong = [&](int error) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", std::strerror(error)));
  };
  const base::UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return wrong(errno);
  std::string text;
  char buffer[4096];
  while (true) {
    const ssize_t got = read(fd.get(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return wrong(errno);
    if (got == 0) return text;
    text.append(buffer, static_cast<size_t>(got));
    if (text.size() > kMaxConfigBytes) return wrong(EFBIG);
  }
}

}  // namespace

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  const auto text = ReadAll(path);
  if (!text.ok()) return text.status();

  Config config;
  toml::table table;
  try {
    table = toml::parse(*text, path);
  } catch (const toml::parse_error& error) {  // the library's only way to report
    return absl::InvalidArgumentError(
        absl::StrCat(path, ":", error.source().begin.line, ": ", std::string(error.description())));
  }
  if (const toml::node* node = table.get("ignore"); node != nullptr) {
    const toml::table* ignore = node->as_table();
    if (ignore == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", node->source().begin.line, ": ignore must be a table"));
    }
    if (absl::Status s = ReadTable(*ignore, IgnoreReaders(config), path, "ignore."); !s.ok()) {
      return s;
    }
    table.erase("ignore");
  }
  if (absl::Status s = ReadTable(table, Readers(config), path, ""); !s.ok()) return s;
  if (absl::Status s = CheckTogether(config, table, path); !s.ok()) return s;
  return config;
}

}  // namespace footprint::app
