// SPDX-License-Identifier: Apache-2.0
#include "client/text.h"

#include <wchar.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <ctime>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace footprint::client {
namespace {

struct Decoded {
  uint32_t code = 0;
  size_t length = 0;  // 0: not UTF-8
};

// One code point of the UTF-8 of RFC 3629: no overlong forms, no surrogates.
Decoded Decode(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length == 0 || first > 0xf4 || text.size() < length) return {};
  uint32_t code = first & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3f);
  }
  constexpr std::array<uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return {};
  return {code, length};
}

bool Harmful(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) ||        // C0, DEL, C1
         code == 0x061c || code == 0x200e || code == 0x200f ||  // direction marks
         (code >= 0x2028 && code <= 0x202e) ||                  // separators, overrides
         (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

size_t CodeWidth(uint32_t code) {
  if (code < 0x80) return 1;
  const int width = wcwidth(static_cast<wchar_t>(code));
  return width < 0 ? 1 : static_cast<size_t>(width);
}

std::string Cut(std::string_view text, size_t width) {
  std::string out;
  size_t used = 0;
  while (!text.empty()) {
    Decoded one = Decode(text);
    if (one.length == 0) one = {'?', 1};
    const size_t columns = CodeWidth(one.code);
    if (used + columns + 1 > width) break;
    out.append(text.substr(0, one.length));
    used += columns;
    text.remove_prefix(one.length);
  }
  if (width > used) out += '~';
  return out;
}

}  // namespace

std::string Sanitize(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  while (!raw.empty()) {
    const Decoded one = Decode(raw);
    const size_t length = one.length == 0 ? 1 : one.length;
    if (one.length != 0 && !Harmful(one.code)) {
      out.append(raw.substr(0, length));
    } else {
      for (size_t i = 0; i < length; ++i) {
        absl::StrAppendFormat(&out, "\\x%02x", static_cast<uint8_t>(raw[i]));
      }
    }
    raw.remove_prefix(length);
  }
  return out;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = Decode(text).length;
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const Decoded one = Decode(text);
    width += one.length == 0 ? 1 : CodeWidth(one.code);
    text.remove_prefix(one.length == 0 ? 1 : one.length);
  }
  return width;
}

std::string PadLeft(std::string_view text, size_t width) {
  return FitLeft(text, std::max(width, DisplayWidth(text)));
}

std::string FitLeft(std::string_view text, size_t width) {
  // Blanks at the end are nothing that a mark should tell of.
  if (DisplayWidth(text) > width) text = text.substr(0, text.find_last_not_of(' ') + 1);
  std::string out = DisplayWidth(text) <= width ? std::string(text) : Cut(text, width);
  out.append(width - DisplayWidth(out), ' ');
  return out;
}

std::string FitRight(std::string_view text, size_t width) {
  std::string out = DisplayWidth(text) <= width ? std::string(text) : Cut(text, width);
  out.insert(0, width - DisplayWidth(out), ' ');
  return out;
}

std::string ShellWords(const std::vector<std::string>& words) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ' ';
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) {
      out += word;
    } else {
      absl::StrAppend(&out, "'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
    }
  }
  return out;
}

std::string HumanDuration(uint64_t ns) {
  if (ns < 1000) return absl::StrCat(ns, " ns");
  const auto three = [](double value, const char* unit) {
    const int digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    return absl::StrFormat("%.*f %s", digits, value, unit);
  };
  // Limits lie where rounding would show 1000 of the smaller unit.
  if (ns < 999'500) return three(static_cast<double>(ns) / 1e3, "us");
  if (ns < 999'500'000) return three(static_cast<double>(ns) / 1e6, "ms");
  const uint64_t seconds = ns / 1'000'000'000;
  if (seconds < 100) return three(static_cast<double>(ns) / 1e9, "s");
  if (seconds < 3600) return absl::StrFormat("%dm%02ds", seconds / 60, seconds % 60);
  if (seconds < 86400) return absl::StrFormat("%dh%02dm", seconds / 3600, seconds / 60 % 60);
  return absl::StrFormat("%dd%02dh", seconds / 86400, seconds / 3600 % 24);
}

std::string HumanBytes(uint64_t bytes) {
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  constexpr std::array<const char*, 6> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return absl::StrFormat("%.1f %s", value, kUnits[unit]);
}

std::string HumanRate(double rate) {
  if (rate <= 0) return "0";
  if (rate < 9.995) return absl::StrFormat("%.2f", rate);
  if (rate < 99.95) return absl::StrFormat("%.1f", rate);
  if (rate < 99'999.5) return absl::StrFormat("%.0f", rate);
  if (rate < 999'950) return absl::StrFormat("%.0fk", rate / 1e3);
  return absl::StrFormat("%.2fM", rate / 1e6);
}

std::string Rfc3339(int64_t seconds, int32_t nanos) {
  if (seconds == 0 && nanos == 0) return "";
  const time_t when = seconds;
  struct tm parts;
  if (gmtime_r(&when, &parts) == nullptr) return "";
  char text[40];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
  return absl::StrFormat("%s.%09dZ", text, nanos);
}

std::string HumanPercent(double percent) {
  if (percent <= 0) return "0";
  if (percent < 0.0005) return "<0.001";
  const int digits = percent < 0.0995 ? 3 : percent < 9.995 ? 2 : percent < 99.95 ? 1 : 0;
  return absl::StrFormat("%.*f", digits, percent);
}

namespace {

struct Stamp {
  std::string time, zone;
};

Stamp LocalStamp(int64_t seconds) {
  const time_t when = seconds;
  struct tm parts;
  if (localtime_r(&when, &parts) == nullptr) return {};
  char time[40], zone[16];
  std::strftime(time, sizeof(time), "%Y-%m-%d %H:%M:%S", &parts);
  std::strftime(zone, sizeof(zone), "%z", &parts);
  return {time, zone};
}

}  // namespace

std::string LocalTime(int64_t seconds) {
  const Stamp stamp = LocalStamp(seconds);
  return absl::StrCat(stamp.time, " ", stamp.zone);
}

std::string LocalMillis(int64_t seconds, int32_t nanos) {
  const Stamp stamp = LocalStamp(seconds);
  return absl::StrFormat("%s.%03d %s", stamp.time, nanos / 1'000'000, stamp.zone);
}

std::string LocalSpan(int64_t from_seconds, int64_t to_seconds) {
  const Stamp from = LocalStamp(from_seconds), to = LocalStamp(to_seconds);
  return absl::StrCat(from.time, from.zone == to.zone ? "" : " " + from.zone, " to ", to.time, " ",
                      to.zone);
}

std::string Field(std::string_view name, std::string_view value, size_t indent, size_t width) {
  const std::string text = Sanitize(value);
  std::string out = FitLeft(name, indent);
  if (width == 0) return absl::StrCat(out, text, "\n");
  size_t used = indent;
  bool first = true;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    const size_t needed = DisplayWidth({word.data(), word.size()}) + (first ? 0 : 1);
    if (!first && used + needed > width) {
      absl::StrAppend(&out, "\n", std::string(indent, ' '));
      used = indent;
    } else if (!first) {
      out += ' ';
    }
    absl::StrAppend(&out, word);
    used += needed;
    first = false;
  }
  return out + "\n";
}

}  // namespace footprint::client
