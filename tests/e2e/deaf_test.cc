// SPDX-License-Identifier: Apache-2.0
// Clients that connect and never read: others are answered, and memory stays flat.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/e2e/daemon.h"
#include "tests/e2e/http2.h"

namespace footprint::e2e {
namespace {

constexpr int kClients = 50;
// The daemon gives its start's memory back, so that there is none to grow into. A sanitized one
// has red zones and shadow of the same allocations.
constexpr uint64_t kRoom = (kSanitized ? 64 : 24) << 20;

// WatchFootprint of the system every 100 ms, with all the flow-control window there is.
std::string WatchRequest() {
  const std::string message("\x0a\x02\x08\x01\x12\x05\x10\x80\xc2\xd7\x2f", 11);
  std::string data(1, '\0');
  for (int shift : {24, 16, 8, 0}) data += static_cast<char>(message.size() >> shift);
  data += message;
  const std::string headers = Field(":method", "POST") + Field(":scheme", "http") +
                              Field(":path", "/footprint.v1.FootprintService/WatchFootprint") +
                              Field(":authority", "localhost") +
                              Field("content-type", "application/grpc") + Field("te", "trailers");
  const std::string window("\x00\x04\x7f\xff\xff\xff", 6);  // SETTINGS_INITIAL_WINDOW_SIZE
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(4, 0, 0, window) +
         Frame(8, 0, 0, std::string("\x7f\xff\x00\x00", 4)) + Frame(1, 4, 1, headers) +
         Frame(0, 1, 1, data);
}

std::chrono::milliseconds TimeOfStatus(const Daemon& daemon) {
  auto begin = std::chrono::steady_clock::now();
  Outcome outcome = daemon.Client({"status", "--format", "json"}, 20s);
  INFO(outcome.err);
  CHECK(outcome.status == 0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               begin);
}

}  // namespace

TEST_CASE("e2e.deaf.fifty_watchers") {
  for (const char* kind : {"silent", "watching"}) {
    DYNAMIC_SECTION(kind) {
      // One process may have half of them.
      Daemon daemon({"max_connections = 128\n"});
      for (int i = 0; i < 5; i++) TimeOfStatus(daemon);
      const uint64_t before = daemon.ResidentBytes();
      const bool watching = std::string(kind) == "watching";
      std::vector<std::unique_ptr<Deaf>> clients;
      for (int i = 0; i < kClients; i++)
        clients.push_back(std::make_unique<Deaf>(daemon.socket(), watching ? WatchRequest() : ""));
      for (int i = 0; i < 40; i++) {
        CHECK(TimeOfStatus(daemon) < 3s);
        uint64_t now = daemon.ResidentBytes();
        INFO(before << " bytes before, now " << now);
        REQUIRE(now <= before + kRoom);
      }
      Json footprint = daemon.Record({Workload("calls"), "getppid=23"});
      RequireSound(footprint);
      CHECK(Count(footprint, "getppid") == 23);
      // The watchers were heard: their answers wait in the sockets.
      if (watching)
        for (const auto& client : clients) CHECK(client->Waiting() > 1000);
      clients.clear();
      // Their connections are given back.
      CHECK(Eventually([&] { return daemon.Query({"status"}).at("connections") <= 2; }, 20s));
      daemon.Stop();
    }
  }
}

// One process cannot take all connections: others are still answered.
TEST_CASE("e2e.deaf.one_process_has_half") {
  Daemon daemon({"max_connections = 8\n"});
  std::vector<std::unique_ptr<Deaf>> clients;
  for (int i = 0; i < kClients; i++)
    clients.push_back(std::make_unique<Deaf>(daemon.socket(), WatchRequest()));
  auto refused = [&] {
    return std::count_if(clients.begin(), clients.end(), [](auto& c) { return c->Refused(); });
  };
  CHECK(Eventually([&] { return refused() == kClients - 4; }));
  CHECK(TimeOfStatus(daemon) < 3s);
  Json status = daemon.Query({"status"});
  CHECK(status.at("connections_refused") == kClients - 4);
  Json footprint = daemon.Record({Workload("calls"), "getppid=23"});
  RequireSound(footprint);
  CHECK(Count(footprint, "getppid") == 23);
  CHECK(refused() == kClients - 4);
}

// When all are taken the refusal is a clear one, and room is given to the next when one goes.
TEST_CASE("e2e.deaf.more_than_the_limit") {
  Daemon daemon({"max_connections = 8\n"});
  std::vector<std::unique_ptr<Process>> clients;
  for (int i = 0; i < 8; i++) {
    Launch launch;
    launch.argv = {Binary("footprint"), "watch", "--format", "json"};
    launch.environment = {"FOOTPRINT_TARGET=" + daemon.target()};
    clients.push_back(std::make_unique<Process>(launch));
    REQUIRE(Eventually([&] { return !clients.back()->out().empty(); }));
  }
  Outcome outcome = daemon.Client({"status"}, 20s);
  INFO(outcome.err);
  CHECK(outcome.status == 69);
  CHECK(outcome.err.find(daemon.target()) != std::string::npos);
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  clients.clear();
  CHECK(Eventually([&] { return daemon.Client({"status"}, 20s).status == 0; }, 20s));
  CHECK(daemon.Query({"status"}).at("connections_refused") >= 1);
}

}  // namespace footprint::e2e
