// SPDX-License-Identifier: Apache-2.0
#include "daemon/kernel/libbpf_words.h"

#include <bpf/libbpf.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace footprint::kernel {
namespace {

std::string& LastWarning() {
  static std::string text;
  return text;
}

int KeepWarning(enum libbpf_print_level level, const char* format, va_list args) {
  if (level != LIBBPF_WARN) return 0;
  char line[512];
  const int length = vsnprintf(line, sizeof(line), format, args);
  if (length > 0) {
    std::string& text = LastWarning();
    text = line;
    while (!text.empty() && text.back() == '\n') text.pop_back();
  }
  return length;
}

}  // namespace

void KeepLibbpfWarning() {
  LastWarning().clear();
  libbpf_set_print(KeepWarning);
}

absl::Status StepFailed(const std::string& object, const std::string& step, int error) {
  const std::string detail = LastWarning().empty() ? "" : absl::StrCat(" (", LastWarning(), ")");
  const char* which = object.empty() ? "" : " object: ";
  return absl::ErrnoToStatus(std::abs(error), absl::StrCat(object, which, step, detail));
}

}  // namespace footprint::kernel
