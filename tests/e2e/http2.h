// SPDX-License-Identifier: Apache-2.0
// HTTP/2 by hand, for clients that no gRPC library would be.
#ifndef FOOTPRINT_TESTS_E2E_HTTP2_H_
#define FOOTPRINT_TESTS_E2E_HTTP2_H_

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>
#include <string>

namespace footprint::e2e {

// One HTTP/2 frame, RFC 9113 section 4.1.
inline std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, const std::string& body) {
  const auto size = static_cast<uint32_t>(body.size());
  std::string frame;
  for (int shift : {16, 8, 0}) frame += static_cast<char>(size >> shift);
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  for (int shift : {24, 16, 8, 0}) frame += static_cast<char>(stream >> shift);
  return frame + body;
}

// A header field, literal and not indexed, RFC 7541 section 6.2.2. Lengths below 127.
inline std::string Field(const std::string& name, const std::string& value) {
  return std::string(1, '\0') + static_cast<char>(name.size()) + name +
         static_cast<char>(value.size()) + value;
}

// A request without fields other than those that a gRPC server wants.
inline std::string Headers(const std::string& method) {
  return Field(":method", "POST") + Field(":scheme", "http") +
         Field(":path", "/footprint.v1.FootprintService/" + method) +
         Field(":authority", "localhost") + Field("content-type", "application/grpc") +
         Field("te", "trailers");
}

// DATA of one gRPC message.
inline std::string Message(const std::string& message) {
  std::string data(1, '\0');
  for (int shift : {24, 16, 8, 0}) data += static_cast<char>(message.size() >> shift);
  return data + message;
}

// What begins a connection. `settings`: pairs of 2 and 4 bytes.
inline std::string Hello(const std::string& settings = "") {
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(4, 0, 0, settings);
}

class Deaf {
 public:
  Deaf(const std::string& path, const std::string& text) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(socket_ >= 0);
    REQUIRE(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    // A daemon that is full may have closed the connection already.
    if (!text.empty()) send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  ~Deaf() { close(socket_); }
  Deaf(const Deaf&) = delete;
  Deaf& operator=(const Deaf&) = delete;
  // Bytes that the daemon has written and nobody read, up to a limit.
  size_t Waiting() const {
    char buffer[65536];
    ssize_t got = recv(socket_, buffer, sizeof(buffer), MSG_DONTWAIT | MSG_PEEK);
    return got > 0 ? got : 0;
  }
  // Waits until it is sent. False: the daemon has closed the connection.
  bool Say(const std::string& text) const {
    for (size_t sent = 0; sent < text.size();) {
      ssize_t took = send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (took <= 0) return false;
      sent += took;
    }
    return true;
  }
  // The daemon has closed the connection.
  bool Refused() const {
    char byte;
    ssize_t got = recv(socket_, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    return got == 0 || (got < 0 && errno == ECONNRESET);
  }

 private:
  int socket_;
};

}  // namespace footprint::e2e

#endif  // FOOTPRINT_TESTS_E2E_HTTP2_H_
