// SPDX-License-Identifier: Apache-2.0
// What a peer may send, whatever the borders at which it comes.
#include "daemon/rpc/frames.h"

#include <catch2/catch.hpp>
#include <string>

#include "daemon/rpc/allowance.h"
#include "daemon/rpc/shares.h"

namespace footprint::rpc {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// With flags, which Frame has not.
std::string Flagged(FrameType type, uint8_t flags, uint32_t stream, std::string_view payload) {
  std::string frame = Frame(type, stream, payload);
  frame[4] = static_cast<char>(flags);
  return frame;
}

std::string Literal(char first, const std::string& name, const std::string& value) {
  std::string text(1, first);
  for (const std::string& part : {name, value}) {
    if (part.size() < 127) {
      text += static_cast<char>(part.size());
    } else {  // RFC 7541 section 5.1
      text += '\x7f';
      size_t rest = part.size() - 127;
      for (; rest >= 128; rest /= 128) text += static_cast<char>(rest % 128 | 128);
      text += static_cast<char>(rest);
    }
    text += part;
  }
  return text;
}

struct Guard {
  int resets = 3, controls = 3, opens = 100;
  size_t bytes = 1 << 20, open = 0;
  PeerFrames frames{{.open = [this] { return opens-- > 0 && ++open > 0; },
                     .reset = [this] { return resets-- > 0; },
                     .control = [this] { return controls-- > 0; },
                     .data =
                         [this](size_t more) {
                           if (more > bytes) return false;
                           bytes -= more;
                           return true;
                         },
                     .closed =
                         [this](size_t back) {
                           --open;
                           bytes += back;
                         }}};
  std::string passed;

  Guard() { REQUIRE(frames.Take(kPreface, passed).empty()); }
  std::string Take(const std::string& text) { return std::string(frames.Take(text, passed)); }
};

std::string Request(uint32_t stream) {
  return Flagged(FrameType::kHeaders, 4, stream, Literal('\0', ":path", "/x"));
}

}  // namespace

TEST_CASE("unit.rpc.frames_pass_whole_at_any_border") {
  const std::string text = Request(1) + Flagged(FrameType::kData, 1, 1, "hello") +
                           Flagged(FrameType::kHeaders, 0, 3, Literal('\0', "a", "b")) +
                           Flagged(FrameType::kContinuation, 4, 3, Literal('@', "c", "d")) +
                           Frame(FrameType::kSettings, 0, "");
  for (size_t step = 1; step <= text.size(); ++step) {
    Guard guard;
    for (size_t at = 0; at < text.size(); at += step) {
      REQUIRE(guard.Take(text.substr(at, step)).empty());
    }
    CHECK(guard.passed == std::string(kPreface) + text);
    CHECK(guard.open == 2);
  }
  // Nothing of a header list before all of it is there.
  Guard guard;
  const size_t before = guard.passed.size();
  CHECK(guard.Take(Flagged(FrameType::kHeaders, 0, 1, Literal('\0', "a", "b"))).empty());
  CHECK(guard.passed.size() == before);
}

TEST_CASE("unit.rpc.resets_are_counted") {
  Guard guard;
  std::string why;
  int sent = 0;
  for (uint32_t stream = 1; why.empty() && stream < 100; stream += 2, ++sent) {
    why = guard.Take(Request(stream) + Frame(FrameType::kResetStream, stream, "\0\0\0\x8"));
  }
  CHECK(why == "too many streams were reset");
  CHECK(sent == 4);
  CHECK(guard.open == 0);
}

TEST_CASE("unit.rpc.streams_and_their_bytes_are_given_back") {
  Guard guard;
  CHECK(guard.Take(Request(1) + Frame(FrameType::kData, 1, std::string(100'000, 'x'))).empty());
  CHECK(guard.bytes == (1 << 20) - 100'000);
  ServerFrames server([&](uint32_t stream) { guard.frames.Closed(stream); });
  // A HEADERS frame with END_STREAM: the answer's trailers, in two pieces.
  const std::string trailers = Flagged(FrameType::kHeaders, 5, 1, "abc");
  server.Take(trailers.substr(0, 7));
  CHECK(guard.open == 1);
  CHECK_FALSE(server.AtBoundary());
  server.Take(trailers.substr(7));
  CHECK(server.AtBoundary());
  CHECK(guard.open == 0);
  CHECK(guard.bytes == 1 << 20);
  CHECK(guard.Take(Request(3)).empty());
  guard.frames.CloseAll();
  CHECK(guard.open == 0);
}

TEST_CASE("unit.rpc.requests_and_streams_have_bounds") {
  {
    Guard guard;
    std::string why = guard.Take(Request(1));
    for (int i = 0; why.empty() && i < 100; ++i) {
      why = guard.Take(Frame(FrameType::kData, 1, std::string(16'000, 'x')));
    }
    CHECK(why == "a request is too large");
    CHECK(guard.frames.culprit() == 1);
  }
  Guard guard;
  guard.opens = 2;
  CHECK(guard.Take(Request(1) + Request(3)).empty());
  CHECK(guard.Take(Request(5)) == "too many streams at once");
}

TEST_CASE("unit.rpc.header_lists_have_bounds") {
  // As they are sent.
  CHECK(Guard().Take(
            Flagged(FrameType::kHeaders, 4, 1, Literal('\0', "a", std::string(9000, 'x')))) ==
        "a header list is too large");
  // Over many frames, and over frames without content.
  for (const size_t size : {size_t{1000}, size_t{0}}) {
    Guard guard;
    std::string why = guard.Take(Flagged(FrameType::kHeaders, 0, 1, ""));
    for (int i = 0; why.empty() && i < 10'000; ++i) {
      why = guard.Take(Frame(FrameType::kContinuation, 1, std::string(size, '\0')));
    }
    CHECK(why == "a header list is too large");
  }
  // As they are unpacked: a field that is put into the table, and then named by one byte each.
  CHECK(Guard().Take(Flagged(FrameType::kHeaders, 4, 1,
                             Literal('@', "a", std::string(3000, 'x')) + "\xbe\xbe\xbe")) ==
        "a header list is too large");
  // Malformed: a string that is longer than the block, an integer without an end.
  for (const std::string& block : {std::string("\0\x05zz", 4), std::string(20, '\xff')}) {
    CHECK(Guard().Take(Flagged(FrameType::kHeaders, 4, 1, block)) == "a header list is malformed");
  }
}

TEST_CASE("unit.rpc.control_frames_are_counted") {
  for (const std::string& frame :
       {Frame(FrameType::kPing, 0, "12345678"), Frame(FrameType::kSettings, 0, ""),
        Frame(FrameType::kPriority, 1, "12345"), Frame(FrameType::kData, 1, "")}) {
    Guard guard;
    // Those that begin a connection are not counted.
    const std::string begin = Frame(FrameType::kSettings, 0, "");
    CHECK(guard.Take(begin + Request(1) + frame + frame + frame).empty());
    CHECK(guard.controls == 0);
    CHECK(guard.Take(frame) == "too many control frames");
  }
  Guard guard;
  for (int i = 0; i < 10; ++i) {
    CHECK(guard.Take(Flagged(FrameType::kPing, 1, 0, "12345678")).empty());  // an answer
  }
  CHECK(Guard().Take(std::string("GET / HTTP/1.1\r\n")) == "a frame is too large");
  std::string passed;
  PeerFrames fresh({});
  CHECK(fresh.Take("GET / HTTP/1.1\r\n", passed) == "this is no HTTP/2");
}

TEST_CASE("unit.rpc.shares") {
  const Peer root{.uid = 0, .pid = 1}, other_root{.uid = 0, .pid = 2};
  const Peer a{.uid = 1000001, .pid = 3}, a2{.uid = 1000001, .pid = 4}, b{.uid = 1000002, .pid = 5};
  Shares shares(16);
  CHECK(shares.Take(a, 8));
  CHECK_FALSE(shares.Take(a, 1));   // half for a process
  CHECK_FALSE(shares.Take(a2, 1));  // and for a user
  CHECK(shares.Take(b, 6));
  CHECK_FALSE(shares.Take(b, 1));  // seven eighths for all of them
  CHECK(shares.Take(root, 1));
  CHECK(shares.Take(other_root, 1));
  CHECK_FALSE(shares.Take(other_root, 1));
  shares.Give(a, 8);
  CHECK(shares.Take(other_root, 7));
  CHECK_FALSE(shares.Take(other_root, 1));
  CHECK(shares.taken() == 15);
}

TEST_CASE("unit.rpc.allowances_come_back_with_time") {
  Allowances allowances(2, 10);
  const Peer a{.uid = 1000001, .pid = 3}, a2{.uid = 1000001, .pid = 4}, b{.uid = 1000002, .pid = 5};
  Allowances::Time now;
  CHECK(allowances.Take(a, now));
  CHECK(allowances.Take(a2, now));
  CHECK_FALSE(allowances.Take(a, now));  // one account for a user
  CHECK(allowances.Take(b, now));
  now += std::chrono::milliseconds(101);
  CHECK(allowances.Take(a, now));
  CHECK_FALSE(allowances.Take(a, now));
  // Processes of a privileged user have one each, and accounts that are full are forgotten.
  for (pid_t pid = 1; pid <= 1000; ++pid) {
    CHECK(allowances.Take({.uid = 0, .pid = pid}, now));
    now += std::chrono::seconds(1);
  }
  CHECK(allowances.size() <= 257);
}

}  // namespace footprint::rpc
