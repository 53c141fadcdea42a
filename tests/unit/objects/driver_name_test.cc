// SPDX-License-Identifier: Apache-2.0
// One name for a driver out of the names of its functions.
#include "daemon/objects/driver_name.h"

#include <catch2/catch.hpp>
#include <string_view>
#include <vector>

namespace footprint::objects {
namespace {

std::string NameOf(const std::vector<std::string_view>& functions) { return DriverName(functions); }

}  // namespace

TEST_CASE("objects.driver_name.stem_is_the_name_without_its_operations") {
  CHECK(Stem("spidev_ioctl") == "spidev");
  CHECK(Stem("ext4_file_read_iter") == "ext4");
  CHECK(Stem("ext4_release_file") == "ext4");
  CHECK(Stem("read_iter_null") == "null");
  CHECK(Stem("proc_reg_unlocked_ioctl") == "proc_reg");
  CHECK(Stem("snd_pcm_release.cold") == "snd_pcm");
  CHECK(Stem("__fuse_write") == "fuse");
  CHECK(Stem("tty_open.llvm.1234_5") == "tty");
  CHECK(Stem("read") == "");
  CHECK(Stem("") == "");
}

// Function names of drivers as kernel trees have them.
TEST_CASE("objects.driver_name.drivers") {
  CHECK(NameOf({"spidev_read", "spidev_write", "spidev_ioctl", "spidev_open", "spidev_release"}) ==
        "spidev");
  CHECK(NameOf({"i2cdev_read", "i2cdev_write", "i2cdev_ioctl", "i2cdev_open", "i2cdev_release"}) ==
        "i2cdev");
  CHECK(NameOf({"ext4_file_read_iter", "ext4_file_write_iter", "ext4_ioctl", "ext4_file_mmap",
                "ext4_file_open", "ext4_release_file"}) == "ext4");
  CHECK(NameOf({"generic_read_dir", "ext4_ioctl", "ext4_release_dir", "ext4_readdir"}) == "ext4");
  CHECK(NameOf({"snd_pcm_write", "snd_pcm_writev", "snd_pcm_ioctl", "snd_pcm_poll", "snd_pcm_mmap",
                "snd_pcm_playback_open", "snd_pcm_release"}) == "snd_pcm");
  CHECK(NameOf({"vhci_read", "vhci_write", "vhci_poll", "vhci_open", "vhci_release"}) == "vhci");
  // Before and after Linux 6.15 gave named pipes functions of their own.
  CHECK(NameOf({"pipe_read", "pipe_write", "pipe_ioctl", "pipe_poll", "fifo_open",
                "pipe_release"}) == "pipe");
  CHECK(NameOf({"anon_pipe_read", "anon_pipe_write", "pipe_ioctl", "pipe_poll", "fifo_open",
                "pipe_release"}) == "pipe");
}

TEST_CASE("objects.driver_name.shared_functions_do_not_vote") {
  CHECK(NameOf({"seq_read", "seq_release", "vcs_read"}) == "vcs");
  CHECK(NameOf({"generic_file_read_iter", "generic_file_mmap"}) == "");
  CHECK(NameOf({"", ""}) == "");
  CHECK(NameOf({}) == "");
}

TEST_CASE("objects.driver_name.order_decides_only_between_equals") {
  CHECK(NameOf({"gpio_ioctl", "lineinfo_watch_read", "lineinfo_watch_poll", "gpio_chrdev_open",
                "gpio_chrdev_release"}) == "gpio");
  CHECK(NameOf({"a_read", "b_write"}) == "a");
  CHECK(NameOf({"b_write", "a_read"}) == "b");
  // A word is not a beginning of another word.
  CHECK(NameOf({"tty_read", "ttyx_write", "ttyx_poll"}) == "ttyx");
}

}  // namespace footprint::objects
