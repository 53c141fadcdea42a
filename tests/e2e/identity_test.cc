// SPDX-License-Identifier: Apache-2.0
// Whose call it was: the names of processes, and that asking for them harms nobody.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "footprint/v1/footprint.grpc.pb.h"
#include "tests/e2e/daemon.h"

namespace footprint::e2e {
namespace {

// The row of a process in a footprint; an empty object when there is none.
Json RowOf(const Json& footprint, pid_t pid) {
  Json found;
  for (const Json& row : footprint.at("processes")) {
    if (row.at("pid") == pid && (found.empty() || row.at("image") > found.at("image"))) found = row;
  }
  return found;
}

// Rows whose `key` is `value`.
std::vector<Json> RowsWith(const Json& footprint, const std::string& key, const Json& value) {
  std::vector<Json> rows;
  for (const Json& row : footprint.at("processes")) {
    if (row.at(key) == value) rows.push_back(row);
  }
  return rows;
}

void CopyTo(const std::string& from, const std::string& to) {
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
}

}  // namespace

// Whoever opens a FIFO for reading waits for a writer: the daemon must not open what others chose.
TEST_CASE("e2e.identity.a_fifo_in_a_programs_place") {
  for (std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      Daemon daemon({"object = \"" + object + "\"\n"});
      TempDir dir;
      std::filesystem::permissions(dir.path(), std::filesystem::perms::all);
      std::filesystem::copy_file("/bin/true", dir / "program");
      WriteFile(dir / "script", "#!/bin/true\n");
      WriteFile(dir / "chain", "#!" + dir / "program" + "\n");
      Launch launch;
      launch.argv = {Workload("replaced")};
      for (const char* name : {"chain", "script", "program"}) {
        std::filesystem::permissions(dir / name, std::filesystem::perms::all);
        launch.argv.push_back(dir / name);
      }
      launch.uid = kNobody;
      REQUIRE(Process(launch).Wait(20s).status == 0);
      for (int i = 0; i < 3; i++) CHECK(daemon.Client({"status"}, 20s).status == 0);
      CHECK(daemon.Client({"show", "--command", "replaced"}, 20s).status == 0);
      daemon.Stop();
    }
  }
}

// `exe` is the file that the kernel executes, whatever name the exec was given.
TEST_CASE("e2e.identity.exe_is_what_the_kernel_executes") {
  Daemon daemon;
  TempDir dir;
  CopyTo(Workload("calls"), dir / "first");
  CopyTo(Workload("calls"), dir / "second");
  const std::string link = dir / "link";
  // A link that leads elsewhere every time, as alternatives(8) and package managers switch it.
  for (std::string target : {"first", "second", "first"}) {
    std::filesystem::remove(link);
    std::filesystem::create_symlink(target, link);
    const Json run = daemon.Record({link, "getppid=3"});
    RequireSound(run);
    REQUIRE(run.at("processes").size() == 1);
    const Json& row = run.at("processes").at(0);
    CHECK(row.at("exe") == dir / target);
    CHECK(row.at("exe_source") == "kernel");
    CHECK(row.at("script") == "");
    CHECK(row.at("argv") == Json({link, "getppid=3"}));
    CHECK(row.at("comm") == "link");
  }
  // Its own name, which in the daemon is the daemon's.
  const std::string bash = std::filesystem::canonical("/bin/bash");
  const Json self = daemon.Record({"/bin/bash", "-c", "exec /proc/self/exe -c :"});
  for (const Json& row : self.at("processes")) CHECK(row.at("exe") == bash);
  // By a descriptor: fexecve(3).
  const Json by_fd = daemon.Record(
      {"/usr/bin/env", "python3", "-c",
       "import os; os.execve(os.open('" + dir / "second" + "', os.O_RDONLY), ['named'], {})"});
  CHECK(RowsWith(by_fd, "exe", dir / "second").size() == 1);
  daemon.Stop();
}

// Its path is as the process sees it, and its mount namespace tells it from the host's file.
TEST_CASE("e2e.identity.exe_in_a_root_of_its_own") {
  Daemon daemon;
  TempDir dir;
  CopyTo(Workload("threads"), dir / "own");
  std::filesystem::create_directory(dir / "bin");
  CopyTo(Workload("threads"), dir / "bin/true");
  const Json changed = daemon.Record({"chroot", dir.path(), "/bin/true", "1", "1"});
  CHECK(RowsWith(changed, "exe", "/bin/true").size() == 1);
  const uint64_t host = changed.at("processes").at(0).at("mount_namespace");
  CHECK(host != 0);
  for (const Json& row : changed.at("processes")) CHECK(row.at("mount_namespace") == host);

  const std::string script = "mount --bind " + dir / "own" + " /bin/false && exec /bin/false 1 1";
  const Json bound = daemon.Record({"unshare", "--mount", "/bin/sh", "-c", script});
  const auto rows = RowsWith(bound, "exe", std::filesystem::canonical("/bin").string() + "/false");
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].at("mount_namespace") != host);
  daemon.Stop();
}

TEST_CASE("e2e.identity.scripts_stand_beside_their_interpreters") {
  for (std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      Daemon daemon({"object = \"" + object + "\"\n"});
      TempDir dir;
      WriteFile(dir / "shell", "#!/bin/sh -e\nexec " + Workload("calls") + " getppid=5\n");
      WriteFile(dir / "byenv", "#!/usr/bin/env python3\nimport sys; sys.stdin.readline()\n");
      for (const char* name : {"shell", "byenv"}) {
        std::filesystem::permissions(dir / name, std::filesystem::perms{0755});
      }
      const Json run = daemon.Record({dir / "shell", "one word"});
      const auto shell = RowsWith(run, "script", dir / "shell");
      REQUIRE(shell.size() == 1);
      if (object == "full") {
        CHECK(shell[0].at("exe") == std::filesystem::canonical("/bin/sh").string());
      }
      CHECK(shell[0].at("argv") == Json({"/bin/sh", "-e", dir / "shell", "one word"}));
      CHECK(shell[0].at("command_line") == "/bin/sh -e " + dir / "shell" + " 'one word'");
      CHECK(daemon.Query({"show", "--command", "shell"}).at("calls") >= shell[0].at("calls"));

      Launch launch;
      launch.argv = {dir / "byenv"};
      launch.environment = {"PATH=/usr/bin:/bin"};  // no wrapper of a version manager
      launch.keep_input = true;
      Process process(launch);
      Json row;
      REQUIRE(Eventually([&] {
        const Outcome shown =
            daemon.Client({"show", "--pid", std::to_string(process.pid()), "--format", "json"});
        if (shown.status != 0) return false;
        row = RowOf(Json::parse(shown.out), process.pid());
        return !row.empty() && row.at("image") == 2;
      }));
      CHECK(row.at("exe").get<std::string>().find("python3") != std::string::npos);
      CHECK(row.at("script") == dir / "byenv");
      for (const char* pattern : {"byenv", "python3*"}) {
        const Json named = daemon.Query({"show", "--command", pattern});
        CHECK_FALSE(RowOf(named, process.pid()).empty());
      }
      process.Write("\n");
      process.Wait();
      daemon.Stop();
    }
  }
}

TEST_CASE("e2e.identity.arguments_keep_their_borders_and_say_what_is_cut") {
  for (std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      Daemon daemon({"object = \"" + object + "\"\n"});
      const Json run = daemon.Record({"/bin/true", "", "a b", "it's", std::string(300, 'x')});
      REQUIRE(run.at("processes").size() == 1);
      const Json& row = run.at("processes").at(0);
      CHECK(row.at("argv") == Json({"/bin/true", "", "a b", "it's", std::string(300, 'x')}));
      CHECK(row.at("argv_cut") == false);
      CHECK(row.at("command_line") == "/bin/true '' 'a b' 'it'\\''s' " + std::string(300, 'x'));
      const Json most = daemon.Record({"/bin/true", std::string(2036, 'y')});
      CHECK(most.at("processes").at(0).at("argv").at(1) == std::string(2036, 'y'));
      CHECK(most.at("processes").at(0).at("argv_cut") == false);
      const Json cut = daemon.Record({"/bin/true", std::string(2100, 'z'), "last"});
      CHECK(cut.at("processes").at(0).at("argv_cut") == true);
      CHECK(cut.at("processes").at(0).at("argv").at(1) == std::string(2037, 'z'));
      CHECK(cut.at("processes").at(0).at("command_line").get<std::string>().ends_with(" ..."));
      daemon.Stop();
    }
  }
}

// A directory so deep that its path is cut at 1,023 bytes, with the end of it kept.
TEST_CASE("e2e.identity.long_paths_say_what_is_cut") {
  Daemon daemon;
  TempDir dir;
  std::filesystem::path path = dir.path();
  for (int i = 0; i < 3; i++) path /= std::string(200, 'a' + i);
  std::filesystem::create_directories(path);
  CopyTo("/bin/true", path / "whole");
  const Json whole = daemon.Record({path / "whole"});
  CHECK(whole.at("processes").at(0).at("exe") == (path / "whole").string());
  CHECK(whole.at("processes").at(0).at("exe_cut") == false);
  for (int i = 3; i < 6; i++) path /= std::string(200, 'a' + i);
  std::filesystem::create_directories(path);
  CopyTo("/bin/true", path / "cut");
  const Json cut = daemon.Record({path / "cut"});
  const std::string exe = cut.at("processes").at(0).at("exe");
  CHECK(cut.at("processes").at(0).at("exe_cut") == true);
  CHECK(exe.starts_with(".../"));
  CHECK((path / "cut").string().ends_with(exe.substr(4)));
  daemon.Stop();
}

// A number of one PID namespace is a stranger's in another: neither a client nor a daemon may
// take it for its own.
TEST_CASE("e2e.identity.pid_namespaces") {
  Daemon daemon;
  Launch launch;
  launch.environment = {"FOOTPRINT_TARGET=" + daemon.target()};
  launch.argv = {"unshare", "--pid", "--fork", "--mount-proc",       Binary("footprint"),
                 "run",     "--",    "touch",  daemon.dir() + "/ran"};
  const Outcome inside = Process(launch).Wait();
  CHECK(inside.status == 69);
  CHECK(inside.err.find("another PID namespace") != std::string::npos);
  CHECK(std::count(inside.err.begin(), inside.err.end(), '\n') == 1);
  // Where the daemon is, a namespace of the command alone is no matter.
  const Json outside = daemon.Record({"unshare", "--pid", "--fork", "/bin/true"});
  RequireSound(outside);
  CHECK(RowsWith(outside, "comm", "true").size() == 1);

  // Over a forwarded socket the daemon is one of another kernel.
  WriteFile(daemon.dir() + "/boot_id", "00000000-0000-4000-8000-000000000000\n");
  const std::string bound =
      "mount --bind " + daemon.dir() + "/boot_id /proc/sys/kernel/random/boot_id && exec ";
  launch.argv = {"unshare", "--mount", "/bin/sh", "-c",
                 bound + Binary("footprint") + " run -- touch " + daemon.dir() + "/ran"};
  const Outcome forwarded = Process(launch).Wait();
  CHECK(forwarded.status == 69);
  CHECK(forwarded.err.find("another machine") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(daemon.dir() + "/ran"));

  TempDir dir;
  launch.argv = {"unshare",
                 "--pid",
                 "--fork",
                 "--mount-proc",
                 Binary("footprintd"),
                 "--listen",
                 "unix:" + dir / "query.sock"};
  const Outcome contained = Process(launch).Wait();
  CHECK(contained.status == 69);
  CHECK(contained.err.find("PID namespace") != std::string::npos);
  CHECK(contained.err.find("--pid=host") != std::string::npos);
}

// The kernel side reads the kernel's own clock.
TEST_CASE("e2e.identity.time_namespaces") {
  DaemonOptions options;
  options.under = {"unshare", "--time", "--boottime", "864000"};
  Daemon daemon(options);
  if (std::filesystem::read_symlink("/proc/" + std::to_string(daemon.pid()) + "/ns/time") ==
      std::filesystem::read_symlink("/proc/self/ns/time")) {
    return;  // before 6.0 an exec does not enter it
  }
  grpc::ClientContext context;
  context.set_deadline(WallClockIn(30s));
  auto reader = v1::FootprintService::NewStub(
                    grpc::CreateChannel(daemon.target(), grpc::InsecureChannelCredentials()))
                    ->WatchEvents(&context, v1::WatchEventsRequest());
  v1::WatchEventsResponse event;
  const auto before = std::chrono::system_clock::now();
  const Json run = daemon.Record({"/bin/true"});
  {
    // The daemon has the request once it tells of somebody.
    std::jthread knock([](std::stop_token stop) {
      while (!stop.stop_requested()) Run({"/bin/true"});
    });
    REQUIRE(reader->Read(&event));
  }
  context.TryCancel();
  const auto time = std::chrono::system_clock::from_time_t(event.time().seconds());
  CHECK(time > before - 60s);
  CHECK(time < before + 3600s);
  const uint64_t began = run.at("processes").at(0).at("start_boottime_ns");
  CHECK(began <= run.at("provenance").at("end_boottime_ns"));
  CHECK(began + 60'000'000'000 > run.at("provenance").at("start_boottime_ns"));
}

// Units that cannot be told are said to be unknown.
TEST_CASE("e2e.identity.cgroup_namespaces") {
  DaemonOptions options;
  options.under = {"unshare", "--cgroup"};
  Daemon daemon(options);
  const Json status = daemon.Query({"status"});
  CHECK(status.at("units_unknown_because").get<std::string>().find("cgroup namespace") !=
        std::string::npos);
}

// clone(2) with CLONE_PARENT: the kernel's parent is the parent of the one that called it.
TEST_CASE("e2e.identity.a_sibling_has_its_parents_parent") {
  Daemon daemon({"object = \"full\"\n"});
  const Json run = daemon.Record({Workload("sibling"), "/bin/sleep", "0"});
  RequireSound(run);
  const auto rows = RowsWith(run, "comm", "sleep");
  REQUIRE(rows.size() == 1);
  const auto began = RowsWith(run, "comm", "sibling");
  // The first made a child, which made a sibling of its own.
  pid_t first = 0;
  for (const Json& row : began)
    first = std::max<pid_t>(first, row.at("image") == 1 ? pid_t(row.at("pid")) : 0);
  CHECK(began.size() == 3);
  CHECK(rows[0].at("parent_pid") == first);
  for (const Json& row : began) CHECK(row.at("exe") == Workload("sibling"));
}

// Whoever is adopted by another stays in the tree of its birth, and so does what it makes.
TEST_CASE("e2e.identity.a_sibling_of_an_adopted_process_stays_in_the_tree") {
  for (std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      Daemon daemon({"object = \"" + object + "\"\n"});
      const Json run =
          daemon.Record({Workload("sibling"), "-r", Workload("calls"), "getppid=4004"});
      RequireSound(run);
      CHECK(Count(run, "getppid") >= 4004);
      CHECK(RowsWith(run, "comm", "calls").size() == 1);
      daemon.Stop();
    }
  }
}

// Its parents wait for it since before the attach, and so make no call by which they would be
// known.
TEST_CASE("e2e.identity.parents_that_make_no_call_are_in_the_tree") {
  for (std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      Launch launch;
      launch.argv = {
          "/bin/sh", "-c",
          "/bin/sh -c 'echo up; " + Workload("calls") + " wait getppid=4004 wait; :'; :"};
      launch.keep_input = true;
      Process process(launch);
      REQUIRE(Eventually([&] { return process.out().find("up") != std::string::npos; }));
      Daemon daemon({"object = \"" + object + "\"\n"});
      process.Write("\n");
      Json footprint;
      const auto asked = [&](const std::string& scope) {
        const Outcome shown =
            daemon.Client({"show", scope, std::to_string(process.pid()), "--format", "json"});
        INFO(shown.err);
        CHECK(shown.status == 0);
        footprint = shown.status == 0 ? Json::parse(shown.out) : Json{{"syscalls", Json::array()}};
        return Count(footprint, "getppid");
      };
      CHECK(Eventually([&] { return asked("--tree") == 4004; }));
      RequireSound(footprint);
      CHECK(asked("--pid") == 0);
      process.Write("\n");
      CHECK(process.Wait().status == 0);
      daemon.Stop();
    }
  }
}

TEST_CASE("e2e.identity.a_process_goes_by_its_leaders_name") {
  for (std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      Daemon daemon({"object = \"" + object + "\"\n"});
      Launch launch;
      launch.argv = {Workload("renames"), "23"};
      launch.keep_input = true;
      Process process(launch);
      Json row;
      const auto shows = [&](const std::string& comm, uint64_t calls) {
        return Eventually([&] {
          const Outcome shown = daemon.Client({"show", "--command", "renames", "--format", "json"});
          if (shown.status != 0) return false;
          const Json footprint = Json::parse(shown.out);
          row = RowOf(footprint, process.pid());
          return !row.empty() && row.at("comm") == comm && Count(footprint, "getppid") == calls;
        });
      };
      CHECK(shows("renames", 23));
      process.Write("\n");
      CHECK(shows("fp_renamed", 3 * 23));  // and not its thread's
      CHECK(row.at("exec_comm") == "renames");
      process.Write("\n");
      CHECK(shows("fp_by_thread", 4 * 23));
      const Outcome none = daemon.Client({"show", "--command", "fp_by_thread"});
      // Where a program of another process is not known, it may be one of that name.
      if (none.status != 0) {
        CHECK(none.status == 1);
        CHECK(none.err.find("began as \"renames\"") != std::string::npos);
      }
      process.Write("\n");
      CHECK(process.Wait().status == 0);
      CHECK(shows("fp_by_thread", 4 * 23));
      daemon.Stop();
    }
  }
}

}  // namespace footprint::e2e
