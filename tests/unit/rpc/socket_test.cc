// SPDX-License-Identifier: Apache-2.0
// The listening socket: who gets in, what is replaced, and what is left alone.
#include <fcntl.h>
#include <grpcpp/create_channel_posix.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>

#include "daemon/base/unique_fd.h"
#include "tests/unit/rpc/running_server.h"

namespace footprint::rpc {
namespace {

constexpr uid_t kNobody = 65534;

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  return address;
}

base::UniqueFd Bound(const std::string& path) {
  base::UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = AddressOf(path);
  REQUIRE(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  return fd;
}

base::UniqueFd Connected(const std::string& path) {
  base::UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = AddressOf(path);
  REQUIRE(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  return fd;
}

// gRPC greets with SETTINGS; a refused connection is closed.
bool LetIn(const base::UniqueFd& fd) {
  pollfd input{.fd = fd.get(), .events = POLLIN, .revents = 0};
  char byte;
  return poll(&input, 1, 5000) == 1 && recv(fd.get(), &byte, 1, MSG_PEEK) == 1;
}

// For this thread alone: glibc's seteuid would change all of them.
class AsNobody {
 public:
  AsNobody() { REQUIRE(syscall(SYS_setresuid, -1, kNobody, -1) == 0); }
  ~AsNobody() { syscall(SYS_setresuid, -1, 0, -1); }
};

bool Root() {
  if (geteuid() == 0) return true;
  WARN("not root: cannot connect as somebody else, nothing was checked");
  return false;
}

uint64_t OpenConnections(const RunningServer& running, uint64_t* refused = nullptr) {
  Deadline context;
  v1::GetStatusResponse response;
  REQUIRE(running.Stub()->GetStatus(&context, v1::GetStatusRequest(), &response).ok());
  if (refused != nullptr) *refused = response.connections_refused();
  return response.connections();
}

TEST_CASE("unit.rpc.socket_mode_and_removal") {
  RunningServer running;
  struct stat st {};
  REQUIRE(lstat(running.path.c_str(), &st) == 0);
  CHECK((st.st_mode & 07777) == 0660);
  CHECK(absl::IsAlreadyExists(Server::CheckFree("unix:" + running.path)));
  const auto second =
      Server::Create({.listen = "unix:" + running.path}, running.events, running.control);
  CHECK(absl::IsAlreadyExists(second.status()));
  running.Shutdown();
  CHECK(lstat(running.path.c_str(), &st) != 0);
}

TEST_CASE("unit.rpc.only_a_stale_socket_of_ours_is_replaced") {
  TempDir dir;
  store::EventLog events(4);
  FakeControl control;
  const std::string path = dir / "s";
  const auto create = [&] { return Server::Create({.listen = "unix:" + path}, events, control); };
  {
    std::ofstream(path) << "precious";
    CHECK(absl::IsInvalidArgument(create().status()));
    std::string text;
    std::ifstream(path) >> text;
    CHECK(text == "precious");
    unlink(path.c_str());
  }
  { const base::UniqueFd gone = Bound(path); }
  CHECK(create().ok());
  CHECK(access(path.c_str(), F_OK) != 0);
  if (Root()) {
    { const base::UniqueFd gone = Bound(path); }
    REQUIRE(chown(path.c_str(), kNobody, kNobody) == 0);
    CHECK_FALSE(create().ok());
    CHECK(access(path.c_str(), F_OK) == 0);
    unlink(path.c_str());
  }
}

// A daemon that ends leaves the path to the one that has it now.
TEST_CASE("unit.rpc.a_path_that_another_has_taken_is_left_alone") {
  RunningServer running;
  REQUIRE(unlink(running.path.c_str()) == 0);
  const base::UniqueFd other = Bound(running.path);
  running.control.Do(
      [&] { CHECK(absl::IsAlreadyExists(running.server->RestoreSocket().status())); });
  running.Shutdown();
  CHECK(access(running.path.c_str(), F_OK) == 0);
  unlink(running.path.c_str());
}

TEST_CASE("unit.rpc.a_socket_that_was_removed_is_made_again") {
  RunningServer running;
  const auto restored = [&] {
    bool was_gone = false;
    running.control.Do([&] { was_gone = *running.server->RestoreSocket(); });
    return was_gone;
  };
  CHECK_FALSE(restored());
  REQUIRE(unlink(running.path.c_str()) == 0);
  CHECK(restored());
  CHECK_FALSE(restored());
  CHECK(LetIn(Connected(running.path)));
}

TEST_CASE("unit.rpc.listen_addresses") {
  for (const std::string& listen :
       {std::string("/run/x"), std::string("unix:"), std::string("unix:rel.sock"),
        std::string("0.0.0.0:80"), "unix:/" + std::string(107, 'x')}) {
    CHECK(absl::IsInvalidArgument(Server::CheckFree(listen)));
  }
}

TEST_CASE("unit.rpc.closed_connections_are_given_back") {
  RunningServer running(32);
  std::vector<base::UniqueFd> silent;
  for (int i = 0; i < 10; ++i) silent.push_back(Connected(running.path));
  for (const auto& fd : silent) CHECK(LetIn(fd));
  CHECK(OpenConnections(running) >= 10);
  silent.clear();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  uint64_t open = 100;
  while (open > 3 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    open = OpenConnections(running);
  }
  CHECK(open <= 3);
}

TEST_CASE("unit.rpc.others_may_look_but_not_control") {
  if (!Root()) return;
  RunningServer running;
  running.control.Set(OneProcess(23));
  REQUIRE(chmod(running.path.c_str(), 0666) == 0);
  REQUIRE(chmod((running.dir / "").c_str(), 0755) == 0);
  // gRPC connects on threads of its own: hand it a descriptor that was connected here.
  base::UniqueFd fd;
  {
    const AsNobody nobody;
    fd = Connected(running.path);
  }
  fcntl(fd.get(), F_SETFL, O_NONBLOCK);
  const auto channel = grpc::CreateInsecureChannelFromFd("nobody", fd.Release());
  Deadline one, two;
  v1::GetFootprintRequest get;
  v1::GetFootprintResponse got;
  get.mutable_scope()->set_pid(7);
  CHECK(v1::FootprintService::NewStub(channel)->GetFootprint(&one, get, &got).ok());
  v1::StartRecordingRequest start;
  v1::StartRecordingResponse started;
  start.mutable_scope()->set_system(true);
  const grpc::Status status =
      v1::ControlService::NewStub(channel)->StartRecording(&two, start, &started);
  CHECK(status.error_code() == grpc::StatusCode::PERMISSION_DENIED);
  CHECK(status.error_message().find("root") != std::string::npos);
}

TEST_CASE("unit.rpc.a_user_with_many_processes_leaves_room_for_root") {
  if (!Root()) return;
  RunningServer running(16);
  REQUIRE(chmod(running.path.c_str(), 0666) == 0);
  REQUIRE(chmod((running.dir / "").c_str(), 0755) == 0);
  // Three processes of one user, more together than there is room for.
  int ready[2];
  REQUIRE(pipe2(ready, O_CLOEXEC) == 0);
  std::vector<pid_t> children;
  for (int child = 0; child < 3; ++child) {
    const pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      if (syscall(SYS_setresuid, kNobody, kNobody, kNobody) != 0) _exit(1);
      const sockaddr_un address = AddressOf(running.path);
      for (int i = 0; i < 7; ++i) {
        const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address))) _exit(1);
      }
      if (write(ready[1], "x", 1) != 1) _exit(1);
      pause();
    }
    children.push_back(pid);
  }
  char byte;
  for (size_t i = 0; i < children.size(); ++i) REQUIRE(read(ready[0], &byte, 1) == 1);
  uint64_t refused = 0;
  CHECK(OpenConnections(running, &refused) <= 9);
  CHECK(refused >= 13);
  for (const pid_t pid : children) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  close(ready[0]);
  close(ready[1]);
}

}  // namespace
}  // namespace footprint::rpc
