// SPDX-License-Identifier: Apache-2.0
// HTTP/2 (RFC 9113) as a relay sees it: where frames begin, and what gRPC 1.51 does not bound
// itself: resets, header lists, sizes of requests, control frames that want an answer.
// Ownership: values.   Threads: one.   Failure: Take says why the peer must be cut off.
#ifndef FOOTPRINT_DAEMON_RPC_FRAMES_H_
#define FOOTPRINT_DAEMON_RPC_FRAMES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "daemon/rpc/header_sizes.h"

namespace footprint::rpc {

enum class FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kResetStream = 3,
  kSettings = 4,
  kPing = 6,
  kGoAway = 7,
  kContinuation = 9,
};

struct FrameHeader {
  static constexpr size_t kSize = 9;
  uint32_t length = 0;  // of what follows the header
  uint8_t type = 0, flags = 0;
  uint32_t stream = 0;

  static FrameHeader Parse(std::string_view nine_bytes);
  bool Is(FrameType t) const { return type == static_cast<uint8_t>(t); }
};

// A whole frame.
std::string Frame(FrameType type, uint32_t stream, std::string_view payload);
// RST_STREAM and GOAWAY with ENHANCE_YOUR_CALM, which a gRPC client knows as RESOURCE_EXHAUSTED.
std::string ResetFrame(uint32_t stream);
std::string GoAwayFrame(std::string_view why);

// What a peer sends.
class PeerFrames {
 public:
  static constexpr size_t kMaxRequestBytes = 256 * 1024;  // DATA of one stream
  static constexpr size_t kMaxHeaderBytes = 8 * 1024;     // of one header list, unpacked
  static constexpr size_t kMaxOpen = 128;                 // streams; gRPC itself answers 16

  // Whether the peer may do that once more: open a stream; reset one; send a frame that wants an
  // answer; send so many bytes of a request, which gRPC keeps until the stream is over.
  struct Allowances {
    std::function<bool()> open, reset, control;
    std::function<bool(size_t bytes)> data;
    // A stream that was opened is over, and what of it was allowed.
    std::function<void(size_t bytes)> closed;
  };
  explicit PeerFrames(Allowances may) : may_(std::move(may)) {}

  // Appends to `pass` what may go on to gRPC. All but DATA is held back until it is whole.
  // Returns why the peer must be cut off, or "".
  std::string_view Take(std::string_view bytes, std::string& pass);
  // The stream has ended, by either side.
  void Closed(uint32_t stream);
  // All have: the connection is over.
  void CloseAll();
  // The stream that the last refusal was about; 0: the connection.
  uint32_t culprit() const { return culprit_; }

 private:
  std::string_view TakePreface(std::string_view& bytes, std::string& pass);
  std::string_view Begin();
  std::string_view BeginHeaders();
  std::string_view Whole();
  std::string_view HeadersWhole();

  const Allowances may_;
  size_t preface_ = 0;  // bytes of it that have come
  bool began_ = false;  // the SETTINGS that belong to it have come, too (RFC 9113 section 3.4)
  std::string header_;  // of the frame that begins, as far as it has come
  bool in_frame_ = false;
  FrameHeader frame_;
  size_t left_ = 0;            // bytes of its payload that are to come
  std::string held_;           // frames that are not whole, but for DATA
  std::string payload_;        // of the last of them
  std::string block_;          // of a header list, so far
  uint32_t block_stream_ = 0;  // 0: none is under way
  HeaderSizes sizes_;
  std::map<uint32_t, size_t> open_;  // DATA bytes by stream
  uint32_t culprit_ = 0;
};

// What the server sends.
class ServerFrames {
 public:
  // `closed`: the server is done with that stream.
  explicit ServerFrames(std::function<void(uint32_t stream)> closed) : closed_(std::move(closed)) {}
  void Take(std::string_view bytes);
  // A frame of our own may be put in here.
  bool AtBoundary() const { return left_ == 0 && header_.empty(); }

 private:
  const std::function<void(uint32_t)> closed_;
  std::string header_;
  size_t left_ = 0;
};

}  // namespace footprint::rpc

#endif  // FOOTPRINT_DAEMON_RPC_FRAMES_H_
