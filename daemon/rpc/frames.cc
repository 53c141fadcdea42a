// SPDX-License-Identifier: Apache-2.0
#include "daemon/rpc/frames.h"

#include <algorithm>

namespace footprint::rpc {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr uint8_t kEndStream = 0x1, kAck = 0x1, kEndHeaders = 0x4, kPadded = 0x8, kPriority = 0x20;
constexpr size_t kMaxFrame = 16 * 1024;          // of all but DATA
constexpr size_t kMaxDataFrame = (1 << 24) - 1;  // what the length can say
constexpr char kEnhanceYourCalm[] = {0, 0, 0, 0xb};

std::string BigEndian(uint32_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    text += static_cast<char>(value >> shift);
  }
  return text;
}

uint32_t FromBigEndian(std::string_view bytes) {
  uint32_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

std::string_view Code() { return {kEnhanceYourCalm, sizeof(kEnhanceYourCalm)}; }

}  // namespace

FrameHeader FrameHeader::Parse(std::string_view nine_bytes) {
  return {.length = FromBigEndian(nine_bytes.substr(0, 3)),
          .type = static_cast<uint8_t>(nine_bytes[3]),
          .flags = static_cast<uint8_t>(nine_bytes[4]),
          .stream = FromBigEndian(nine_bytes.substr(5, 4)) & 0x7fffffff};
}

std::string Frame(FrameType type, uint32_t stream, std::string_view payload) {
  std::string frame = BigEndian(static_cast<uint32_t>(payload.size()), 3);
  frame += static_cast<char>(type);
  frame += '\0';
  frame += BigEndian(stream, 4);
  frame += payload;
  return frame;
}

std::string ResetFrame(uint32_t stream) { return Frame(FrameType::kResetStream, stream, Code()); }

std::string GoAwayFrame(std::string_view why) {
  std::string payload = BigEndian(0x7fffffff, 4);
  payload += Code();
  payload += why;
  return Frame(FrameType::kGoAway, 0, payload);
}

std::string_view PeerFrames::TakePreface(std::string_view& bytes, std::string& pass) {
  const std::string_view wanted = kPreface.substr(preface_);
  const std::string_view got = bytes.substr(0, std::min(bytes.size(), wanted.size()));
  if (!wanted.starts_with(got)) return "this is no HTTP/2";
  preface_ += got.size();
  pass += got;
  bytes.remove_prefix(got.size());
  return "";
}

std::string_view PeerFrames::Take(std::string_view bytes, std::string& pass) {
  if (preface_ < kPreface.size()) {
    if (const std::string_view why = TakePreface(bytes, pass); !why.empty()) return why;
  }
  while (!bytes.empty()) {
    if (!in_frame_) {
      const size_t take = std::min(bytes.size(), FrameHeader::kSize - header_.size());
      header_ += bytes.substr(0, take);
      bytes.remove_prefix(take);
      if (header_.size() < FrameHeader::kSize) break;
      if (const std::string_view why = Begin(); !why.empty()) return why;
    }
    const size_t take = std::min(bytes.size(), left_);
    if (!frame_.Is(FrameType::kData)) payload_ += bytes.substr(0, take);
    held_ += bytes.substr(0, take);
    bytes.remove_prefix(take);
    left_ -= take;
    if (left_ == 0) {
      in_frame_ = false;
      if (const std::string_view why = Whole(); !why.empty()) return why;
    }
    if (block_stream_ != 0 || (in_frame_ && !frame_.Is(FrameType::kData))) continue;
    pass += held_;
    held_.clear();
  }
  return "";
}

// Its header is there.
std::string_view PeerFrames::Begin() {
  frame_ = FrameHeader::Parse(header_);
  held_ += header_;
  header_.clear();
  payload_.clear();
  left_ = frame_.length;
  in_frame_ = true;
  culprit_ = 0;
  if (block_stream_ != 0 && !frame_.Is(FrameType::kContinuation)) return "a header list has no end";
  if (frame_.length > (frame_.Is(FrameType::kData) ? kMaxDataFrame : kMaxFrame)) {
    return "a frame is too large";
  }
  if (frame_.Is(FrameType::kHeaders)) return BeginHeaders();
  if (frame_.Is(FrameType::kContinuation)) {
    if (block_stream_ == 0 || frame_.stream != block_stream_) return "a header list has no begin";
    // Of frames without content, too.
    if (held_.size() + frame_.length > 2 * kMaxHeaderBytes) return "a header list is too large";
  }
  if (frame_.Is(FrameType::kData)) {
    const auto stream = open_.find(frame_.stream);
    // A stream that the server has ended: gRPC drops what still comes.
    if (stream == open_.end()) return "";
    culprit_ = frame_.stream;
    if (stream->second + frame_.length > kMaxRequestBytes) return "a request is too large";
    if (!may_.data(frame_.length)) return "too many bytes of requests at once";
    stream->second += frame_.length;
  }
  // Every connection begins with SETTINGS; how many connections there are is limited elsewhere.
  const bool begins = !began_ && frame_.Is(FrameType::kSettings);
  began_ = began_ || begins;
  const bool wants_answer = (frame_.Is(FrameType::kPing) || frame_.Is(FrameType::kSettings)) &&
                            (frame_.flags & kAck) == 0 && !begins;
  // Frames without content cost time and nothing else limits them.
  const bool empty_data =
      frame_.Is(FrameType::kData) && frame_.length == 0 && (frame_.flags & kEndStream) == 0;
  if ((wants_answer || empty_data || frame_.Is(FrameType::kPriority)) && !may_.control()) {
    return "too many control frames";
  }
  return "";
}

std::string_view PeerFrames::BeginHeaders() {
  if (frame_.length > kMaxHeaderBytes) return "a header list is too large";
  culprit_ = frame_.stream;
  if (!open_.contains(frame_.stream)) {
    if (open_.size() >= kMaxOpen || !may_.open()) return "too many streams at once";
    open_[frame_.stream] = 0;
  }
  block_stream_ = frame_.stream;
  return "";
}

std::string_view PeerFrames::Whole() {
  if (frame_.Is(FrameType::kResetStream)) {
    Closed(frame_.stream);
    if (!may_.reset()) return "too many streams were reset";
  }
  if (frame_.Is(FrameType::kHeaders) || frame_.Is(FrameType::kContinuation)) return HeadersWhole();
  return "";
}

std::string_view PeerFrames::HeadersWhole() {
  std::string_view payload(payload_);
  if (frame_.Is(FrameType::kHeaders)) {
    size_t before = 0, after = 0;
    if ((frame_.flags & kPadded) != 0) {
      if (payload.empty()) return "a header list is malformed";
      after = static_cast<uint8_t>(payload.front());
      before = 1;
    }
    if ((frame_.flags & kPriority) != 0) before += 5;
    if (before + after > payload.size()) return "a header list is malformed";
    payload = payload.substr(before, payload.size() - before - after);
  }
  block_ += payload;
  if ((frame_.flags & kEndHeaders) == 0) return "";
  const auto size = sizes_.Take(block_);
  block_.clear();
  block_stream_ = 0;
  if (!size) return "a header list is malformed";
  return *size > kMaxHeaderBytes ? "a header list is too large" : "";
}

void PeerFrames::Closed(uint32_t stream) {
  const auto it = open_.find(stream);
  if (it == open_.end()) return;
  may_.closed(it->second);
  open_.erase(it);
}

void PeerFrames::CloseAll() {
  while (!open_.empty()) Closed(open_.begin()->first);
}

void ServerFrames::Take(std::string_view bytes) {
  while (!bytes.empty()) {
    if (left_ == 0) {
      const size_t take = std::min(bytes.size(), FrameHeader::kSize - header_.size());
      header_ += bytes.substr(0, take);
      bytes.remove_prefix(take);
      if (header_.size() < FrameHeader::kSize) return;
      const FrameHeader frame = FrameHeader::Parse(header_);
      header_.clear();
      left_ = frame.length;
      const bool last = (frame.Is(FrameType::kHeaders) || frame.Is(FrameType::kData)) &&
                        (frame.flags & kEndStream) != 0;
      if (last || frame.Is(FrameType::kResetStream)) closed_(frame.stream);
    }
    const size_t skip = std::min(bytes.size(), left_);
    bytes.remove_prefix(skip);
    left_ -= skip;
  }
}

}  // namespace footprint::rpc
