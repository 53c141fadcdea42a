// SPDX-License-Identifier: Apache-2.0
// Reviewed rules: who serves what stands behind a descriptor.
// Ownership: everything returned points into static storage.   Threads: any.
// Failure: what no rule knows answers nullptr; nothing is guessed.
// Source: data/servers*.rules, data/generic_functions; see data/README.md.
#ifndef FOOTPRINT_DATA_SERVERS_H_
#define FOOTPRINT_DATA_SERVERS_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace footprint::names {

// What the key of a rule is.
enum class ServerKind : uint8_t {
  kSocket,      // "2/1/6": family, type, protocol; "*" for any
  kDevice,      // "1:3": character device; "136:*"
  kBlock,       // "loop": who registered the major number of a block device
  kAnonymous,   // "eventfd": name of an anonymous file, without brackets
  kDriver,      // "spidev": name derived from the functions, see daemon/objects/driver_name.h
  kFilesystem,  // "pipefs"
};

struct ServerRow {
  ServerKind kind;
  std::string_view key;
  std::string_view server;  // "i2c-dev"
  uint8_t subsystem;        // index into Subsystems()
  std::string_view ioctls;  // tables for IoctlName(): "tun,socket"; "" for none
};

// Rows by ascending (kind, key).
std::span<const ServerRow> Servers();
const ServerRow* FindServer(ServerKind kind, std::string_view key);
// The first row of drivers whose server has this name.
const ServerRow* FindDriverOf(std::string_view server);

// Is this a function that many drivers share, so that it does not tell who serves?
bool IsGenericFunction(std::string_view name);

}  // namespace footprint::names

#endif  // FOOTPRINT_DATA_SERVERS_H_
