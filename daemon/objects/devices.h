// SPDX-License-Identifier: Apache-2.0
// What this system calls a device number.
// Ownership: holds the root path; reads small files at each question, which is once per class.
// Threads: any.   Failure: what cannot be read is "".
// Source: /proc/devices, /proc/misc, /sys/dev; sysfs(5), proc(5).
#ifndef FOOTPRINT_DAEMON_OBJECTS_DEVICES_H_
#define FOOTPRINT_DAEMON_OBJECTS_DEVICES_H_

#include <cstdint>
#include <string>

namespace footprint::objects {

constexpr uint32_t MajorOf(uint32_t rdev) { return rdev >> 20; }
constexpr uint32_t MinorOf(uint32_t rdev) { return rdev & 0xfffff; }

struct DeviceName {
  std::string major;      // who registered the major: "ttyS", "misc", "virtblk"
  std::string misc;       // who registered the minor of major 10: "vhci"
  std::string node;       // name of the device: "ttyUSB0", "spidev0.0", "nvme0n1"
  std::string subsystem;  // class or bus of the device: "tty", "spidev", "block"
};

class Devices {
 public:
  // `root` is "" on a live system; a test gives the folder that holds proc/ and sys/.
  explicit Devices(std::string root = "");

  DeviceName Find(bool block, uint32_t rdev) const;

 private:
  std::string root_;
};

}  // namespace footprint::objects

#endif  // FOOTPRINT_DAEMON_OBJECTS_DEVICES_H_
