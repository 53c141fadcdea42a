// SPDX-License-Identifier: Apache-2.0
// The configuration that a kernel was built with.
// Ownership: values.   Threads: any.   Failure: said in the Reading, which names every place tried.
// Source: /proc/config.gz (CONFIG_IKCONFIG_PROC), else /boot/config-RELEASE.
#ifndef FOOTPRINT_DAEMON_SYSTEM_KERNEL_CONFIG_H_
#define FOOTPRINT_DAEMON_SYSTEM_KERNEL_CONFIG_H_

#include <string>
#include <string_view>

#include "daemon/system/system.h"

namespace footprint::system {

Config ReadConfig(const std::string& root, const std::string& release);

// The lines that set an option, in the order of bytes: `grep ^CONFIG_ | LC_ALL=C sort`.
std::string CanonicalConfig(std::string_view text);
// Hexadecimal SHA-256.
std::string Sha256(std::string_view text);
// The value of one option in canonical text; "" where it is not set.
std::string_view ConfigValue(std::string_view canonical, std::string_view option);

}  // namespace footprint::system

#endif  // FOOTPRINT_DAEMON_SYSTEM_KERNEL_CONFIG_H_
