// SPDX-License-Identifier: Apache-2.0
// One stable name for a driver from the names of its functions.
// Ownership: values.   Threads: any; pure.   Failure: "" where no function tells.
#ifndef FOOTPRINT_DAEMON_OBJECTS_DRIVER_NAME_H_
#define FOOTPRINT_DAEMON_OBJECTS_DRIVER_NAME_H_

#include <span>
#include <string>
#include <string_view>

namespace footprint::objects {

// "spidev_read", "spidev_ioctl", "spidev_open"    -> "spidev"
// "read_null", "write_null", "write_iter_null"    -> "null"
// Functions that many drivers share do not vote. Words that name the operation are cut from both
// ends of the rest, and the longest beginning that more than half of them have in common wins;
// without one, the commonest, of several the first.
// Depends on functions only, which every kernel lists, and never on data symbols.
std::string DriverName(std::span<const std::string_view> functions);

// "ext4_file_read_iter.cold" -> "ext4"; "" for a name that holds nothing but operations.
std::string Stem(std::string_view function);

}  // namespace footprint::objects

#endif  // FOOTPRINT_DAEMON_OBJECTS_DRIVER_NAME_H_
