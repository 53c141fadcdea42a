// SPDX-License-Identifier: Apache-2.0
#include "client/lookup.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "client/render/names.h"
#include "data/features.h"

namespace footprint::client {
namespace {

using Catch::Matchers::Contains;
using names::Abi;

std::vector<std::string> NamesOf(Abi abi, const std::vector<std::string>& words) {
  const auto calls = FindCalls({abi}, words);
  REQUIRE(calls.ok());
  std::vector<std::string> names;
  for (const FoundCall& call : *calls) names.push_back(names::SyscallName(call.abi, call.number));
  return names;
}

std::string Complaint(const std::vector<Abi>& abis, const std::string& word) {
  const auto calls = FindCalls(abis, {word});
  REQUIRE(absl::IsInvalidArgument(calls.status()));
  return std::string(calls.status().message());
}

// One number means another call on each.
TEST_CASE("numbers of each ABI", "[client]") {
  using Names = std::vector<std::string>;
  CHECK(NamesOf(Abi::kArm, {"3", "4", "54", "168", "240", "281", "983045"}) ==
        Names{"read", "write", "ioctl", "poll", "futex", "socket", "set_tls"});
  CHECK(NamesOf(Abi::kI386, {"3", "4", "54", "168", "240", "281", "102"}) ==
        Names{"read", "write", "ioctl", "poll", "futex", "mq_notify", "socketcall"});
  CHECK(NamesOf(Abi::kX86_64, {"3", "4", "54", "168", "240", "281", "0"}) ==
        Names{"close", "stat", "setsockopt", "swapoff", "mq_open", "epoll_pwait", "read"});
  CHECK(NamesOf(Abi::kArm64, {"3", "4", "54", "168", "240", "281", "63"}) ==
        Names{"io_cancel", "io_getevents", "fchownat", "getcpu", "rt_tgsigqueueinfo", "execveat",
              "read"});
  CHECK(NamesOf(Abi::kRiscv64, {"63", "258", "259"}) ==
        Names{"read", "riscv_hwprobe", "riscv_flush_icache"});
  CHECK(NamesOf(Abi::kX32, {"0", "512", "520"}) == Names{"read", "rt_sigaction", "execve"});
  CHECK(NamesOf(Abi::kX86_64, {"0x101", "0XCA"}) == Names{"openat", "futex"});
}

TEST_CASE("x32 numbers with their bit", "[client]") {
  for (const Abi abi : {Abi::kX32, Abi::kX86_64}) {
    const auto calls = FindCalls({abi}, {"0x40000208", "1073741825"});
    REQUIRE(calls.ok());
    for (const FoundCall& call : *calls) CHECK(call.abi == Abi::kX32);
    CHECK(calls->at(0).row->name == "execve");
    CHECK(calls->at(1).row->name == "write");
  }
  const auto both = FindCalls({Abi::kX86_64, Abi::kX32}, {"0x40000001"});
  REQUIRE(both.ok());
  CHECK(both->size() == 1);
}

TEST_CASE("a number in no table is an explicit unknown", "[client]") {
  const auto calls = FindCalls({Abi::kArm64}, {"9999"});
  REQUIRE(calls.ok());
  CHECK(calls->front().row == nullptr);
  const auto json = nlohmann::json::parse(render::Calls(*calls, render::Format::kJson, false));
  const auto& row = json["syscalls"][0];
  CHECK(row["name"] == "unknown:9999");
  CHECK(row["owner"] == "unknown");
  CHECK(row["known"] == false);
  CHECK_THAT(Complaint({Abi::kArm64}, "4294967296"), Contains("at most 2147483647"));
  CHECK_THAT(Complaint({Abi::kArm64}, "99999999999999999999999"), Contains("no number"));
  CHECK_THAT(Complaint({Abi::kArm64}, "0x"), Contains("no call 0x"));
  CHECK_THAT(Complaint({Abi::kArm64}, ""), Contains("no call"));
}

TEST_CASE("an unknown word names the nearest", "[client]") {
  CHECK_THAT(Complaint({Abi::kX86_64}, "opne"), Contains("nearest: open"));
  CHECK_THAT(Complaint({Abi::kX86_64}, "OPEN"), Contains("nearest: open"));
  CHECK_THAT(Complaint({Abi::kX86_64}, "frobnicate"), !Contains("nearest"));
  CHECK_THAT(Complaint({Abi::kArm64}, "open"), Contains("it is in x86_64, i386, x32, arm"));
  CHECK_THAT(Complaint({Abi::kArm64}, "x\x1b[31m"), Contains("\\x1b"));
  const auto abis = FindAbis("aarch64");
  CHECK(absl::IsInvalidArgument(abis.status()));
  CHECK_THAT(std::string(abis.status().message()), Contains("nearest: arm64"));
  CHECK(FindAbis("all")->size() == 6);
  CHECK(FindAbis("unknown").ok() == false);
}

TEST_CASE("edit distance", "[client]") {
  CHECK(EditDistance("", "") == 0);
  CHECK(EditDistance("", "abc") == 3);
  CHECK(EditDistance("open", "open") == 0);
  CHECK(EditDistance("opne", "open") == 1);  // neighbours swapped
  CHECK(EditDistance("read", "pread64") == 3);
  CHECK(EditDistance("kitten", "sitting") == 3);
  CHECK(Nearest("zzz", {"abc", "def"}).empty());
  CHECK(Nearest("foo", {"process", "module"}).empty());
  CHECK(Nearest("JSON", {"csv", "json", "table"}) == std::vector<std::string>{"json"});
  CHECK(Nearest("aa", {"ab", "aa", "ab", "ac", "ad"}) ==
        std::vector<std::string>{"aa", "ab", "ac"});
}

TEST_CASE("what one ABI lacks of another", "[client]") {
  std::vector<std::string_view> lacked;
  for (const FoundCall& call : MissingCalls(Abi::kX86_64, Abi::kArm64)) {
    lacked.push_back(call.row->name);
  }
  const auto has = [&](std::string_view name) {
    return std::find(lacked.begin(), lacked.end(), name) != lacked.end();
  };
  CHECK(has("open"));
  CHECK(has("fork"));
  CHECK_FALSE(has("openat"));
  CHECK(MissingCalls(Abi::kArm, Abi::kArm).empty());
}

TEST_CASE("the ABI of a machine", "[client]") {
  CHECK(MachineAbi("x86_64") == Abi::kX86_64);
  CHECK(MachineAbi("aarch64") == Abi::kArm64);
  CHECK(MachineAbi("armv7l") == Abi::kArm);
  CHECK(MachineAbi("armv8l") == Abi::kArm64);
  CHECK(MachineAbi("i686") == Abi::kI386);
  CHECK(MachineAbi("riscv64") == Abi::kRiscv64);
  CHECK(MachineAbi("ppc64le") == Abi::kUnknown);
}

TEST_CASE("the CSV of a table is the whole table", "[client]") {
  const std::string csv = render::Calls(AllCalls({Abi::kArm}), render::Format::kCsv, false);
  CHECK_THAT(csv, Catch::StartsWith("abi,number,name,owner,title,entry,definition,maintainers,"));
  CHECK_THAT(csv, Contains("\r\narm,983045,set_tls,arch,Architecture Support,arm_syscall,"
                           "arch/arm/kernel/traps.c:"));
  CHECK(static_cast<size_t>(std::count(csv.begin(), csv.end(), '\n')) ==
        names::Syscalls(Abi::kArm).size() + 1);
}

// Read in ten minutes: one line a rule, and every call decided by one of them.
TEST_CASE("the rules print as a table", "[client]") {
  const auto json = nlohmann::json::parse(render::Rules(render::Format::kJson, false));
  size_t calls = 0, tables = 0;
  for (const auto& rule : json["rules"]) {
    CAPTURE(rule.dump());
    calls += rule["calls"].get<size_t>();
    CHECK(rule["calls"] > 0);
    CHECK_FALSE(rule["reason"].get<std::string>().empty());
  }
  for (int i = 1; i < names::kAbiCount; ++i) tables += names::Syscalls(static_cast<Abi>(i)).size();
  CHECK(calls == tables);
  CHECK(json["rules"].size() < 100);
  CHECK_THAT(render::Rules(render::Format::kTable, false), Contains("call  mmap "));
}

TEST_CASE("only what was plausibly meant is suggested", "[client]") {
  const std::vector<std::string> known = {"--output", "--format", "--label", "--limit"};
  CHECK(DidYouMean("--ouput", known) == "; did you mean --output?");
  CHECK(DidYouMean("--fromat", known) == "; did you mean --format?");
  CHECK(DidYouMean("--l", known) == "; did you mean --label or --limit?");
  CHECK(DidYouMean("--frobnicate", known).empty());
  CHECK(DidYouMean("--delta", {"--help", "--format"}).empty());
  CHECK(DidYouMean("x", {}).empty());
}

TEST_CASE("features beside a configuration", "[client]") {
  const auto archs = names::FeatureArchs();
  const size_t x86 = std::find(archs.begin(), archs.end(), "x86") - archs.begin();
  const size_t arm64 = std::find(archs.begin(), archs.end(), "arm64") - archs.begin();
  REQUIRE(x86 < archs.size());
  REQUIRE(arm64 < archs.size());
  render::FeatureView view{.archs = {x86, arm64}, .own = "x86"};
  view.config.text = "CONFIG_ARCH_HAS_ELF_RANDOMIZE=y\nCONFIG_HAVE_ARCH_JUMP_LABEL=y\n";
  for (size_t i = 0; i < names::Features().size(); ++i) {
    const std::string_view name = names::Features()[i].name;
    CAPTURE(name);
    // LEGACY_TIMER_TICK must be off, and is; the second of two options is not set.
    const bool on = name == "jump-labels" || name == "clockevents" || name == "ELF-ASLR";
    CHECK(render::Configured(view, i, x86) == (on ? "on" : "off"));
    CHECK(render::Configured(view, i, arm64) == "unknown");
  }
  view.config.reading.problem = "no such file";
  CHECK(render::Configured(view, 0, x86) == "unknown");
  CHECK_THAT(render::Features(view, render::Format::kTable, false),
             Contains("this kernel: not known: no such file"));
}

}  // namespace
}  // namespace footprint::client
