// SPDX-License-Identifier: Apache-2.0
// Names of ioctl commands, in the context of who serves them.
// Ownership: names point into static storage.   Threads: any.
// Failure: a command that no table knows has no name; IoctlText() decodes it.
// Source: data/ioctls.tsv, data/servers*.rules; see data/README.md.
#ifndef FOOTPRINT_DATA_IOCTLS_H_
#define FOOTPRINT_DATA_IOCTLS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace footprint::names {

// The name of `command`; "" where unknown. Allocates nothing.
//   contexts  whose tables are asked, in this order: "tun,socket", as in ServerRow::ioctls. Before
//             them "vfs" is asked, whose commands the kernel answers for every file; ranges of
//             numbers (SIOCPROTOPRIVATE) come after the single numbers of all of them.
//   compat    the caller is a 32-bit program, also on a 32-bit kernel: structs, and with them
//             commands, have other sizes.
//   module    the kernel module that serves, "" where it is built in: drivers of one context that
//             reuse each other's numbers (those of DRM) have a table each, "drm:vc4".
std::string_view IoctlName(std::string_view contexts, uint32_t command, bool compat,
                           std::string_view module = {});

// "_IOR('k', 0x01, 4)": direction, type, number and size as include/uapi/asm-generic/ioctl.h packs
// them on arm, arm64, riscv and x86. A type that is no printable letter is shown as a number.
std::string IoctlText(uint32_t command);

// What the number names in the tables of other drivers: the name that a terminal, else that every
// context that knows the number has for it; of more than one, three at most with " or " between.
// "" where no table knows it.
std::string ForeignIoctlName(uint32_t command, bool compat);

// Numbers that name a command in any context, ascending, without ranges of numbers.
std::span<const uint32_t> IoctlCommands();

// All contexts, ascending.
std::span<const std::string_view> IoctlContexts();

}  // namespace footprint::names

#endif  // FOOTPRINT_DATA_IOCTLS_H_
