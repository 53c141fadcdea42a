// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/render/grid.h"
#include "client/render/system.h"
#include "client/text.h"

namespace footprint::client::render {
namespace {

using Align = Grid::Align;
using system::CallState;

constexpr size_t kWidth = 80;

// "filesystems: 23, from /proc/filesystems", and on lines of their own what limits or forbids it.
std::string Title(const std::string& name, size_t count, const system::Reading& reading,
                  const Look& look) {
  std::string out = absl::StrCat(look.Bold(), name, look.Plain());
  if (!reading.problem.empty()) {
    return absl::StrCat(out, ": ", look.Bad(), "not read", look.Plain(), " from ",
                        Sanitize(reading.source), ": ", Sanitize(reading.problem), "\n");
  }
  absl::StrAppend(&out, ": ", count, ", from ", Sanitize(reading.source), "\n");
  if (!reading.note.empty()) absl::StrAppend(&out, "  note: ", Sanitize(reading.note), "\n");
  return out;
}

// Words in lines of at most kWidth columns, indented.
std::string Wrap(const std::vector<std::string>& words) {
  std::string out, line;
  for (const std::string& word : words) {
    const std::string safe = Sanitize(word);
    if (!line.empty() && DisplayWidth(line) + 1 + DisplayWidth(safe) > kWidth) {
      out += line + "\n";
      line.clear();
    }
    absl::StrAppend(&line, line.empty() ? "  " : " ", safe);
  }
  return line.empty() ? out : out + line + "\n";
}

std::string Facts(const SystemReport& report, const Look& look) {
  std::string out = absl::StrCat(FitLeft("read by", 16), Sanitize(report.read_by), "\n");
  for (const system::Fact& fact : report.system.facts) {
    std::string label = fact.name;
    std::replace(label.begin(), label.end(), '_', ' ');
    absl::StrAppend(&out, FitLeft(label, 16));
    if (fact.reading.problem.empty()) {
      out += Sanitize(fact.value);
      if (!fact.detail.empty()) absl::StrAppend(&out, " (", Sanitize(fact.detail), ")");
    } else {
      absl::StrAppend(&out, look.Bad(), "not read", look.Plain(), ": ",
                      Sanitize(fact.reading.problem));
    }
    out += "\n";
  }
  const system::Config& config = report.system.config;
  out += Title("configuration", report.config_options, config.reading, look);
  if (!config.sha256.empty()) absl::StrAppend(&out, "  sha256 ", Sanitize(config.sha256), "\n");
  return out;
}

size_t CountOf(const system::AbiCalls& abi, CallState state) {
  return static_cast<size_t>(std::ranges::count(abi.calls, state, &system::Call::state));
}

std::string CallsOf(const SystemReport& report, const Look& look) {
  Grid grid({{"abi"},
             {"possible", Align::kRight},
             {"built in", Align::kRight},
             {"compiled out", Align::kRight},
             {"absent", Align::kRight}});
  std::string stubs;
  size_t offered = 0;
  for (const system::AbiCalls& abi : report.system.abis) {
    const bool known = abi.reading.problem.empty();
    const auto count = [&](CallState state) {
      return known ? absl::StrCat(CountOf(abi, state)) : std::string("?");
    };
    grid.Add({abi.abi, absl::StrCat(abi.calls.size()), count(CallState::kBuiltIn),
              count(CallState::kStub), count(CallState::kAbsent)});
    if (!abi.offered) continue;
    ++offered;
    std::vector<std::string> names;
    for (const system::Call& call : abi.calls) {
      if (call.state == CallState::kStub) names.push_back(call.name);
    }
    if (!names.empty()) stubs += "compiled out of " + Sanitize(abi.abi) + "\n" + Wrap(names);
  }
  if (report.system.abis.empty()) return "system calls: no table for this machine\n";
  const system::Reading& reading = report.system.abis.front().reading;
  return Title("ABIs offered", offered, reading, look) + grid.ToString(look) + stubs;
}

std::string Modules(const SystemReport& report, const Look& look) {
  const auto& builtin = report.system.builtin_modules;
  const auto& loaded = report.system.modules;
  std::string out = Title("built-in modules", builtin.rows.size(), builtin.reading, look);
  out += Title("loaded modules", loaded.rows.size(), loaded.reading, look);
  if (loaded.rows.empty()) return out;
  Grid grid({{"module"}, {"size", Align::kRight}, {"refs", Align::kRight}, {"state"}, {"used by"}});
  for (const system::LoadedModule& module : loaded.rows) {
    const std::string count = module.refcount < 0 ? "-" : absl::StrCat(module.refcount);
    grid.Add({module.name, HumanBytes(module.size), count, module.state,
              absl::StrJoin(module.users, ",")});
  }
  return out + grid.ToString(look);
}

template <typename Rows>
std::string Registered(const std::string& title, const Rows& list, const Look& look) {
  std::vector<std::string> names;
  for (const auto& row : list.rows) names.push_back(row.name);
  return Title(title, names.size(), list.reading, look) + Wrap(names);
}

std::string Tracepoints(const SystemReport& report, const Look& look) {
  const auto& list = report.system.tracepoints;
  std::string out = Title("tracepoints", list.rows.size(), list.reading, look);
  for (const system::Tracepoint& row : list.rows) {
    absl::StrAppend(&out, "  ", FitLeft(system::Name(row.presence), 8), " ",
                    PadLeft(Sanitize(row.name), 20), row.required ? "required" : "optional", "\n");
  }
  return out;
}

std::string CoverageTable(const SystemReport& report, const Look& look) {
  const v1::Coverage& coverage = *report.coverage;
  std::string out =
      absl::StrCat(look.Bold(), "coverage", look.Plain(), " of ", Sanitize(report.scope), "\n",
                   coverage.complete() ? look.Good() : look.Bad(),
                   Stamp(coverage.complete(), coverage.losses()), look.Plain(), "\n");
  Grid grid({{"abi"},
             {"subsystem"},
             {"possible", Align::kRight},
             {"built in", Align::kRight},
             {"used", Align::kRight},
             {"used, absent", Align::kRight},
             {"calls", Align::kRight}});
  for (const v1::Coverage::Row& row : coverage.rows()) {
    grid.Add({row.abi(), row.subsystem(), absl::StrCat(row.possible()),
              row.has_built_in() ? absl::StrCat(row.built_in()) : "?", absl::StrCat(row.used()),
              row.has_used_not_built_in() ? absl::StrCat(row.used_not_built_in()) : "?",
              absl::StrCat(row.calls())});
  }
  return out + grid.ToString(look) +
         "used: distinct calls made; used, absent: of these, what this kernel does not have\n";
}

}  // namespace

std::string SystemTable(const SystemReport& report, const Look& look) {
  if (report.coverage) return CoverageTable(report, look);
  return absl::StrCat(Facts(report, look), "\n", CallsOf(report, look), "\n", Modules(report, look),
                      "\n", Registered("filesystems", report.system.filesystems, look),
                      Registered("protocols", report.system.protocols, look),
                      Tracepoints(report, look));
}

}  // namespace footprint::client::render
