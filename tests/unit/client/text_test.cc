// SPDX-License-Identifier: Apache-2.0
#include "client/text.h"

#include <catch2/catch.hpp>
#include <string>

namespace footprint::client {
namespace {

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

TEST_CASE("times are RFC 3339", "[client]") {
  CHECK(Rfc3339(1767323045, 678901234) == "2026-01-02T03:04:05.678901234Z");
  CHECK(Rfc3339(0, 0).empty());
}

}  // namespace
}  // namespace footprint::client
