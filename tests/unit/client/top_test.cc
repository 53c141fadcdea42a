// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "client/text.h"
#include "client/top/frame.h"
#include "client/top/model.h"

namespace footprint::client::top {
namespace {

using Catch::Matchers::Contains;

v1::Footprint At(uint64_t seconds) {
  v1::Footprint footprint;
  footprint.set_complete(true);
  footprint.set_tier("full");
  footprint.mutable_provenance()->set_end_boottime_ns(seconds * 1'000'000'000);
  return footprint;
}

v1::Process& AddProcess(v1::Footprint& footprint, uint32_t pid, const std::string& comm,
                        uint64_t calls) {
  v1::Process& process = *footprint.add_processes();
  process.set_pid(pid);
  process.set_start_boottime_ns(pid);
  process.set_comm(comm);
  process.set_calls(calls);
  process.set_alive(pid != 0);
  return process;
}

// Two footprints, 2 s apart: a makes 10, b 20, c 0 calls/s; c errs once a second.
Model TwoSamples() {
  Model model;
  v1::Footprint first = At(10);
  AddProcess(first, 1, "a", 100);
  AddProcess(first, 2, "b", 0);
  AddProcess(first, 3, "c", 500);
  model.Update(first);
  v1::Footprint second = At(12);
  AddProcess(second, 1, "a", 120).set_total_ns(1'000'000'000);
  AddProcess(second, 2, "b", 40);
  AddProcess(second, 3, "c", 500).set_errors(2);
  second.set_calls(660);
  model.Update(second);
  return model;
}

std::string Order(const Model& model) {
  std::string names;
  for (const ProcessRow& row : model.rows()) names += row.comm;
  return names;
}

std::string Text(Model& model, size_t width, size_t height) {
  std::string text;
  for (const Line& line : Draw(model, "unix:/s", width, height)) text += line.text + "\n";
  return text;
}

TEST_CASE("rates are differences over the time between", "[client]") {
  const Model model = TwoSamples();
  CHECK(Order(model) == "bac");
  CHECK(model.rows()[0].calls_rate == Approx(20));
  CHECK(model.rows()[1].calls_rate == Approx(10));
  CHECK(model.rows()[1].time_rate_ns == Approx(5e8));
  CHECK(model.rows()[2].errors_rate == Approx(1));
}

TEST_CASE("the first footprint and one of another daemon give no rates", "[client]") {
  Model model = TwoSamples();
  v1::Footprint other = At(14);
  other.mutable_provenance()->set_start_boottime_ns(13'000'000'000);
  AddProcess(other, 1, "a", 900);
  model.Update(other);
  CHECK(model.rows()[0].calls_rate == 0);
  CHECK(model.calls_rate() == 0);
}

TEST_CASE("images of one life are one row with the latest name", "[client]") {
  v1::Footprint footprint = At(1);
  AddProcess(footprint, 5, "new", 7).set_image(1);
  AddProcess(footprint, 5, "old", 3).set_image(0);
  const auto rows = RatesOf(footprint, {}, 0);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].comm == "new");
  CHECK(rows[0].calls == 10);
}

TEST_CASE("a process that ends does not count twice in its folded row", "[client]") {
  v1::Footprint first = At(1);
  AddProcess(first, 5, "sh", 1000);
  const auto before = RatesOf(first, {}, 0);
  v1::Footprint second = At(2);
  AddProcess(second, 0, "sh", 1007);
  const auto rows = RatesOf(second, before, 1);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].calls_rate == Approx(7));
}

TEST_CASE("what became part of a coarser row is no rate of it", "[client]") {
  v1::Footprint first = At(1);
  AddProcess(first, 0, "sh", 1000);
  AddProcess(first, 0, "ls", 500);
  AddProcess(first, 0, "(other)", 40);
  AddProcess(first, 7, "cat", 60);
  const auto before = RatesOf(first, {}, 0);
  v1::Footprint second = At(2);
  AddProcess(second, 0, "(other)", 1609);
  const auto rows = RatesOf(second, before, 1);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].calls_rate == Approx(9));
}

TEST_CASE("keys sort and filter", "[client]") {
  Model model = TwoSamples();
  model.Type('e');
  CHECK(Order(model).front() == 'c');
  model.Type('t');
  CHECK(Order(model).front() == 'a');
  model.Type('p');
  CHECK(Order(model) == "abc");
  model.Type('/');
  CHECK(model.typing());
  model.Type('B');
  CHECK(Order(model) == "b");
  model.Press(Key::kErase);
  CHECK(Order(model) == "abc");
  model.Type('q');  // a letter here, no command
  CHECK_FALSE(model.quit());
  CHECK(Order(model).empty());
  model.Press(Key::kEscape);
  CHECK(Order(model) == "abc");
  model.Type('q');
  CHECK(model.quit());
}

TEST_CASE("the cursor stays with its process", "[client]") {
  Model model = TwoSamples();  // b a c
  model.Press(Key::kDown);
  CHECK(model.rows()[model.selected()].comm == "a");
  model.Type('p');  // a b c
  CHECK(model.rows()[model.selected()].comm == "a");
  model.Press(Key::kEnd);
  model.Press(Key::kDown);
  CHECK(model.selected() == 2);
  model.Press(Key::kHome);
  CHECK(model.selected() == 0);
}

TEST_CASE("Enter opens a process, Esc and q go back", "[client]") {
  Model model = TwoSamples();
  model.Press(Key::kEnter);
  CHECK(model.open_pid() == 2);
  v1::Footprint detail = At(12);
  v1::Syscall& call = *detail.add_syscalls();
  call.set_name("openat");
  call.set_owner("filesystem");
  call.set_calls(40);
  model.UpdateDetail(99, detail);  // late answer for another one
  CHECK_FALSE(model.has_detail());
  model.UpdateDetail(2, detail);
  CHECK_THAT(Text(model, 80, 24), Contains("openat") && Contains("filesystem"));
  model.Press(Key::kEscape);
  CHECK(model.open_pid() == 0);
  model.Press(Key::kEnter);
  model.Type('q');
  CHECK(model.open_pid() == 0);
  CHECK_FALSE(model.quit());
}

TEST_CASE("ended processes are folded and cannot be opened", "[client]") {
  Model model;
  v1::Footprint footprint = At(1);
  AddProcess(footprint, 0, "true", 7);
  model.Update(footprint);
  model.Press(Key::kEnter);
  CHECK(model.open_pid() == 0);
  CHECK_FALSE(model.notice().empty());
  CHECK_THAT(Text(model, 80, 24), Contains("  ended"));
}

TEST_CASE("what has ended is marked, not counted, and not where the list is left", "[client]") {
  Model model;
  v1::Footprint first = At(1);
  for (const auto& [pid, name] : {std::pair(1u, "a"), {2u, "b"}, {3u, "c"}}) {
    AddProcess(first, pid, name, 100 * pid);
  }
  AddProcess(first, 0, "true", 7);
  model.Update(first);
  CHECK_THAT(Text(model, 80, 24), Contains("  3 processes  "));
  model.Press(Key::kEnter);
  CHECK(model.open_pid() == 3);
  v1::Footprint second = At(2);
  AddProcess(second, 1, "a", 150);
  AddProcess(second, 2, "b", 240);
  AddProcess(second, 3, "c", 300).set_alive(false);
  model.Update(second);
  model.Press(Key::kEscape);
  CHECK(model.selected() == 0);
  CHECK_THAT(Text(model, 80, 24),
             Contains("  2 processes  ") && Contains(" (c) ") && !Contains("(a)"));
}

TEST_CASE("h and ? say what the list means", "[client]") {
  for (const char32_t key : {U'h', U'?'}) {
    Model model = TwoSamples();
    model.Type(key);
    CHECK_THAT(Text(model, 120, 24), Contains("footprint top --help"));
    model.Press(Key::kDown);
    CHECK_THAT(Text(model, 120, 24), !Contains("footprint top --help"));
  }
}

TEST_CASE("a frame at 80 by 24", "[client]") {
  Model model = TwoSamples();
  const std::vector<Line> lines = Draw(model, "unix:/s", 80, 24);
  REQUIRE(lines.size() == 24);
  CHECK(lines[0].text == "footprint top  330 calls/s  0 errors/s  3 processes  tier full");
  CHECK(lines[1].text == "COMPLETE");
  CHECK(lines[2].text ==
        "    PID  *CALLS/S COMMAND             ERR/S   TIME/S        CALLS UNIT          ");
  CHECK(lines[3].text ==
        "      2      20.0 b                       0     0 ns           40               ");
  CHECK(lines[3].style == Style::kSelected);
  CHECK(lines[23].text ==
        "q quit  Enter open  / filter  h help  sort: c calls e errors t time p pid");
}

TEST_CASE("top has a column of denied calls where there are any", "[client]") {
  Model model;
  v1::Footprint footprint = At(1);
  AddProcess(footprint, 7, "refused", 1);
  model.Update(footprint);
  CHECK_THAT(Text(model, 100, 24), !Contains("DENIED"));
  footprint = At(2);
  AddProcess(footprint, 7, "refused", 1);
  footprint.mutable_processes(0)->set_denied(4321);
  model.Update(footprint);
  CHECK_THAT(Text(model, 100, 24), Contains("ERR/S   DENIED   TIME/S") && Contains("    4321 "));
}

TEST_CASE("time is told per second, not as a share of one core", "[client]") {
  Model model;
  v1::Footprint footprint = At(1);
  AddProcess(footprint, 7, "waits", 1);
  model.Update(footprint);
  footprint = At(2);
  AddProcess(footprint, 7, "waits", 2);
  footprint.mutable_processes(0)->set_total_ns(168'770'000'000);  // by many threads
  model.Update(footprint);
  CHECK_THAT(Text(model, 80, 24), Contains("   2m48s ") && !Contains("%"));
}

TEST_CASE("every size has a frame within its bounds", "[client]") {
  Model model = TwoSamples();
  const size_t width = GENERATE(1u, 7u, 20u, 40u, 79u, 200u);
  const size_t height = GENERATE(0u, 1u, 2u, 3u, 4u, 5u, 10u, 60u);
  for (int view = 0; view < 2; ++view) {
    const std::vector<Line> lines = Draw(model, "unix:/s", width, height);
    CHECK(lines.size() == height);
    for (const Line& line : lines) CHECK(DisplayWidth(line.text) <= width);
    model.Press(Key::kEnter);
  }
}

TEST_CASE("a daemon that is gone shows, and what was known stays", "[client]") {
  Model model = TwoSamples();
  model.SetError("no daemon at unix:/s\x1b");
  const std::string text = Text(model, 80, 24);
  CHECK_THAT(text, Contains("no daemon at unix:/s\\x1b - retrying"));
  CHECK_THAT(text, Contains(" b "));
  model.Update(At(20));
  CHECK(model.error().empty());
}

TEST_CASE("an incomplete footprint shows in the header", "[client]") {
  Model model;
  v1::Footprint footprint = At(1);
  footprint.set_complete(false);
  v1::Losses::Cause& cause = *footprint.mutable_losses()->add_causes();
  cause.set_name("program_missed");
  cause.set_count(3);
  model.Update(footprint);
  CHECK(Draw(model, "unix:/s", 100, 24)[1].text ==
        "INCOMPLETE: 3 runs that the kernel skipped (program_missed: see footprint status)");
}

TEST_CASE("hostile names do not reach the screen raw", "[client]") {
  Model model;
  v1::Footprint footprint = At(1);
  AddProcess(footprint, 7, "\x1b[2J\n", 1);
  model.Update(footprint);
  CHECK_THAT(Text(model, 80, 24), Contains("\\x1b[2J\\x0a"));
}

}  // namespace
}  // namespace footprint::client::top
