// SPDX-License-Identifier: Apache-2.0
// Text for people: names made harmless, numbers with units, cells of a width.
// Ownership: values.   Threads: any.   Failure: none; bad input is escaped, not refused.
#ifndef FOOTPRINT_CLIENT_TEXT_H_
#define FOOTPRINT_CLIENT_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace footprint::client {

// Names come from other processes. Escapes as \xNN each byte of a control character
// (C0, DEL, C1), of a bidirectional override, of a line separator and of anything that
// is not UTF-8. The daemon does the same; the client does not rely on it.
std::string Sanitize(std::string_view raw);

// What a protobuf string may hold.
bool IsUtf8(std::string_view text);
// Columns that sanitised text takes on a terminal.
size_t DisplayWidth(std::string_view text);
// Cut or padded with blanks to exactly `width` columns; a cut ends in '~'.
std::string FitLeft(std::string_view text, size_t width);
// The same, but longer text stays whole.
std::string PadLeft(std::string_view text, size_t width);
// The same, text at the right edge.
std::string FitRight(std::string_view text, size_t width);

// "999 ns", "1.23 us", "45.6 ms", "7.89 s", "12m34s", "5h06m", "3d04h".
std::string HumanDuration(uint64_t ns);
// "512 B", "1.5 KiB", "20.3 MiB".
std::string HumanBytes(uint64_t bytes);
// Words as a POSIX shell would read them back: quoted where they need it, joined by blanks.
std::string ShellWords(const std::vector<std::string>& words);
// A rate in at most 7 columns: "0", "0.25", "12.3", "1234", "123k", "4.56M".
std::string HumanRate(double per_second);
// "2026-01-02T03:04:05.678901234Z"; "" for a time that is not set.
std::string Rfc3339(int64_t seconds, int32_t nanos);
// A share of 100 in a few digits, never an exponent: "0", "<0.001", "0.012", "4.10", "180".
std::string HumanPercent(double percent);
// "2026-01-02 03:04:05 +0100", in the local time zone.
std::string LocalTime(int64_t seconds);
// "2026-01-02 03:04:05.678 +0100", the same with milliseconds, cut.
std::string LocalMillis(int64_t seconds, int32_t nanos);
// "2026-01-02 03:04:05 to 2026-01-02 03:04:07 +0100"; both with their zone where they differ.
std::string LocalSpan(int64_t from_seconds, int64_t to_seconds);
// A name of `indent` columns, then the value in lines of at most `width` columns (0: one line),
// the later ones indented. A word that is too long for a line stays whole.
std::string Field(std::string_view name, std::string_view value, size_t indent, size_t width);

}  // namespace footprint::client

#endif  // FOOTPRINT_CLIENT_TEXT_H_
