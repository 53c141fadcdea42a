// SPDX-License-Identifier: Apache-2.0
// Names of ioctl commands: by context, by ABI, by range, and against this machine's headers.
#include "data/ioctls.h"

#include <linux/blkpg.h>
#include <linux/fs.h>
#include <linux/gpio.h>
#include <linux/hidraw.h>
#include <linux/i2c-dev.h>
#include <linux/if_tun.h>
#include <linux/input.h>
#include <linux/kd.h>
#include <linux/kvm.h>
#include <linux/loop.h>
#include <linux/perf_event.h>
#include <linux/random.h>
#include <linux/rtc.h>
#include <linux/sockios.h>
#include <linux/spi/spidev.h>
#include <linux/uinput.h>
#include <linux/usbdevice_fs.h>
#include <linux/userfaultfd.h>
#include <linux/videodev2.h>
#include <linux/vt.h>
#include <linux/watchdog.h>
#include <scsi/sg.h>
#include <sound/asound.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <string_view>

#include "data/servers.h"

namespace footprint::names {
namespace {

struct Sample {
  std::string_view context;
  std::string_view name;
  unsigned long command;
};

#define SAMPLE(context, name) \
  Sample { context, #name, name }

// What <linux/...> and <sys/ioctl.h> of this machine say.
const Sample kSamples[] = {
    SAMPLE("", FIOCLEX),
    SAMPLE("", FIONCLEX),
    SAMPLE("", FIONBIO),
    SAMPLE("", FIOASYNC),
    SAMPLE("", FIONREAD),
    SAMPLE("", FIOQSIZE),
    SAMPLE("", FIFREEZE),
    SAMPLE("", FITHAW),
    SAMPLE("", FIGETBSZ),
    SAMPLE("", FICLONE),
    SAMPLE("", FICLONERANGE),
    SAMPLE("", FS_IOC_GETFLAGS),
    SAMPLE("ext4,fs", FITRIM),
    SAMPLE("ext4,fs", FIBMAP),
    SAMPLE("tty", TCGETS),
    SAMPLE("tty", TCSETSW),
    SAMPLE("tty", TIOCGWINSZ),
    SAMPLE("tty", TIOCSWINSZ),
    SAMPLE("tty", TIOCGPTN),
    SAMPLE("tty", TIOCOUTQ),
    SAMPLE("tty", KDGKBMODE),
    SAMPLE("tty", VT_GETSTATE),
    SAMPLE("socket,inet", SIOCGIFCONF),
    SAMPLE("socket,inet", SIOCGIFINDEX),
    SAMPLE("socket,inet", SIOCGIFHWADDR),
    SAMPLE("socket,inet", SIOCETHTOOL),
    SAMPLE("socket,inet", SIOCOUTQ),
    SAMPLE("socket,inet", SIOCADDRT),
    SAMPLE("socket,inet", SIOCGARP),
    SAMPLE("tun,socket", TUNSETIFF),
    SAMPLE("tun,socket", TUNGETFEATURES),
    SAMPLE("spi", SPI_IOC_RD_MODE),
    SAMPLE("spi", SPI_IOC_WR_MAX_SPEED_HZ),
    SAMPLE("spi", SPI_IOC_MESSAGE(1)),
    SAMPLE("i2c", I2C_SLAVE),
    SAMPLE("i2c", I2C_RDWR),
    SAMPLE("i2c", I2C_SMBUS),
    SAMPLE("gpio", GPIO_GET_CHIPINFO_IOCTL),
    SAMPLE("gpio", GPIO_V2_GET_LINE_IOCTL),
    SAMPLE("rtc", RTC_RD_TIME),
    SAMPLE("watchdog", WDIOC_KEEPALIVE),
    SAMPLE("random", RNDGETENTCNT),
    SAMPLE("block", BLKGETSIZE64),
    SAMPLE("block", BLKSSZGET),
    SAMPLE("block", BLKPG),
    SAMPLE("loop,block", LOOP_SET_FD),
    SAMPLE("loop,block", LOOP_GET_STATUS64),
    SAMPLE("loop,block", BLKROGET),
    SAMPLE("scsi,block", SG_IO),
    SAMPLE("kvm", KVM_GET_API_VERSION),
    SAMPLE("kvm", KVM_RUN),
    SAMPLE("kvm", KVM_GET_REGS),
    SAMPLE("perf", PERF_EVENT_IOC_ENABLE),
    SAMPLE("userfaultfd", UFFDIO_COPY),
    SAMPLE("usb", USBDEVFS_SUBMITURB),
    SAMPLE("v4l2", VIDIOC_QUERYCAP),
    SAMPLE("v4l2", VIDIOC_DQBUF),
    SAMPLE("alsa", SNDRV_PCM_IOCTL_HW_PARAMS),
    SAMPLE("alsa", SNDRV_CTL_IOCTL_CARD_INFO),
    SAMPLE("alsa", SNDRV_RAWMIDI_IOCTL_INFO),
    SAMPLE("evdev", EVIOCGVERSION),
    SAMPLE("evdev", EVIOCGRAB),
    SAMPLE("hidraw", HIDIOCGRDESC),
    SAMPLE("uinput", UI_DEV_CREATE),
};

std::string_view Name(std::string_view contexts, unsigned long command) {
  return IoctlName(contexts, static_cast<uint32_t>(command), false);
}

std::string_view CompatName(std::string_view contexts, unsigned long command) {
  return IoctlName(contexts, static_cast<uint32_t>(command), true);
}

// Calls `check` for each word of a list with commas.
template <typename Check>
void ForEachContext(std::string_view list, Check check) {
  while (!list.empty()) {
    const std::string_view word = list.substr(0, list.find(','));
    check(word);
    list.remove_prefix(std::min(list.size(), word.size() + 1));
  }
}

}  // namespace

TEST_CASE("data.ioctls.agree_with_the_headers_of_this_machine") {
  for (const Sample& sample : kSamples) {
    CAPTURE(sample.context, sample.name, sample.command);
    // SPI_IOC_MESSAGE(1) is named without its argument.
    CHECK(Name(sample.context, sample.command) == sample.name.substr(0, sample.name.find('(')));
  }
}

TEST_CASE("data.ioctls.one_number_has_a_name_for_each_driver") {
  CHECK(Name("tty", 0x5401) == "TCGETS");
  CHECK(Name("socket,inet", 0x5401) == "");
  CHECK(Name("alsa", 0x5401) == "");
  CHECK(Name("spi", 0x5401) == "");
  CHECK(Name("socket", 0x8913) == "SIOCGIFFLAGS");
  CHECK(Name("tty", 0x8913) == "");
  // HIDPGETCONNLIST, and 'R' of a random device and of RFCOMM.
  CHECK(Name("bluetooth,socket", 0x800448d2) == "HCIGETDEVLIST");
  CHECK(Name("hidp,socket", 0x800448d2) == "HIDPGETCONNLIST");
  CHECK(Name("socket", 0x800448d2) == "");
  CHECK(Name("random", 0x80045200) == "RNDGETENTCNT");
  CHECK(Name("rfcomm,socket", 0x400452c8) == "RFCOMMCREATEDEV");
  // A file system's own name comes before the one that all share.
  CHECK(Name("scsi,block", 1) == "SCSI_IOCTL_SEND_COMMAND");
  CHECK(Name("ext4,fs", 1) == "FIBMAP");
  CHECK(Name("spi", 1) == "");
}

TEST_CASE("data.ioctls.the_vfs_is_asked_first") {
  CHECK(Name("", FIONREAD) == "FIONREAD");
  CHECK(Name("tty", FIONREAD) == "FIONREAD");
  CHECK(Name("socket,inet", FIONREAD) == "FIONREAD");
  // SCSI_IOCTL_TEST_UNIT_READY is 2 as well, but never reaches the driver.
  CHECK(Name("scsi,block", 2) == "FIGETBSZ");
}

TEST_CASE("data.ioctls.contexts_are_asked_in_their_order") {
  CHECK(Name("tun,socket", TUNSETIFF) == "TUNSETIFF");
  CHECK(Name("tun,socket", SIOCGIFFLAGS) == "SIOCGIFFLAGS");
  CHECK(Name("tun", SIOCGIFFLAGS) == "");
  CHECK(Name("ax25,socket", SIOCPROTOPRIVATE) == "SIOCAX25GETUID");
  CHECK(Name("socket,ax25", SIOCPROTOPRIVATE) == "SIOCAX25GETUID");
  CHECK(Name("socket,inet", SIOCPROTOPRIVATE) == "SIOCPROTOPRIVATE");
  CHECK(Name("socket,inet,mroute", SIOCPROTOPRIVATE) == "SIOCGETVIFCNT");
  CHECK(Name("kvm", 0x4010aeab) == "KVM_GET_ONE_REG");
  CHECK(Name("kvm-vm,kvm", 0x4010aeab) == "KVM_ARM_SET_DEVICE_ADDR");
  CHECK(Name("no-such-context,tty,", TCGETS) == "TCGETS");
  CHECK(Name(",tty", TCGETS) == "TCGETS");
  CHECK(Name("tt", TCGETS) == "");
  // Line disciplines: _IOR('t', 86, int) of PPP, _IOW('U', 200, int) of Bluetooth.
  CHECK(Name("tty,ppp", 0x80047456) == "PPPIOCGUNIT");
  CHECK(Name("tty,ppp", 0x400455c8) == "HCIUARTSETPROTO");
  CHECK(Name("socket", 0x400455c8) == "");
}

TEST_CASE("data.ioctls.modules_have_tables_of_their_own") {
  const auto with = [](std::string_view module, uint32_t command) {
    return IoctlName("drm", command, false, module);
  };
  CHECK(with("", 0xc0406400) == "DRM_IOCTL_VERSION");
  CHECK(with("vc4", 0xc0406400) == "DRM_IOCTL_VERSION");
  // _IOWR('d', 0x41, ...) of 16 bytes.
  CHECK(with("vc4", 0xc0106441) == "DRM_IOCTL_VC4_WAIT_SEQNO");
  CHECK(with("", 0xc0106441) == "");
  CHECK(with("vc", 0xc0106441) == "");
  CHECK(IoctlName("drm:vc4", 0xc0106441, false) == "DRM_IOCTL_VC4_WAIT_SEQNO");
}

TEST_CASE("data.ioctls.what_is_no_command_or_ambiguous_has_no_name") {
  // HIDIOCTL_LAST is a bound, LOOP_SET_STATUS_CLEARABLE_FLAGS a mask.
  CHECK(Name("hidraw", 0x0d) == "");
  CHECK(Name("loop,block", 0x04) == "");
  // NVME_URING_CMD_IO is a command of io_uring.
  CHECK(Name("nvme,block", 0xc0484e80) == "");
  CHECK(Name("nvme,block", 0xc0484e41) == "NVME_IOCTL_ADMIN_CMD");
  // Two sound drivers behind one server use it.
  CHECK(Name("alsa", 0x4882) == "");
  CHECK(Name("alsa", 0x40045362) == "SCARLETT2_IOCTL_SELECT_FLASH_SEGMENT");
}

TEST_CASE("data.ioctls.programs_of_32_bits_have_their_own_sizes") {
  CHECK(Name("block", 0x80081272) == "BLKGETSIZE64");
  CHECK(CompatName("block", 0x80041272) == "BLKGETSIZE64");
  CHECK(CompatName("block", 0x80081272) == "");
  CHECK(Name("block", 0x80041272) == "");
  CHECK(CompatName("", 0x80046601) == "FS_IOC_GETFLAGS");
  CHECK(CompatName("usb", 0x802c550a) == "USBDEVFS_SUBMITURB");
  // i386 packs 64-bit members by 4 bytes and ARM by 8.
  CHECK(CompatName("fs", 0x402c5828) == "FS_IOC_RESVSP");
  CHECK(CompatName("fs", 0x40305828) == "FS_IOC_RESVSP");
  // struct v4l2_buffer: times of 32 bits; of 64 bits on i386, on ARM.
  for (const uint32_t command : {0xc0445611, 0xc04c5611, 0xc0505611}) {
    CAPTURE(command);
    CHECK(CompatName("v4l2", command) == "VIDIOC_DQBUF");
  }
  // The same everywhere.
  CHECK(CompatName("tty", TCGETS) == "TCGETS");
  CHECK(CompatName("socket", SIOCGIFFLAGS) == "SIOCGIFFLAGS");
}

TEST_CASE("data.ioctls.commands_of_any_length_are_found_by_number") {
  for (const unsigned length : {0U, 1U, 64U, 256U, 16383U}) {
    CAPTURE(length);
    CHECK(Name("evdev", EVIOCGNAME(length)) == "EVIOCGNAME");
    CHECK(Name("evdev", EVIOCGPROP(length)) == "EVIOCGPROP");
    CHECK(Name("evdev", EVIOCGBIT(EV_KEY, length)) == "EVIOCGBIT");
    CHECK(CompatName("evdev", EVIOCGKEY(length)) == "EVIOCGKEY");
    CHECK(Name("hidraw", HIDIOCGFEATURE(length)) == "HIDIOCGFEATURE");
    CHECK(Name("uinput", UI_GET_SYSNAME(length)) == "UI_GET_SYSNAME");
  }
  for (unsigned type = 0; type < 32; ++type)
    CHECK(Name("evdev", EVIOCGBIT(type, 8)) == "EVIOCGBIT");
  for (unsigned axis = 0; axis < 64; ++axis) {
    CHECK(Name("evdev", EVIOCGABS(axis)) == "EVIOCGABS");
    CHECK(Name("evdev", EVIOCSABS(axis)) == "EVIOCSABS");
  }
  for (const unsigned transfers : {1U, 2U, 3U, 511U}) {
    CHECK(Name("spi", SPI_IOC_MESSAGE(transfers)) == "SPI_IOC_MESSAGE");
  }
  for (unsigned i = 0; i < 16; ++i) CHECK(Name("socket", SIOCDEVPRIVATE + i) == "SIOCDEVPRIVATE");
  // Of EVIOCGNAME the direction counts, and of a transfer the size: no multiple of 32 bytes.
  CHECK(Name("evdev", _IOC(_IOC_WRITE, 'E', 0x06, 64)) == "");
  CHECK(Name("spi", _IOC(_IOC_WRITE, 'k', 0, 33)) == "");
  CHECK(Name("evdev", _IOC(_IOC_READ, 'F', 0x06, 64)) == "");
}

TEST_CASE("data.ioctls.drm_is_found_by_number_whatever_the_size") {
  CHECK(Name("drm", 0xc0406400) == "DRM_IOCTL_VERSION");
  CHECK(Name("drm", _IOC(_IOC_READ | _IOC_WRITE, 'd', 0x00, 8)) == "DRM_IOCTL_VERSION");
  CHECK(Name("drm", _IOC(_IOC_NONE, 'd', 0x0c, 0)) == "DRM_IOCTL_GET_CAP");
  CHECK(IoctlName("drm", _IOC(_IOC_WRITE, 'd', 0x41, 999), false, "i915") ==
        IoctlName("drm", 0x6441, false, "i915"));
  // Another type is another driver's, and no other driver is so generous.
  CHECK(Name("drm", _IOC(_IOC_READ | _IOC_WRITE, 'e', 0x00, 64)) == "");
  CHECK(Name("gpio", _IOC(_IOC_READ, 0xb4, 0x01, 12)) == "");
}

TEST_CASE("data.ioctls.numbers_of_other_drivers_have_names") {
  CHECK(ForeignIoctlName(TCGETS, false) == "TCGETS");
  CHECK(ForeignIoctlName(BLKGETSIZE64, false) == "BLKGETSIZE64");
  CHECK(ForeignIoctlName(SIOCGIFFLAGS, false) == "SIOCGIFFLAGS");
  CHECK(ForeignIoctlName(RTC_RD_TIME, false) == "RTC_RD_TIME");
  CHECK(ForeignIoctlName(0xc0ffee01, false).empty());
  const auto commands = IoctlCommands();
  CHECK(std::ranges::is_sorted(commands));
  CHECK(std::ranges::adjacent_find(commands) == commands.end());
  CHECK(commands.size() > 2000);
  CHECK(commands.size() <= 8192);  // FP_KNOWN_COMMANDS of bpf/abi/footprint.h
  CHECK(std::ranges::binary_search(commands, TCGETS));
  // Two drivers that reuse each other's numbers are both named.
  std::set<std::string> several;
  for (const uint32_t command : commands) {
    const std::string name = ForeignIoctlName(command, false);
    if (name.find(" or ") != std::string::npos) several.insert(name);
  }
  CHECK_FALSE(several.empty());
}

TEST_CASE("data.ioctls.unknown_commands_are_decoded") {
  CHECK(IoctlText(0x80046b01) == "_IOR('k', 0x01, 4)");
  CHECK(IoctlText(0x40046b01) == "_IOW('k', 0x01, 4)");
  CHECK(IoctlText(0xffff6bff) == "_IOWR('k', 0xff, 16383)");
  CHECK(IoctlText(0x5401) == "_IO('T', 0x01)");
  CHECK(IoctlText(0x8913) == "_IO(0x89, 0x13)");
  CHECK(IoctlText(0) == "_IO(0x00, 0x00)");
  CHECK(IoctlText(0x00052001) == "_IOC(_IOC_NONE, 0x20, 0x01, 5)");
  CHECK(IoctlText(0x80042701) == "_IOR(0x27, 0x01, 4)");
  CHECK(IoctlText(0x80045c01) == "_IOR(0x5c, 0x01, 4)");
  CHECK(IoctlText(0x80047f01) == "_IOR(0x7f, 0x01, 4)");
}

TEST_CASE("data.ioctls.every_context_is_asked_and_has_rows") {
  std::set<std::string_view> asked = {"vfs"};
  for (const ServerRow& row : Servers()) {
    ForEachContext(row.ioctls, [&](std::string_view context) { asked.insert(context); });
  }
  const auto contexts = IoctlContexts();
  for (const std::string_view context : asked) {
    CAPTURE(context);
    CHECK(std::ranges::binary_search(contexts, context));
  }
  for (const std::string_view context : contexts) {
    CAPTURE(context);
    CHECK(asked.contains(context.substr(0, context.find(':'))));
  }
  CHECK(contexts.size() > asked.size());
}

}  // namespace footprint::names
