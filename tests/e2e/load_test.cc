// SPDX-License-Identifier: Apache-2.0
// On any kernel: an object loads and counts, or the daemon says in one line why not. Prints what
// the kernel made of the programs in lines "fact NAME VALUE", which tests/vm puts into a table.
#include <linux/bpf.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>

#include "tests/e2e/daemon.h"

namespace footprint::e2e {
namespace {

// Instructions that the verifier may walk before it gives up, on every kernel since 5.2.
constexpr uint32_t kVerifierLimit = 1'000'000;

bpf_prog_info ProgramInfo(uint32_t id) {
  bpf_attr by_id = {};
  by_id.prog_id = id;
  const int file = syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &by_id, sizeof(by_id));
  REQUIRE(file >= 0);
  bpf_prog_info info = {};
  bpf_attr ask = {};
  ask.info.bpf_fd = file;
  ask.info.info_len = sizeof(info);
  ask.info.info = reinterpret_cast<uint64_t>(&info);
  REQUIRE(syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &ask, sizeof(ask)) == 0);
  close(file);
  return info;
}

// Kernels before 5.16 do not tell how much the verifier walked: 0.
void PrintPrograms(const Daemon& daemon, const std::string& object) {
  std::vector<uint32_t> seen;
  for (const auto& [kind, id] : BpfIdsOf(daemon.pid())) {
    if (kind != "prog" || std::count(seen.begin(), seen.end(), id) > 0) continue;
    seen.push_back(id);
    const bpf_prog_info info = ProgramInfo(id);
    printf("fact verified %s/%s %u\n", object.c_str(), info.name, info.verified_insns);
    CHECK(info.verified_insns < kVerifierLimit);
    CHECK(info.jited_prog_len > 0);
  }
  CHECK(seen.size() >= 5);
}

void PrintHooks(const Json& status) {
  std::string hooks;
  for (const Json& hook : status.at("hooks")) {
    if (!hook.at("attached").get<bool>()) continue;
    hooks += (hooks.empty() ? "" : ",") + hook.at("name").get<std::string>();
  }
  printf("fact hooks %s\n", hooks.c_str());
}

// One object by its name; false when this kernel refuses it, which must be told well.
bool LoadsAndCounts(const std::string& object) {
  const std::string config = "object = \"" + object + "\"\n";
  TempDir dir;
  WriteFile(dir / "config.toml", config);
  Launch launch;
  launch.argv = {Binary("footprintd"), "--listen", "unix:" + (dir / "query.sock"), "--config",
                 dir / "config.toml"};
  AsInTheUnit(dir, launch);
  {
    Process process(launch);
    const bool serves = Eventually(
        [&] { return process.Ended(0ms) || std::filesystem::exists(dir / "query.sock"); }, 30s);
    REQUIRE(serves);
    if (process.Ended(100ms)) {
      Outcome refused = process.Wait();
      INFO(refused.err);
      CHECK(refused.status == 69);
      CHECK(std::count(refused.err.begin(), refused.err.end(), '\n') == 1);
      CHECK(refused.err.size() > 20);
      printf("fact %s refused: %s", object.c_str(), refused.err.c_str());
      return false;
    }
    process.Signal(SIGTERM);
    CHECK(process.Wait().status == 0);
  }
  Daemon daemon({config});
  CHECK(daemon.Query({"status"}).at("bpf_object") == object);
  PrintPrograms(daemon, object);
  Json footprint = daemon.Record({Workload("calls"), "getppid=23", "close=29"});
  RequireSound(footprint);
  CHECK(Count(footprint, "getppid") == 23);
  CHECK(Errno(footprint, "close", "EBADF") == 29);
  printf("fact %s loads\n", object.c_str());
  return true;
}

}  // namespace

TEST_CASE("e2e.load.an_object_or_why_not") {
  printf("fact page_size %ld\n", sysconf(_SC_PAGESIZE));
  const bool full = LoadsAndCounts("full"), core = LoadsAndCounts("core");
  if (!full && !core) return;
  // The richest that this kernel accepts serves, and says so.
  Daemon daemon;
  const Json status = daemon.Query({"status"});
  CHECK(status.at("bpf_object") == (full ? "full" : "core"));
  const bool locked =
      ReadFile("/sys/kernel/security/lockdown").find("[confidentiality]") != std::string::npos;
  INFO(status.at("degraded_because"));
  CHECK(status.at("degraded_because").get<std::string>().empty() == (full && !locked));
  printf("fact object %s\n", status.at("bpf_object").get<std::string>().c_str());
  printf("fact tier %s\n", status.at("tier").get<std::string>().c_str());
  PrintHooks(status);
}

}  // namespace footprint::e2e
