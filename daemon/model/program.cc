// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/program.h"

namespace footprint::model {

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

}  // namespace footprint::model
