// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/daemon.h"

#include <linux/bpf.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace footprint::e2e {
namespace {

// The receiving end of sd_notify(3).
int NotifySocket(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  REQUIRE(socket >= 0);
  REQUIRE(bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  return socket;
}

bool Ready(int socket, const Process& process) {
  const Deadline end = In(30s);
  while (std::chrono::steady_clock::now() < end && !process.Ended(0ms)) {
    pollfd input = {socket, POLLIN, 0};
    char text[4096];
    if (poll(&input, 1, 100) != 1) continue;
    ssize_t got = recv(socket, text, sizeof(text), 0);
    if (got > 0 && std::string(text, got).find("READY=1") != std::string::npos) return true;
  }
  return false;
}

}  // namespace

std::vector<std::pair<std::string, uint32_t>> BpfIdsOf(pid_t pid) {
  std::vector<std::pair<std::string, uint32_t>> ids;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fdinfo")) {
    std::ifstream file(entry.path());
    bool link = false;
    for (std::string key, value; file >> key && std::getline(file, value);) {
      link = link || key == "link_id:";
      // A link names its program too, which has its own descriptor as long as it is owned.
      if (key == "prog_id:" && !link) ids.emplace_back("prog", std::stoul(value));
      if (key == "map_id:") ids.emplace_back("map", std::stoul(value));
      if (key == "link_id:") ids.emplace_back("link", std::stoul(value));
    }
  }
  return ids;
}

bool BpfIdGone(const std::pair<std::string, uint32_t>& id) {
  bpf_attr attribute = {};
  attribute.prog_id = id.second;  // one union with map_id and link_id
  int command = id.first == "prog"  ? BPF_PROG_GET_FD_BY_ID
                : id.first == "map" ? BPF_MAP_GET_FD_BY_ID
                                    : BPF_LINK_GET_FD_BY_ID;
  int file = syscall(SYS_bpf, command, &attribute, sizeof(attribute));
  if (file < 0) return errno == ENOENT;
  close(file);
  return false;
}

bool AsInTheUnit(const TempDir& dir, Launch& launch) {
  const char* uid = getenv("FOOTPRINT_TEST_DAEMON_AS");
  if (!uid) return false;
  launch.uid = strtoul(uid, nullptr, 10);
  launch.capabilities = uint64_t{1} << CAP_BPF | uint64_t{1} << CAP_PERFMON;
  REQUIRE(chown(dir.path().c_str(), *launch.uid, *launch.uid) == 0);
  return true;
}

Daemon::Daemon(const DaemonOptions& options) : target_("unix:" + (dir_ / "query.sock")) {
  WriteFile(dir_ / "config.toml", "interval_ms = 100\n" + options.config);
  int notify = NotifySocket(dir_ / "notify.sock");
  Launch launch;
  launch.argv = {Binary("footprintd"), "--listen", target_, "--config", dir_ / "config.toml"};
  launch.argv.insert(launch.argv.begin(), options.under.begin(), options.under.end());
  launch.environment = {"NOTIFY_SOCKET=" + (dir_ / "notify.sock")};
  // A sanitizer keeps freed memory back; what stays is what a memory test may judge.
  if (!getenv("ASAN_OPTIONS")) launch.environment.push_back("ASAN_OPTIONS=quarantine_size_mb=1");
  launch.hide_btf = options.hide_btf;
  if (AsInTheUnit(dir_, launch))
    std::filesystem::permissions(dir_ / "notify.sock", std::filesystem::perms{0666});
  process_ = std::make_unique<Process>(launch);
  bool ready = Ready(notify, *process_);
  close(notify);
  INFO("footprintd says: " << process_->err());
  REQUIRE(ready);
}

Daemon::~Daemon() {
  if (!process_) return;
  if (std::uncaught_exceptions() > 0) {
    process_.reset();
    return;
  }
  process_->Signal(SIGTERM);
  Outcome end = process_->Wait(20s);
  process_.reset();
  INFO("footprintd says: " << end.err);
  CHECK(end.status == 0);
}

void Daemon::Stop() {
  auto ids = BpfIdsOf(pid());
  CHECK(ids.size() >= 5);
  process_->Signal(SIGTERM);
  Outcome end = process_->Wait(20s);
  process_.reset();
  INFO("footprintd says: " << end.err);
  CHECK(end.status == 0);
  for (const auto& id : ids) {
    INFO(id.first << " " << id.second);
    // The kernel frees after a grace period.
    CHECK(Eventually([&] { return BpfIdGone(id); }));
  }
  CHECK_FALSE(std::filesystem::exists(socket()));
}

uint64_t Daemon::ResidentBytes() const {
  std::ifstream file("/proc/" + std::to_string(pid()) + "/statm");
  uint64_t size = 0, resident = 0;
  file >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

Outcome Daemon::Client(std::vector<std::string> arguments, std::chrono::milliseconds most) const {
  Launch launch;
  launch.argv = std::move(arguments);
  launch.argv.insert(launch.argv.begin(), Binary("footprint"));
  launch.environment = {"FOOTPRINT_TARGET=" + target_};
  return Process(launch).Wait(most);
}

Json Daemon::Query(std::vector<std::string> arguments) const {
  arguments.insert(arguments.end(), {"--format", "json"});
  Outcome outcome = Client(arguments);
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  return Json::parse(outcome.out);
}

std::vector<std::string> Daemon::RecordCommand(const std::vector<std::string>& command,
                                               const std::string& output) const {
  std::vector<std::string> words = {
      Binary("footprint"), "run",  "--target", target_, "--format", "json",
      "--output",          output, "--"};
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

Json Daemon::Record(const std::vector<std::string>& command, int status) const {
  const std::string output = dir_ / "run.json";
  std::filesystem::remove(output);
  Outcome outcome = Run(RecordCommand(command, output), 150s);
  INFO(outcome.err);
  REQUIRE(outcome.status == status);
  return Json::parse(ReadFile(output));
}

Json Row(const Json& footprint, const std::string& name, const std::string& abi) {
  for (const Json& row : footprint.at("syscalls"))
    if (row.at("name") == name && row.at("abi") == abi) return row;
  return Json::object();
}

uint64_t Count(const Json& footprint, const std::string& name, const std::string& abi) {
  return Row(footprint, name, abi).value("calls", uint64_t{0});
}

uint64_t Errno(const Json& footprint, const std::string& name, const std::string& error,
               const std::string& abi) {
  return Row(footprint, name, abi).value("errnos", Json::object()).value(error, uint64_t{0});
}

uint64_t Sum(const Json& footprint, const std::string& array, const std::string& member) {
  uint64_t sum = 0;
  for (const Json& row : footprint.at(array)) sum += row.value(member, uint64_t{0});
  return sum;
}

std::string RowsThatDiffer(const Json& left, const Json& right) {
  std::map<std::string, std::array<uint64_t, 4>> rows;
  auto add = [&](const Json& footprint, size_t side) {
    for (const Json& row : footprint.at("syscalls")) {
      auto& cells =
          rows[row.at("abi").get<std::string>() + " " + row.at("name").get<std::string>()];
      cells[side] += row.at("calls").get<uint64_t>();
      cells[side + 1] += row.value("errors", uint64_t{0});
    }
  };
  add(left, 0);
  add(right, 2);
  std::ostringstream lines;
  for (const auto& [name, cells] : rows) {
    if (cells[0] == cells[2] && cells[1] == cells[3]) continue;
    lines << name << ": " << cells[0] << " calls, " << cells[1] << " errors; " << cells[2]
          << " calls, " << cells[3] << " errors\n";
  }
  return lines.str();
}

std::map<std::string, uint64_t> CallsBy(const Json& footprint, const std::string& array,
                                        const std::string& by, const std::string& member,
                                        const std::string& value) {
  std::map<std::string, uint64_t> calls;
  for (const Json& row : footprint.at(array)) {
    if (row.at(member) == value) {
      calls[row.at(by).get<std::string>()] += row.at("calls").get<uint64_t>();
    }
  }
  return calls;
}

void RequireSound(const Json& footprint) {
  INFO(footprint.at("losses").dump());
  REQUIRE(footprint.at("complete") == true);
  for (const auto& [cause, count] : footprint.at("losses").items()) {
    INFO(cause);
    // A lost event costs no counts, see the API.
    if (cause != "events_dropped") REQUIRE(count == 0);
  }
  for (const char* member : {"calls", "errors"}) {
    INFO(member);
    REQUIRE(footprint.at(member) == Sum(footprint, "syscalls", member));
    REQUIRE(footprint.at(member) == Sum(footprint, "subsystems", member));
  }
}

}  // namespace footprint::e2e
