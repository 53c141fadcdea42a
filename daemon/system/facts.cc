// SPDX-License-Identifier: Apache-2.0
#include "daemon/system/facts.h"

#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "daemon/system/files.h"
#include "daemon/system/kernel_config.h"

namespace footprint::system {
namespace {

constexpr uint32_t kNoteBuildId = 3;  // NT_GNU_BUILD_ID of elf.h

struct TaintFlag {
  char letter;
  const char* meaning;
};
// By bit: Documentation/admin-guide/tainted-kernels.rst.
constexpr TaintFlag kTaints[] = {{'P', "proprietary module"},
                                 {'F', "module loaded by force"},
                                 {'S', "kernel out of specification"},
                                 {'R', "module unloaded by force"},
                                 {'M', "machine check"},
                                 {'B', "bad page"},
                                 {'U', "set by a user"},
                                 {'D', "died: oops or BUG"},
                                 {'A', "ACPI table overridden"},
                                 {'W', "warning issued"},
                                 {'C', "staging driver"},
                                 {'I', "workaround for firmware"},
                                 {'O', "module from outside the tree"},
                                 {'E', "unsigned module"},
                                 {'L', "soft lockup"},
                                 {'K', "live patch"},
                                 {'X', "set by the distribution"},
                                 {'T', "built with struct randomisation"},
                                 {'N', "in-kernel test ran"},
                                 {'J', "fwctl changed what runs on a device"}};

Fact Told(std::string name, std::string value, std::string source) {
  Fact fact{.name = std::move(name), .value = std::move(value)};
  fact.reading.source = std::move(source);
  if (fact.value.empty()) fact.reading.problem = "not told by " + fact.reading.source;
  return fact;
}

// The text of a small file, without the blanks around it. `absence`: what it means that there is
// no such file.
Fact FromFile(std::string name, const std::string& root, const std::string& path,
              const char* absence) {
  Fact fact{.name = std::move(name)};
  fact.reading.source = path;
  const absl::StatusOr<std::string> text = ReadFile(root + path);
  if (text.ok()) {
    fact.value = std::string(absl::StripAsciiWhitespace(*text));
  } else {
    fact.reading.problem = std::string(text.status().message());
    if (absl::IsNotFound(text.status())) absl::StrAppend(&fact.reading.problem, ": ", absence);
  }
  return fact;
}

// "none [integrity] confidentiality" means integrity.
Fact Lockdown(const std::string& root, const Config& config) {
  const bool built_in =
      config.text.empty() || !ConfigValue(config.text, "CONFIG_SECURITY_LOCKDOWN_LSM").empty();
  Fact fact = FromFile("lockdown", root, "/sys/kernel/security/lockdown",
                       !built_in             ? "built without CONFIG_SECURITY_LOCKDOWN_LSM"
                       : config.text.empty() ? "securityfs is not mounted, or there is no such LSM"
                                             : "securityfs is not mounted, or lsm= leaves it out");
  const size_t open = fact.value.find('['), close = fact.value.find(']');
  if (open == std::string::npos || close == std::string::npos || close < open) return fact;
  fact.detail = fact.value;
  fact.value = fact.detail.substr(open + 1, close - open - 1);
  return fact;
}

Fact BuildId(const std::string& root) {
  constexpr char kPath[] = "/sys/kernel/notes";
  Fact fact{.name = "build_id"};
  fact.reading.source = kPath;
  const absl::StatusOr<std::string> notes = ReadFile(root + kPath);
  if (!notes.ok()) {
    fact.reading.problem = std::string(notes.status().message());
    return fact;
  }
  fact.value = BuildIdOf(*notes);
  if (fact.value.empty()) fact.reading.problem = "linked without a build id";
  return fact;
}

Fact Taint(const std::string& root) {
  Fact fact = FromFile("taint", root, "/proc/sys/kernel/tainted", "/proc is not mounted");
  uint64_t mask = 0;
  if (!fact.value.empty() && absl::SimpleAtoi(fact.value, &mask)) fact.detail = TaintText(mask);
  return fact;
}

}  // namespace

std::string BuildIdOf(std::string_view notes) {
  const auto padded = [](size_t size) { return (size + 3) & ~size_t{3}; };
  while (notes.size() >= 12) {
    uint32_t head[3];  // sizes of name and content, type
    std::memcpy(head, notes.data(), sizeof(head));
    const size_t name = sizeof(head), content = name + padded(head[0]);
    if (head[0] > notes.size() || head[1] > notes.size() || content + head[1] > notes.size()) break;
    if (head[2] == kNoteBuildId && notes.substr(name, head[0]) == std::string_view("GNU\0", 4)) {
      return absl::BytesToHexString(absl::string_view(notes.data() + content, head[1]));
    }
    notes.remove_prefix(std::min(notes.size(), content + padded(head[1])));
  }
  return "";
}

std::string TaintText(uint64_t mask) {
  if (mask == 0) return "not tainted";
  std::string text;
  for (size_t bit = 0; bit < 64; ++bit) {
    if ((mask >> bit & 1) == 0) continue;
    absl::StrAppend(&text, text.empty() ? "" : "; ");
    if (bit < std::size(kTaints)) {
      absl::StrAppend(&text, std::string(1, kTaints[bit].letter), " ", kTaints[bit].meaning);
    } else {
      absl::StrAppend(&text, "bit ", bit);
    }
  }
  return text;
}

std::vector<Fact> ReadFacts(const Machine& machine, const Config& config) {
  const std::string& root = machine.root;
  std::vector<Fact> facts = {
      Told("kernel_release", machine.release, "uname(2)"),
      Told("kernel_version", machine.version, "uname(2)"),
      BuildId(root),
      Told("machine", machine.machine, "uname(2)"),
      FromFile("command_line", root, "/proc/cmdline", "/proc is not mounted"),
      FromFile("clock_source", root,
               "/sys/devices/system/clocksource/clocksource0/current_clocksource",
               "/sys is not mounted"),
      Lockdown(root, config),
      Taint(root),
      Told("page_size", machine.page_size != 0 ? absl::StrCat(machine.page_size) : "",
           "sysconf(3)")};
  return facts;
}

}  // namespace footprint::system
