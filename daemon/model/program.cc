// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/program.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"

namespace footprint::model {
namespace {

// Words that a shell reads as themselves.
bool Plain(std::string_view word) {
  constexpr char kPlain[] = "-_./:=,+@%^";
  return !word.empty() && std::all_of(word.begin(), word.end(), [&](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           std::string_view(kPlain).find(c) != std::string_view::npos;
  });
}

}  // namespace

const char* ExeSourceName(ExeSource source) {
  switch (source) {
    case ExeSource::kKernel:
      return "kernel";
    case ExeSource::kProc:
      return "proc";
    case ExeSource::kGiven:
      return "given";
    case ExeSource::kUnknown:
      break;
  }
  return "";
}

std::vector<std::string_view> Arguments(const Program& program) {
  std::vector<std::string_view> words;
  std::string_view text = program.argv;
  while (!text.empty()) {
    const size_t end = text.find('\0');
    words.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;  // cut
    text.remove_prefix(end + 1);
  }
  return words;
}

std::string CommandLine(const Program& program) {
  std::string line;
  for (const std::string_view word : Arguments(program)) {
    if (!line.empty()) line += ' ';
    if (Plain(word)) {
      line += word;
    } else {
      line += "'" + absl::StrReplaceAll(std::string(word), {{"'", "'\\''"}}) + "'";
    }
  }
  if (program.argv_cut) line += line.empty() ? "..." : " ...";
  return line;
}

}  // namespace footprint::model
