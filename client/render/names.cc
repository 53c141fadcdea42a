// SPDX-License-Identifier: Apache-2.0
#include "client/render/names.h"

#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "client/render/csv.h"
#include "client/render/grid.h"
#include "client/render/json_value.h"

namespace footprint::client::render {
namespace {

using Align = Grid::Align;

std::string NameOf(const FoundCall& call) { return names::SyscallName(call.abi, call.number); }

uint8_t OwnerOf(const FoundCall& call) { return call.row != nullptr ? call.row->subsystem : 0; }

std::string OwnerName(uint8_t subsystem) { return std::string(names::SubsystemName(subsystem)); }

std::string OwnerTitle(uint8_t subsystem) {
  return std::string(names::Subsystems()[subsystem].title);
}

// A column of the table; "" for a number in no table.
std::string Text(const FoundCall& call, std::string_view names::SyscallRow::*column) {
  return call.row != nullptr ? std::string(call.row->*column) : "";
}

std::string CallsTable(std::span<const FoundCall> calls, const Look& look) {
  std::set<names::Abi> abis;
  for (const FoundCall& call : calls) abis.insert(call.abi);
  const bool show_abi = abis.size() > 1;
  std::vector<Grid::Column> columns = {
      {"number", Align::kRight}, {"system call"}, {"owner"}, {"since"}, {"definition"}};
  if (show_abi) columns.insert(columns.begin(), {"abi"});
  Grid grid(std::move(columns));
  for (const FoundCall& call : calls) {
    std::vector<std::string> cells = {
        absl::StrCat(call.number), NameOf(call), OwnerName(OwnerOf(call)),
        Text(call, &names::SyscallRow::since), Text(call, &names::SyscallRow::definition)};
    if (show_abi) cells.insert(cells.begin(), std::string(names::AbiName(call.abi)));
    grid.Add(std::move(cells));
  }
  return grid.ToString(look);
}

std::string CallsJson(std::span<const FoundCall> calls) {
  Json tables = Json::object(), rows = Json::array();
  for (const FoundCall& call : calls) {
    const std::string abi(names::AbiName(call.abi));
    tables[abi] = std::string(names::TableInputs(call.abi));
    rows.push_back({{"abi", abi},
                    {"number", call.number},
                    {"name", NameOf(call)},
                    {"known", call.row != nullptr},
                    {"owner", OwnerName(OwnerOf(call))},
                    {"title", OwnerTitle(OwnerOf(call))},
                    {"entry", Text(call, &names::SyscallRow::entry)},
                    {"compat", Text(call, &names::SyscallRow::compat)},
                    {"definition", Text(call, &names::SyscallRow::definition)},
                    {"maintainers", Text(call, &names::SyscallRow::maintainers)},
                    {"since", Text(call, &names::SyscallRow::since)}});
  }
  return Json{{"tables", std::move(tables)}, {"syscalls", std::move(rows)}}.dump(2) + "\n";
}

std::string CallsCsv(std::span<const FoundCall> calls) {
  std::string out = "abi,number,name,owner,title,entry,definition,maintainers,compat,since\r\n";
  for (const FoundCall& call : calls) {
    absl::StrAppend(&out, CsvText(names::AbiName(call.abi)), ",", call.number);
    for (const std::string& cell :
         {NameOf(call), OwnerName(OwnerOf(call)), OwnerTitle(OwnerOf(call)),
          Text(call, &names::SyscallRow::entry), Text(call, &names::SyscallRow::definition),
          Text(call, &names::SyscallRow::maintainers), Text(call, &names::SyscallRow::compat),
          Text(call, &names::SyscallRow::since)}) {
      absl::StrAppend(&out, ",", CsvText(cell));
    }
    out += "\r\n";
  }
  return out;
}

// How many rows of all tables each rule decides.
std::map<const names::OwnerRule*, size_t> Decided() {
  std::map<const names::OwnerRule*, size_t> decided;
  for (int i = 1; i < names::kAbiCount; ++i) {
    for (const names::SyscallRow& row : names::Syscalls(static_cast<names::Abi>(i))) {
      ++decided[names::RuleOf(row)];
    }
  }
  return decided;
}

}  // namespace

std::string Calls(std::span<const FoundCall> calls, Format format, const Look& look) {
  if (format == Format::kJson) return CallsJson(calls);
  return format == Format::kCsv ? CallsCsv(calls) : CallsTable(calls, look);
}

std::string Rules(Format format, const Look& look) {
  const std::map<const names::OwnerRule*, size_t> decided = Decided();
  Grid grid({{"rule"}, {"what"}, {"owner"}, {"calls", Align::kRight}, {"reason"}});
  Json rows = Json::array();
  std::string csv = "rule,what,owner,title,calls,reason\r\n";
  for (const names::OwnerRule& rule : names::OwnerRules()) {
    const auto found = decided.find(&rule);
    const size_t calls = found != decided.end() ? found->second : 0;
    const std::string kind = rule.call ? "call" : "path", what(rule.what), reason(rule.reason);
    const std::string owner = OwnerName(rule.subsystem), title = OwnerTitle(rule.subsystem);
    grid.Add({kind, what, owner, absl::StrCat(calls), reason});
    rows.push_back({{"rule", kind},
                    {"what", what},
                    {"owner", owner},
                    {"title", title},
                    {"calls", calls},
                    {"reason", reason}});
    absl::StrAppend(&csv, kind, ",", CsvText(what), ",", CsvText(owner), ",", CsvText(title), ",",
                    calls, ",", CsvText(reason), "\r\n");
  }
  if (format == Format::kJson) return Json{{"rules", std::move(rows)}}.dump(2) + "\n";
  if (format == Format::kCsv) return csv;
  return grid.ToString(look);
}

}  // namespace footprint::client::render
