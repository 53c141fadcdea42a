// SPDX-License-Identifier: Apache-2.0
#include "client/text.h"

#include <stdlib.h>
#include <time.h>

#include <catch2/catch.hpp>
#include <string>

namespace footprint::client {
namespace {

TEST_CASE("unit.client.padded_text_is_never_cut") {
  CHECK(PadLeft("ab", 4) == "ab  ");
  CHECK(PadLeft("abcdef", 4) == "abcdef");
  CHECK(FitLeft("abcdef", 4) == "abc~");
}

TEST_CASE("names of other processes cannot reach the terminal as commands", "[client]") {
  CHECK(Sanitize("plain name") == "plain name");
  CHECK(Sanitize("\x1b[2J\x07") == "\\x1b[2J\\x07");
  CHECK(Sanitize("a\nb\tc\x7f") == "a\\x0ab\\x09c\\x7f");
  CHECK(Sanitize("caf\xc3\xa9") == "caf\xc3\xa9");
  CHECK(Sanitize("\xff\xfe") == "\\xff\\xfe");
  CHECK(Sanitize("\xc3") == "\\xc3");
  CHECK(Sanitize("\xc0\xaf") == "\\xc0\\xaf");           // overlong
  CHECK(Sanitize("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // surrogate
  CHECK(Sanitize("\xc2\x9b"
                 "31m") ==
        "\\xc2\\x9b"
        "31m");  // C1 CSI
  CHECK(Sanitize("\xe2\x80\xae"
                 "cod") ==
        "\\xe2\\x80\\xae"
        "cod");  // right-to-left override
  CHECK(Sanitize(std::string("a\0b", 3)) == "a\\x00b");
  CHECK(Sanitize("\\x1b") == "\\x1b");  // what the daemon escaped stays as it is
}

TEST_CASE("cells have the width asked for", "[client]") {
  CHECK(FitLeft("abc", 5) == "abc  ");
  CHECK(FitRight("abc", 5) == "  abc");
  CHECK(FitLeft("abcdef", 4) == "abc~");
  CHECK(FitLeft("abcd", 4) == "abcd");
  CHECK(FitLeft("abcd   ", 4) == "abcd");
  CHECK(FitLeft("ab     ", 4) == "ab  ");
  CHECK(FitLeft("caf\xc3\xa9s", 4) == "caf~");
  CHECK(FitLeft("abc", 0).empty());
  CHECK(DisplayWidth("caf\xc3\xa9") == 4);
}

TEST_CASE("units change before a number has four digits", "[client]") {
  CHECK(HumanDuration(0) == "0 ns");
  CHECK(HumanDuration(999) == "999 ns");
  CHECK(HumanDuration(1230) == "1.23 us");
  CHECK(HumanDuration(999'499) == "999 us");
  CHECK(HumanDuration(999'500) == "1.00 ms");
  CHECK(HumanDuration(45'600'000) == "45.6 ms");
  CHECK(HumanDuration(7'890'000'000) == "7.89 s");
  CHECK(HumanDuration(754'000'000'000) == "12m34s");
  CHECK(HumanDuration(18'360'000'000'000) == "5h06m");
  CHECK(HumanDuration(273'600'000'000'000) == "3d04h");
  CHECK(HumanBytes(512) == "512 B");
  CHECK(HumanBytes(1536) == "1.5 KiB");
  CHECK(HumanBytes(uint64_t{1} << 20) == "1.0 MiB");
  CHECK(HumanRate(0) == "0");
  CHECK(HumanRate(0.25) == "0.25");
  CHECK(HumanRate(12.34) == "12.3");
  CHECK(HumanRate(123'456) == "123k");
  CHECK(HumanRate(4'560'000) == "4.56M");
}

TEST_CASE("a share has no exponent", "[client]") {
  CHECK(HumanPercent(0) == "0");
  CHECK(HumanPercent(0.0001) == "<0.001");
  CHECK(HumanPercent(0.0123) == "0.012");
  CHECK(HumanPercent(0.1) == "0.10");
  CHECK(HumanPercent(4.1) == "4.10");
  CHECK(HumanPercent(45.67) == "45.7");
  CHECK(HumanPercent(180) == "180");
  CHECK(HumanPercent(123456.7) == "123457");
}

TEST_CASE("words are quoted as a shell reads them", "[client]") {
  CHECK(ShellWords({"ls", "-l", "/tmp/a_b.c"}) == "ls -l /tmp/a_b.c");
  CHECK(ShellWords({"sh", "-c", "echo $x; true"}) == "sh -c 'echo $x; true'");
  CHECK(ShellWords({"", "it's", "a*"}) == "'' 'it'\\''s' 'a*'");
  CHECK(ShellWords({}).empty());
}

TEST_CASE("fields wrap at the terminal's edge, beside their name", "[client]") {
  CHECK(Field("name", "one two three", 6, 0) == "name  one two three\n");
  CHECK(Field("name", "one two three", 6, 14) == "name  one two\n      three\n");
  CHECK(Field("name", "one two three", 6, 13) == "name  one two\n      three\n");
  CHECK(Field("name", "one two three", 6, 12) == "name  one\n      two\n      three\n");
  CHECK(Field("name", "a_word_too_long x", 6, 10) == "name  a_word_too_long\n      x\n");
  CHECK(Field("name", "\x1b", 6, 0) == "name  \\x1b\n");
}

TEST_CASE("local times say their zone", "[client]") {
  const char* before = getenv("TZ");
  const std::string kept = before != nullptr ? before : "";
  setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
  tzset();
  CHECK(LocalTime(1767323045) == "2026-01-02 04:04:05 +0100");
  CHECK(LocalSpan(1767323045, 1767323047) == "2026-01-02 04:04:05 to 2026-01-02 04:04:07 +0100");
  // Over the night in which the clock is changed.
  CHECK(LocalSpan(1774745999, 1774746001) ==
        "2026-03-29 01:59:59 +0100 to 2026-03-29 03:00:01 +0200");
  before != nullptr ? setenv("TZ", kept.c_str(), 1) : unsetenv("TZ");
  tzset();
}

TEST_CASE("what a protobuf string may hold", "[client]") {
  CHECK(IsUtf8(""));
  CHECK(IsUtf8("caf\xc3\xa9"));
  CHECK_FALSE(IsUtf8("\xff*"));
  CHECK_FALSE(IsUtf8("cut \xc3"));
  CHECK_FALSE(IsUtf8("\xed\xa0\x80"));
}

TEST_CASE("times are RFC 3339", "[client]") {
  CHECK(Rfc3339(1767323045, 678901234) == "2026-01-02T03:04:05.678901234Z");
  CHECK(Rfc3339(0, 0).empty());
}

}  // namespace
}  // namespace footprint::client
