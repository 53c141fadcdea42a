// SPDX-License-Identifier: Apache-2.0
// Clients that use HTTP/2 against the daemon: its memory stays flat, others are answered.
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "tests/e2e/daemon.h"
#include "tests/e2e/http2.h"

namespace footprint::e2e {
namespace {

constexpr uint64_t kFloodRoom = (kSanitized ? 64 : 16) << 20;
// By far more than the daemon reads of a peer after it was cut off.
constexpr int kManyStreams = 400'000;

// The system's footprint.
const char kScope[] = {0x0a, 0x02, 0x08, 0x01};

std::string Ask(uint32_t stream, const std::string& method) {
  return Frame(1, 4, stream, Headers(method)) +
         Frame(0, 1, stream, Message({kScope, sizeof(kScope)}));
}

void CheckAnswers(const Daemon& daemon) {
  Outcome outcome = daemon.Client({"status", "--format", "json"}, 20s);
  INFO(outcome.err);
  CHECK(outcome.status == 0);
  outcome = daemon.Client({"show", "--format", "json"}, 20s);
  INFO(outcome.err);
  CHECK(outcome.status == 0);
}

}  // namespace

TEST_CASE("e2e.flood.rapid_reset") {
  for (const char* method : {"WatchFootprint", "GetFootprint"}) {
    DYNAMIC_SECTION(method) {
      Daemon daemon;
      CheckAnswers(daemon);
      const uint64_t before = daemon.ResidentBytes();
      uint64_t most = 0;
      int cut = 0;
      // Who is cut off may come again.
      for (int round = 0; round < 10; round++) {
        Deaf peer(daemon.socket(), Hello());
        int stream = 1;
        while (stream < kManyStreams &&
               peer.Say(Ask(stream, method) + Frame(3, 0, stream, std::string("\0\0\0\x8", 4)))) {
          stream += 2;
        }
        cut += stream < kManyStreams;
        most = std::max(most, daemon.ResidentBytes());
      }
      CheckAnswers(daemon);
      INFO(before << " bytes before, at most " << most);
      CHECK(cut == 10);
      CHECK(most <= before + kFloodRoom);
      CHECK(daemon.Query({"status"}).at("connections_cut") == 10);
      daemon.Stop();
    }
  }
}

// A window of 0: not a byte of an answer can be sent.
TEST_CASE("e2e.flood.unread_answers") {
  Daemon daemon;
  CheckAnswers(daemon);
  const uint64_t before = daemon.ResidentBytes();
  std::vector<std::unique_ptr<Deaf>> peers;
  std::string asks;
  for (uint32_t stream = 1; stream < 32; stream += 2) asks += Ask(stream, "GetFootprint");
  for (int i = 0; i < 64; i++) {
    peers.push_back(
        std::make_unique<Deaf>(daemon.socket(), Hello(std::string("\0\x4\0\0\0\0", 6))));
  }
  for (const auto& peer : peers) peer->Say(asks);
  for (int i = 0; i < 20; i++) {
    CheckAnswers(daemon);
    const uint64_t now = daemon.ResidentBytes();
    INFO(before << " bytes before, now " << now);
    REQUIRE(now <= before + kFloodRoom);
  }
  // And nothing of it stays.
  peers.clear();
  CHECK(Eventually([&] { return daemon.Query({"status"}).at("connections") <= 1; }, 20s));
  CheckAnswers(daemon);
  daemon.Stop();
}

// One process cannot take all streams.
TEST_CASE("e2e.flood.streams_are_shared") {
  Daemon daemon;
  std::vector<std::unique_ptr<Deaf>> peers;
  std::string watches;
  for (uint32_t stream = 1; stream < 32; stream += 2) watches += Ask(stream, "WatchFootprint");
  for (int i = 0; i < 8; i++) {
    peers.push_back(std::make_unique<Deaf>(daemon.socket(), Hello() + watches));
  }
  // Begun: the first has its answers.
  CHECK(Eventually([&] { return peers.back()->Waiting() > 500; }));
  Launch launch;
  launch.argv = {Binary("footprint"), "watch", "--count", "2", "--format", "json"};
  launch.environment = {"FOOTPRINT_TARGET=" + daemon.target()};
  Process watch(launch);
  CHECK(watch.Wait().status == 0);
  daemon.Stop();
}

TEST_CASE("e2e.flood.watchers_come_and_go") {
  Daemon daemon;
  CheckAnswers(daemon);
  const uint64_t before = daemon.ResidentBytes();
  for (int round = 0; round < 25; round++) {
    std::vector<std::unique_ptr<Deaf>> watchers;
    for (int i = 0; i < 40; i++) {
      watchers.push_back(
          std::make_unique<Deaf>(daemon.socket(), Hello() + Ask(1, "WatchFootprint")));
    }
    CHECK(Eventually([&] { return watchers.back()->Waiting() > 500; }));
    watchers.clear();
    REQUIRE(Eventually([&] { return daemon.Query({"status"}).at("connections") <= 1; }, 20s));
  }
  CHECK(daemon.Query({"status"}).at("connections_cut") == 0);
  // What it took for them goes back to the system.
  const bool flat = Eventually([&] { return daemon.ResidentBytes() <= before + (8 << 20); },
                               kSanitized ? 1s : 20s);
  INFO(before << " bytes before, now " << daemon.ResidentBytes());
  CHECK((kSanitized || flat));
  daemon.Stop();
}

// Fields that gRPC 1.51 cannot print, in header lists that are too large (CVE-2023-1428).
TEST_CASE("e2e.flood.header_lists_that_grpc_cannot_print") {
  Daemon daemon;
  const std::string large =
      std::string(1, '\0') + "\x01" + "a" + "\x7f\xc1\x3d" + std::string(8000, 'x');
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"te", "x"}, {":scheme", "x"}, {"grpclb_client_stats", "x"}}) {
    INFO(name);
    const std::string path = Field(":method", "POST") +
                             Field(":path", "/footprint.v1.FootprintService/GetStatus") +
                             Field(name, value);
    Deaf peer(daemon.socket(), Hello() + Frame(1, 4, 1, path + large));
    // A list of few bytes that is large when it is unpacked: a field in the table, named again.
    const std::string indexed =
        "\x40\x01" + std::string("a") + "\x7f\xb9\x16" + std::string(3000, 'x');
    Deaf other(daemon.socket(), Hello() + Frame(1, 4, 1, path + indexed + "\xbe\xbe\xbe\xbe"));
    CHECK(Eventually([&] { return peer.Refused() || peer.Waiting() > 0; }));
    CheckAnswers(daemon);
  }
  daemon.Stop();
}

}  // namespace footprint::e2e
